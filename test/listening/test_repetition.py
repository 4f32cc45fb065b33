"""What a recognizer says again and again is shown once, and what people repeat is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from test.listening.conftest import Hearing, ScriptedRecognizer, pause, wave
from video_commentary.listening.repetition import without_loop


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("go on go on go on go on go on", "go on"),
        ("Go on, go on. Go on!", "Go on!"),
        ("Please go on go on go on go", "Please go on"),
        ("Tell me when, tell me when, tell me when, tell me wh", "Tell me when"),
        ("what is that? What is that? what is that?", "what is that?"),
        (
            "Look at the man in red, at the man in red, at the man in red.",
            "Look at the man in red.",
        ),
        ("no no no no no no no no no", "no no no"),
        ("Stop, stop, stop, stop, st", "Stop, stop, stop"),
        ("It's a dog. It's a dog. It's a dog. It's a dog.", "It's a dog."),
    ],
)
def test_a_loop_at_the_end_is_kept_once(text: str, wanted: str) -> None:
    assert without_loop(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "No, no, no!",
        "go on, go on",
        "no no no, go on",
        "Tell me about the cars, the cars in the street.",
        "the car is big the car is red the car is fast",
        "one two three four five six seven " * 3,
    ],
)
def test_what_people_say_twice_or_in_the_middle_is_left(text: str) -> None:
    assert without_loop(text) == text


def test_what_is_heard_has_no_loop_whatever_the_recognizer(
    hearing: Callable[..., Hearing],
) -> None:
    it = hearing(ScriptedRecognizer("Go on go on go on go on go on"))
    it.hear(wave("only_the_cars"))
    it.hear(pause(2.0), at=len(wave("only_the_cars")) / 16_000)
    it.settle()
    assert {heard.text for heard in it.final} == {"Go on"}
