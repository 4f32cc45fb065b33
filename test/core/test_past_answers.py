"""Answers about the past: the memory's words, or a model's over the entries found."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

import pytest

from test.core.stage import Stage
from test.fakes import FakeEngine
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError, Request
from video_commentary.core.location import Location, PlanarPose
from video_commentary.core.memory_entry import EVENT, MemoryEntry
from video_commentary.core.questions import WITHDRAWN, PendingQuestion
from video_commentary.core.remembered import Remembered
from video_commentary.core.silence import SILENCE

SECOND = 10**9


def at(clock: str) -> int:
    moment = datetime.strptime(f"2026-03-12 {clock}", "%Y-%m-%d %H:%M")
    return int(time.mktime(moment.timetuple())) * SECOND


def event(text: str, clock: str) -> MemoryEntry:
    return MemoryEntry(kind=EVENT, stamp=at(clock) + 7, time=at(clock), text=text)


FOUND = Remembered(
    "The last car was at 14:02: “A car leaves.”",
    (event("A car leaves.", "14:02"), event("A car comes in.", "13:40")),
    at("14:30"),
)


class Model(FakeEngine):
    """An engine with a language model."""

    reads_prompt = True


def answered(engine: FakeEngine, remembered: Remembered = FOUND, seeing: bool = True) -> str:
    """Ask when the last car was; return the answer, which was published too."""
    stage = Stage(engine)
    if seeing:
        stage.see(stage.start)
    asked = PendingQuestion("When was the last car?", remembered=remembered)
    answer = stage.control.ask_pending(asked)
    stage.commentator.step()
    got = answer.result(0)
    assert got.success
    assert got.stamp == (remembered.stamp or stage.final[-1][1].newest)
    told = stage.final[-1][1]
    assert (told.text, told.question) == (got.text, "When was the last car?")
    return got.text


def test_without_a_language_model_the_memorys_words_are_the_answer() -> None:
    engine = FakeEngine()
    assert answered(engine) == FOUND.answer
    assert answered(engine, seeing=False) == FOUND.answer, "no picture is needed"
    assert engine.requests == []


def test_a_model_words_the_answer_over_dated_lines() -> None:
    engine = Model(lambda _: ["It left ", "at 14:02."])
    assert answered(engine) == "It left at 14:02."
    (request,) = engine.requests
    assert request.frames == ()
    assert request.prompt.text.splitlines() == [
        "It is Thursday 12 March, 14:30. What the memory has found, by date and time:",
        "- Thursday 12 March, 13:40: A car comes in.",
        "- Thursday 12 March, 14:02: A car leaves.",
        "In short: The last car was at 14:02: “A car leaves.”",
        "Question about the past from the viewer: When was the last car?",
        "Answer it from these lines alone, in one or two sentences, and name the times.",
    ]


def test_the_lines_say_where_the_robot_was() -> None:
    dock = Location(name="the dock", pose=PlanarPose(frame="map", x=2.1, y=3.4, yaw=0.0))
    entries = (replace(event("A bag is put back.", "13:45"), location=dock), FOUND.entries[0])
    assert Remembered("Twice.", entries, at("14:30")).lines() == [
        "Thursday 12 March, 13:45, the robot near the dock, at 2.1, 3.4 m on the map: "
        "A bag is put back.",
        "Thursday 12 March, 14:02: A car leaves.",
    ]


def test_an_answer_that_names_no_entry_gets_their_times() -> None:
    assert answered(Model(lambda _: ["It has left."])) == "It has left. (14:02, 13:40)"
    many = Remembered("Often.", tuple(event("x", f"1{n}:00") for n in range(5)), at("14:30"))
    yesterday = Remembered("Once.", FOUND.entries[:1], at("14:30") + 86_400 * SECOND)
    assert answered(Model(lambda _: ["Once."]), yesterday) == "Once. (Thursday 14:02)"
    assert answered(Model(lambda _: ["Often."]), many).endswith("(10:00, 11:00, 12:00 and more)")


@pytest.mark.parametrize("script", [[], [SILENCE], [EngineError("the server is away")]])
def test_where_the_model_fails_the_memorys_words_are_the_answer(script: list[object]) -> None:
    assert answered(Model(lambda _: script)) == FOUND.answer


def test_where_nothing_was_found_no_model_is_asked() -> None:
    engine = Model()
    assert answered(engine, Remembered("No car was seen.")) == "No car was seen."
    assert engine.requests == []


def test_a_question_reports_its_words_and_can_be_cancelled_in_mid_answer() -> None:
    stage = Stage(FakeEngine())
    cancel, words = CancelToken(), list[str]()

    def progress(text: str) -> None:
        words.append(text)
        if len(words) == 2:
            cancel.cancel()

    def script(request: Request) -> list[object]:
        return ["One ", "two ", "three."] if request.prompt.question else ["News."]

    stage.engine.script = script
    stage.see(stage.start)
    asked = PendingQuestion("What?", progress=progress, cancel=cancel)
    answer = stage.control.ask_pending(asked)
    stage.commentator.step()
    assert words == ["One ", "One two "]
    assert (answer.result(0).success, answer.result(0).text) == (False, WITHDRAWN)
    told = stage.final[-1][1]
    assert (told.text, told.question, told.cancelled) == ("One two", "What?", True)

    waiting = PendingQuestion("And then?")
    answer = stage.control.ask_pending(waiting)
    waiting.cancel.cancel()
    assert answer.result(0).text == WITHDRAWN
    assert not stage.control.has_question()
