"""Instructions, questions and pauses, in the middle of comments."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from test.core.stage import Stage, speaking
from test.fakes import FORMAT, FakeEngine, tone
from video_commentary.core.engine import Request


def test_an_instruction_stops_the_sentence_and_its_sound_at_once() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))

    def script(request: Request) -> list[object]:
        if request.prompt.instruction:
            return ["New."]
        return ["Old ", tone(5.0), "words ", "never said"]

    stage.engine.script = script
    stage.at(2.0, lambda: stage.steer("look at the door"))
    stage.run(4.0)
    when, comment = next((w, c) for w, c in stage.published if c.instruction)
    assert when == pytest.approx(2.0, abs=0.01)
    assert comment.text == "New."
    assert stage.engine.requests[-1].prompt.instruction == "look at the door"


def test_an_instruction_in_mid_generation_cancels_and_says_so() -> None:
    stage = Stage(FakeEngine())
    steered = threading.Event()

    def script(request: Request) -> list[object]:
        if request.prompt.instruction:
            return ["New."]
        return Steering(stage, steered)

    stage.engine.script = script
    stage.run(1.0)
    cancelled, new = stage.final[0][1], stage.final[1][1]
    assert cancelled.cancelled
    assert cancelled.text == "Old"
    assert new.text == "New."
    assert stage.commentator.stats.cancelled == 1


class Steering(list[object]):
    """A script that is steered between its first and second word."""

    def __init__(self, stage: Stage, done: threading.Event) -> None:
        super().__init__()
        self._stage, self._done = stage, done

    def __iter__(self):  # type: ignore[no-untyped-def]
        yield "Old "
        if not self._done.is_set():
            self._done.set()
            self._stage.steer("something else")
        yield "words"


def test_a_question_is_answered_now_and_interrupts() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))
    stage.engine.script = lambda request: (
        ["Two."] if request.prompt.question else ["Talk ", tone(30.0)]
    )
    answers = []
    stage.at(3.0, lambda: answers.append(stage.control.ask("How many?")))
    stage.run(4.0)
    answer = answers[0].result(0)
    assert (answer.success, answer.text) == (True, "Two.")
    assert stage.seconds(answer.stamp) == pytest.approx(3.0, abs=0.51)
    asked = next(c for _, c in stage.final if c.question)
    assert stage.seconds(asked.first_words) == pytest.approx(3.0, abs=0.01)


def test_a_spoken_question_reaches_the_engine_as_sound_too() -> None:
    engine = FakeEngine()
    stage = Stage(engine)
    sound = tone(1.0)
    stage.at(3.0, lambda: stage.control.ask("How many?", sound=sound))
    stage.run(4.0)
    heard = {request.prompt.question: request.question_sound for request in engine.requests}
    assert heard == {"": None, "How many?": sound}


def test_a_quiet_question_leaves_the_speech_alone() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))
    stage.engine.script = lambda request: (
        ["Two."] if request.prompt.question else ["Talk ", tone(30.0)]
    )
    answers = []
    stage.at(3.0, lambda: answers.append(stage.control.ask("How many?", quiet=True)))
    stage.at(3.9, lambda: ends.append(stage.playout.ends_at(stage.clock.now()) - stage.start))
    ends: list[float] = []
    stage.run(4.0)
    assert answers[0].result(0).text == "Two."
    assert not stage.engine.requests[1].speak
    assert ends[0] == pytest.approx(30.0, abs=0.1)


def test_a_question_without_a_picture_is_answered_with_the_reason() -> None:
    stage = Stage(FakeEngine())
    answer = stage.control.ask("What is there?")
    stage.commentator.step()
    assert not answer.result(0).success
    assert "no picture" in answer.result(0).text


def test_questions_do_not_cut_each_other_off() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))
    answers: list[Any] = []

    def script(request: Request) -> list[object]:
        if request.prompt.question == "First?" and len(answers) == 1:
            return Asking(stage, answers)
        return [f"You asked: {request.prompt.question}"]

    stage.engine.script = script
    stage.at(3.0, lambda: answers.append(stage.control.ask("First?")))
    stage.run(4.0)
    replies = [answer.result(0) for answer in answers]
    assert [(reply.success, reply.text) for reply in replies] == [
        (True, "You asked: First?"),
        (True, "You asked: Second?"),
    ]


class Asking(list[object]):
    """An answer during which another question arrives."""

    def __init__(self, stage: Stage, answers: list[Any]) -> None:
        super().__init__()
        self._stage, self._answers = stage, answers

    def __iter__(self):  # type: ignore[no-untyped-def]
        yield "You "
        self._answers.append(self._stage.control.ask("Second?"))
        yield "asked"


def test_a_question_leaves_what_has_changed_to_be_said() -> None:
    stage = Stage(FakeEngine(), still=True)
    stage.engine.script = lambda request: ["Two."] if request.prompt.question else ["New."]
    stage.at(5.0, stage.scene.mark_changed)
    stage.at(5.0, lambda: stage.control.ask("How many?"))
    stage.run(12.0)
    assert stage.texts == ["New.", "Two.", "New."]


def test_a_camera_that_died_is_neither_described_nor_commented() -> None:
    stage = Stage(FakeEngine())
    answers = []
    stage.film(3.0)
    stage.at(63.0, lambda: answers.append(stage.control.ask("How many?")))
    stage.at(64.0, lambda: stage.steer("people"))
    stage.at(66.0, stage.end)
    stage.commentator.run(stage.stop)
    assert not answers[0].result(0).success
    assert "no picture has come for 60 s" in answers[0].result(0).text
    assert all(when < 4.0 for when, _ in stage.final)


def test_an_instruction_while_disabled_waits_until_it_is_enabled() -> None:
    stage = Stage(FakeEngine(), enabled=False)
    stage.at(2.0, lambda: stage.steer("people"))
    stage.at(5.0, lambda: stage.tune(enabled=True))
    stage.run(6.0)
    assert stage.final[0][0] == pytest.approx(5.0, abs=0.01)
    assert stage.final[0][1].instruction == "people"


def test_disabled_it_says_nothing_and_enabled_it_goes_on() -> None:
    stage = Stage(FakeEngine(), enabled=False)
    stage.at(3.0, lambda: stage.tune(enabled=True))
    stage.run(4.0)
    assert stage.final[0][0] == pytest.approx(3.0, abs=0.01)


def test_disabling_stops_the_sound() -> None:
    stage = Stage(speaking("Long.", 30.0))
    ends: list[float] = []
    stage.at(2.0, lambda: stage.tune(enabled=False))
    stage.at(3.0, lambda: ends.append(stage.playout.ends_at(stage.clock.now()) - stage.start))
    stage.run(4.0)
    assert ends[0] <= 3.0
    assert len(stage.final) == 1


def test_a_comment_that_is_wanted_now_comes_in_a_still_scene_too() -> None:
    stage = Stage(FakeEngine(), still=True)
    stage.at(10.0, stage.control.comment_now)
    stage.run(12.0)
    assert [when for when, _ in stage.final] == pytest.approx([0.0, 10.0], abs=0.01)


def test_stopping_refuses_questions_that_wait() -> None:
    stage = Stage(FakeEngine())
    answer = stage.control.ask("Anyone?")
    stage.stop.set()
    stage.commentator.run(stage.stop)
    assert "stopped" in answer.result(0).text
