"""Commands that are looked for in badly heard sound: the grammar, the search and the decision."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from test.listening.conftest import pause, wave
from video_commentary.config.paths import model_file
from video_commentary.core.cancel import CancelToken
from video_commentary.listening.command_decoder import HeardPhrase
from video_commentary.listening.command_guess import CommandGuesser
from video_commentary.listening.command_phrases import command_grammar
from video_commentary.listening.intents import ActKind, understand
from video_commentary.listening.items import Samples, Transcript
from video_commentary.listening.phrase_grammar import GrammarError, PhraseGrammar, TokenAutomaton
from video_commentary.listening.whisper import WhisperRecognizer
from video_commentary.listening.whisper_decoder import WhisperDecoder, log_softmax

needs_weights = pytest.mark.skipif(
    not model_file("ears/model.bin").is_file(), reason="needs `fetch_model ears`"
)


def sentences(grammar: PhraseGrammar) -> Iterator[str]:
    """Yield sentences at random, without end."""
    rng = random.Random(0)
    while True:
        node, said = grammar.first, list[str]()
        while not (grammar.ends(node) and (rng.random() < 0.5 or not grammar.words_from(node))):
            word, node = rng.choice(grammar.words_from(node))
            said.append(word)
        yield " ".join(said).replace(" ,", ",")


def spelled(automaton: TokenAutomaton) -> set[str]:
    """Return all sentences whose tokens are letters."""
    found, waiting = set[str](), [("", automaton.first)]
    while waiting:
        text, state = waiting.pop()
        if automaton.is_whole(state):
            found.add(text.strip())
        following = automaton.following(state).items()
        waiting += [(text + chr(token), after) for token, after in following]
    return found


def letters(text: str) -> list[int]:
    return [ord(letter) for letter in text]


@pytest.mark.parametrize("wake", ["", "Robot"])
def test_every_sentence_of_the_grammar_is_a_command(wake: str) -> None:
    said = sentences(command_grammar(wake))
    unknown = [
        text for text in (next(said) for _ in range(3000)) if understand(text).kind is ActKind.NONE
    ]
    assert unknown == []


def test_a_grammar_is_spelled_token_by_token() -> None:
    rules = {"all": "[please] turn (up|down) [the <sound>]", "sound": "sound|volume"}
    assert spelled(TokenAutomaton(PhraseGrammar(rules, "all"), letters)) == {
        first + rest + tail
        for first in ("Turn ", "Please turn ")
        for rest in ("up", "down")
        for tail in ("", " the sound", " the volume")
    }


def test_a_command_may_begin_with_the_wake_word() -> None:
    with_wake, without = command_grammar("my robot!"), command_grammar()
    assert {word for word, _ in with_wake.words_from(with_wake.first)} - {
        word for word, _ in without.words_from(without.first)
    } == {"hey", "okay", "my"}


@pytest.mark.parametrize("rule", ["be (quiet", "be quiet]", "be <calm>", "be <all>"])
def test_a_rule_that_cannot_be_read_is_named(rule: str) -> None:
    with pytest.raises(GrammarError, match=r"<(all|calm)>"):
        PhraseGrammar({"all": rule}, "all")


class ScriptedDecoder:
    """Finds phrases, each with its log probability and its evidence, for any sound."""

    def __init__(self, *phrases: tuple[str, float, float]) -> None:
        self.phrases = [HeardPhrase(text, heard, weight, 6) for text, heard, weight in phrases]

    def search(self, _encoded: Samples, _cancel: CancelToken) -> list[HeardPhrase]:
        return self.phrases


CARS = ("Only talk about the cars", -6.0, 4.0)
HEARD = "Let me talk about the cars."


@pytest.mark.parametrize(
    ("words", "probability", "phrases", "text"),
    [
        (Transcript(HEARD, 0.4), -7.0, [CARS], "Only talk about the cars."),
        (Transcript("Wears a dog?", 0.4), -7.0, [("Where is a dog", -8.0, 1.0)], "Where is a dog?"),
        # the same in other words is no doubt, another noun is
        (
            Transcript(HEARD, 0.4),
            -7.0,
            [CARS, ("Only talk about a car", -6.2, 3.8)],
            "Only talk about the cars.",
        ),
        (Transcript(HEARD, 0.4), -7.0, [CARS, ("Only talk about the cats", -6.2, 3.8)], None),
        # words that are sure, far likelier, or a command that is better than what is found
        (Transcript("She talked about the cars.", 0.9), -1.0, [CARS], None),
        (Transcript("She talked about it all.", 0.6), 1.5, [CARS], None),
        (Transcript("Focus on the lighthouse.", 0.7), -3.0, [CARS], None),
        (Transcript("Only talk about the core.", 0.7), -5.0, [CARS], "Only talk about the cars."),
        # a sentence that is repeated is not sure
        (Transcript("Focus on the core. " * 6, 0.95), -5.0, [CARS], "Only talk about the cars."),
        # babble, in which every sentence is as likely as without sound
        (Transcript("Thank you very much.", 0.3), -6.0, [("No", -7.0, -3.0)], None),
        # a command that was hardly heard is not done
        (Transcript("Focus on the lighthouse.", 0.4), -6.0, [("No", -7.0, -3.0)], ""),
    ],
)
def test_a_command_is_guessed_where_it_is_clear(
    words: Transcript, probability: float, phrases: list[Any], text: str | None
) -> None:
    guesser = CommandGuesser(ScriptedDecoder(*phrases))
    guess = guesser.guess(words, probability, np.zeros((1, 1), np.float32), CancelToken())
    assert (guess.text if guess else None) == text


def in_noise(name: str, decibels: float) -> Samples:
    said = wave(name)
    power = float((said**2).mean()) / 10 ** (decibels / 10)
    around = np.concatenate([pause(0.3), said, pause(0.3)])
    noise = np.random.default_rng(1).normal(0, power**0.5, len(around))
    return (around + noise).astype(np.float32)


@needs_weights
def test_a_command_in_noise_is_understood_and_noise_alone_is_none() -> None:
    recognizer = WhisperRecognizer()
    recognizer.load()
    heard = recognizer.transcribe(in_noise("only_the_cars", 2.0), CancelToken())
    assert understand(heard.text) == understand("Only talk about the cars.")
    noise = in_noise("only_the_cars", -40.0)
    alone = recognizer.transcribe(noise, CancelToken())
    assert understand(alone.text).kind is ActKind.NONE
    recognizer.close()


@needs_weights
def test_the_decoder_gives_the_probabilities_of_ctranslate2() -> None:
    import ctranslate2

    path = model_file("ears/model.bin")
    whisper = ctranslate2.models.Whisper(str(path.parent), device="cpu", compute_type="float32")
    encoded = np.random.default_rng(0).normal(0, 1, (1, 100, 384)).astype(np.float32)
    start, text, end = [50257], [5514, 1561, 546], 50256
    view = ctranslate2.StorageView.from_array(encoded)
    wanted = whisper.align(view, start, [text], 200)[0].text_token_probs
    decoder = WhisperDecoder(path)
    cache = decoder.begin(encoded[0])
    found = []
    for token, following in zip([50257, 50362, *text], [0, *text, 0], strict=True):
        hidden = decoder.step(np.array([token, token]), cache)
        logits = hidden @ decoder.embeddings[:end].T.astype(np.float32)  # align ends no text
        likely = log_softmax(logits)
        found.append(float(np.exp(likely[1, following])))
    np.testing.assert_allclose(found[1:-1], wanted, rtol=0.05)
