from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.core.facts import EVENT_KINDS, STATE_KINDS, Claim, Observation
from video_commentary.engines.builtin.claims import Sentence
from video_commentary.engines.builtin.engine import BuiltinEngine
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.languages.grammar import Grammar, grammar_for
from video_commentary.engines.builtin.languages.speaker import Speaker
from video_commentary.engines.builtin.languages.tables import LANGUAGES, read_table
from video_commentary.engines.builtin.text_reader import TextLine

from .conftest import Narration


def known(language: str) -> Grammar:
    grammar = grammar_for(language)
    assert grammar is not None
    return grammar


def said(language: str, *claims: Claim, quote: str = "", names_camera: bool = False) -> str:
    sentence = Sentence("in English", claims, quote)
    return Speaker(known(language)).say(sentence, names_camera=names_camera).text


def claim(kind: str, who: str, where: str = "", count: int | None = 1, **more: object) -> Claim:
    return Claim(kind=kind, who=who, where=where, count=count, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "german", "spanish"),
    [
        (
            (claim("enters", "person", "left"),),
            "Eine Person kommt von links ins Bild.",
            "Una persona entra por la izquierda.",
        ),
        (
            (claim("enters", "dog", "right", 3),),
            "Drei Hunde kommen von rechts ins Bild.",
            "Tres perros entran por la derecha.",
        ),
        (
            (claim("present", "dog", "middle"),),
            "Ich sehe einen Hund in der Mitte.",
            "Veo un perro en el centro.",
        ),
        (
            (
                claim("present", "person", "", 2),
                claim("present", "apple"),
                claim("present", "bear"),
            ),
            "Ich sehe zwei Personen, einen Apfel und einen Bären.",
            "Veo a dos personas, una manzana y un oso.",
        ),
        (
            (claim("leaves", "car", "right", colour="red"),),
            "Ein rotes Auto verlässt rechts das Bild.",
            "Un coche rojo sale por la derecha.",
        ),
        (
            (claim("rests", "cup", "left", 2, colour="white"),),
            "Zwei weiße Tassen stehen links still.",
            "Dos tazas blancas están paradas a la izquierda.",
        ),
        (
            (claim("present", "car", "right", colour="grey"),),
            "Ich sehe ein graues Auto rechts.",
            "Veo un coche gris a la derecha.",
        ),
        (
            (claim("crosses", "person", "", 1, colour="dark"),),
            "Eine Person in dunkler Kleidung quert das Bild.",
            "Una persona de oscuro cruza la imagen.",
        ),
        (
            (claim("present", "person", "", 5, at_least=True),),
            "Ich sehe mindestens fünf Personen.",
            "Veo al menos a cinco personas.",
        ),
        (
            (claim("present", "bird", "far", 30),),
            "Ich sehe viele Vögel hinten.",
            "Veo muchos pájaros al fondo.",
        ),
        (
            (claim("total", "person", "", 20, at_least=True),),
            "Bis jetzt waren es viele Personen.",
            "Hasta ahora han sido muchas personas.",
        ),
        (
            (claim("present", "cow", "far", 30),),
            "Ich sehe viele Kühe hinten.",
            "Veo muchas vacas al fondo.",
        ),
        (
            (claim("moves", "something", "left"),),
            "Etwas bewegt sich links.",
            "Algo se mueve a la izquierda.",
        ),
        (
            (claim("moves", "toaster", "left"),),
            "Ein Gegenstand bewegt sich links.",
            "Un objeto se mueve a la izquierda.",
        ),
        (
            (claim("camera_pans", "camera", "left", None),),
            "Die Kamera schwenkt nach links.",
            "La cámara gira hacia la izquierda.",
        ),
        (
            (claim("moves", "camera", "", None),),
            "Die Kamera bewegt sich.",
            "La cámara se mueve.",
        ),
    ],
)
def test_numbers_articles_and_endings_follow_each_language(
    what: tuple[Claim, ...], german: str, spanish: str
) -> None:
    assert said("de", *what) == german
    assert said("es-419", *what) == spanish


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*EVENT_KINDS, *STATE_KINDS])
def test_every_kind_of_claim_is_a_sentence(language: str, kind: str) -> None:
    for count in (1, 2):
        text = said(language, claim(kind, "person", "left", count))
        assert text[0].isupper()
        assert text.endswith(".")
        assert not set(text) & set("{}[]|")
        assert "  " not in text


def test_the_same_is_said_in_another_way_the_next_time() -> None:
    speaker = Speaker(known("de"))
    leaves = Sentence("in English", (claim("leaves", "dog", "right"),))
    texts = [speaker.say(leaves).text for _ in range(3)]
    assert texts[0] != texts[1]
    assert texts[0] == texts[2]


def test_a_language_without_a_noun_is_refused() -> None:
    german = known("de")
    nouns = {name: noun for name, noun in german.nouns.items() if name != "dog"}
    with pytest.raises(ValueError, match="language de: no dog"):
        replace(german, nouns=nouns)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"numbrs": []}, "nothing is called numbrs"),
        ({"nouns": {"dog": ["Hund"]}}, "language de: .*missing"),
        ({"camera_templates": {"moves": "{Who} geht."}}, "unknown placeholder Who"),
        ({"colours": None}, "language de: "),
    ],
)
def test_a_file_that_makes_no_language_is_refused(
    change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Grammar.from_table("de", read_table("de") | change)


def test_a_sign_is_quoted_and_a_camera_named() -> None:
    seen = (Observation(camera="front", stamp=1),)
    sign = claim("present", "sign", "left", evidence=seen)
    assert said("de", sign, quote="EXIT", names_camera=True) == (
        "Kamera front: Auf dem Schild links steht: EXIT."
    )


def test_claims_stay_and_nothing_stays_nothing() -> None:
    speaker = Speaker(known("es"))
    leaves = claim("leaves", "dog", "right")
    assert speaker.say(Sentence("in English", (leaves,))).claims == (leaves,)
    assert not speaker.say(Sentence())


def test_the_engine_comments_in_the_language_that_is_set(landscape: NDArray[np.uint8]) -> None:
    def read(image: NDArray[np.uint8]) -> list[TextLine]:
        return [TextLine("AUSGANG", BoundingBox(0.1, 0.3, 0.4, 0.4))]

    engine = BuiltinEngine(None, read_text=True, text_reader=read, language="de")
    engine.load()
    narration = Narration(engine)
    assert narration.show((n / 5, landscape[:480, :640]) for n in range(40)) == [
        "Auf dem Schild links steht: AUSGANG."
    ]
    narration.instruction = "Sing a song."
    assert narration.ask("").startswith("Ich achte auf Personen")
    assert narration.ask("Is the camera moving?") == "No: the camera is still."


def test_a_language_that_is_not_known_is_english() -> None:
    assert grammar_for("fi") is None
    assert grammar_for("en-us") is None
