"""Conditions in plain words: what they are understood as, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from video_commentary.core.watch_conditions import (
    EVENT_WORDS,
    PICTURE_WORDS,
    CountCondition,
    EventCondition,
    QuietCondition,
)
from video_commentary.core.watch_language import WatchCompiler, WatchNoun, WatchRefusedError
from video_commentary.wiring import watch_compiler

UNDERSTOOD = {
    "a person enters": "a person comes into view",
    "Tell me when somebody comes in!": "a person comes into view",
    "a car enters": "a car comes closer or comes into view",
    "two buses arrive": "at least 2 buses come closer or come into view",
    "let me know if a truck drives past": "a truck goes out of view or passes",
    "a person has left": "a person goes out of view",
    "a person leaves the room": "a person goes out of view",
    "a bottle is taken": "a bottle is taken",
    "somebody takes a bottle": "a bottle is taken",
    "a bag is put down": "a bag is put down",
    "the phone is gone": "a phone goes out of view or is taken",
    "a car stops on the left": "a car on the left stops",
    "a van parks": "a van stops",
    "a person in red enters from the left": "a person in red on the left comes into view",
    "somebody in dark clothes leaves": "a person in dark clothes goes out of view",
    "a cat or a dog appears": "a cat or dog comes into view",
    "two people enter": "at least 2 people come into view",
    "anything moves": "anything moves",
    "something happens": "anything moves",
    "movement on the right": "anything on the right moves",
    "the camera moves": "the camera turns or the camera tilts or the camera zooms",
    "it gets dark": "the light changes",
    "more than three people": "at least 4 people in view, for 1 s",
    "a crowd": "at least 5 people in view, for 1 s",
    "exactly two people": "exactly 2 people in view, for 1 s",
    "no more than one car": "at most 1 car in view, for 3 s",
    "fewer than two cars for 30 seconds": "at most 1 car in view, for 30 s",
    "two or more dogs in the middle": "at least 2 dogs in the middle in view, for 1 s",
    "is anybody there?": "a person in view, for 1 s",
    "a person is there for 90 s": "a person in view, for 90 s",
    "nobody for a minute": "no person in view, for a minute",
    "no one for half an hour": "no person in view, for 30 minutes",
    "nothing moves": "nothing moves, for 10 s",
    "nothing moves for ten minutes": "nothing moves, for 10 minutes",
    "it is quiet for an hour": "nothing moves, for an hour",
    "no car stops for an hour": "no car stops, for an hour",
}
REFUSED = {
    "": "empty",
    "   ": "empty",
    "x" * 201: "longer than 200",
    "the toast is ready": "none of the words names something",
    "a person falls down": "not understood: falls down",
    "a person does not move for a minute": "not understood: not",
    "someone is at the door": "not understood: door",
    "a woman enters": "can't tell woman from other people",
    "a red car stops": "colours are known of people's clothes only",
    "a person and a dog": "one kind of thing",
    "a car on the left and on the right": "name one place",
    "a car stops for a minute": "a duration goes with how many",
    "nobody enters": "for how long",
    "fewer than two people enter": 'only "at least"',
    "fewer than 0 cars": "never fewer than none",
    "nobody for 25 hours": "at most 86400 s",
    "nobody for 0 seconds": "above 0",
    "the traffic light changes": "picture as a whole",
    "something": "say who or what",
}


@pytest.mark.parametrize(("words", "meaning"), UNDERSTOOD.items())
def test_a_condition_is_understood(words: str, meaning: str) -> None:
    assert watch_compiler().compile(words).meaning == meaning


def test_the_conditions_of_the_documentation_are_understood() -> None:
    text = (Path(__file__).parents[2] / "docs" / "watches.md").read_text(encoding="utf-8")
    table = text.split("| condition | an alert comes |")[1].split("\n\n")[0]
    conditions = [
        words
        for row in table.splitlines()[2:]
        for words in re.findall("`(.+?)`", row.split("|")[1])
    ]
    assert len(conditions) > 15
    for words in conditions:
        watch_compiler().compile(words)


def test_what_is_understood_is_understood_again() -> None:
    compiler = watch_compiler()
    for kind, (one, many) in EVENT_WORDS.items():
        if kind in compiler.kinds:
            assert compiler.compile(f"a dog {one}").meaning == f"a dog {one}"
            assert compiler.compile(f"at least 2 dogs {many}").meaning == f"at least 2 dogs {many}"
    for kind, words in PICTURE_WORDS.items():
        assert compiler.compile(words).meaning == words
        assert kind in compiler.kinds


@pytest.mark.parametrize(("words", "reason"), REFUSED.items())
def test_what_cannot_be_watched_is_refused(words: str, reason: str) -> None:
    with pytest.raises(WatchRefusedError, match=reason):
        watch_compiler().compile(words)


def test_a_refusal_says_what_can_be_watched() -> None:
    with pytest.raises(WatchRefusedError, match=r"say who or what .*comes into view, .*nobody"):
        watch_compiler().compile("a person sings")


def test_only_events_that_the_engine_states_are_watched() -> None:
    def nouns(text: str) -> list[WatchNoun]:
        said = [word for word in ("cups", "cup") if word in text][:1]
        labels = frozenset({"cup"})
        return [WatchNoun(said=word, one="cup", many="cups", labels=labels) for word in said]

    compiler = WatchCompiler(nouns, frozenset({"enters"}))
    assert isinstance(compiler.compile("a cup appears"), EventCondition)
    assert isinstance(compiler.compile("no cup appears for a minute"), QuietCondition)
    assert isinstance(compiler.compile("three cups"), CountCondition)
    with pytest.raises(WatchRefusedError, match="does not see 'is taken'"):
        compiler.compile("a cup is taken")
    with pytest.raises(WatchRefusedError, match="none of the words names"):
        compiler.compile("two bottles")
