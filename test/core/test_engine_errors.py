"""What the cycle does after its engine has failed."""

from __future__ import annotations

from typing import Any

import pytest

from test.core.stage import Stage
from test.fakes import FakeEngine
from video_commentary.core.engine import EngineError


def test_a_failing_engine_is_retried_with_growing_waits_and_then_works() -> None:
    stage = Stage(FakeEngine())
    failures: list[object] = [EngineError("no memory: close something")] * 3
    stage.engine.script = lambda _: [failures.pop()] if failures else ["Back."]
    errors: list[str] = []
    stage.at(0.2, lambda: errors.append(stage.commentator.error))
    stage.run(12.0)
    assert errors == ["no memory: close something"]
    assert stage.commentator.error == ""
    assert stage.commentator.stats.engine_errors == 3
    assert stage.texts[0] == "Back."
    assert stage.final[0][0] == pytest.approx(7.0, abs=0.6)


def test_a_failing_engine_is_retried_in_a_still_scene_too() -> None:
    stage = Stage(FakeEngine(), still=True)
    failures: list[object] = [EngineError("the server is away")] * 2
    stage.engine.script = lambda _: [failures.pop()] if failures else ["Back."]
    stage.run(12.0)
    assert stage.texts == ["Back."]
    assert stage.commentator.error == ""


def test_an_engine_that_only_a_setting_can_help_waits_for_one() -> None:
    stage = Stage(FakeEngine())
    wrong = EngineError("the prompt is too long: lower frames_per_request", retry=False)
    stage.engine.script = lambda _: [wrong] if stage.settings.max_tokens == 64 else ["Better."]
    states: list[tuple[int, str]] = []
    stage.at(59.0, lambda: states.append((len(stage.engine.requests), stage.commentator.error)))
    stage.at(60.0, lambda: stage.tune(max_tokens=32))
    stage.run(62.0)
    assert states == [(1, str(wrong))]
    assert stage.commentator.error == ""
    assert stage.final[0][0] == pytest.approx(60.0, abs=0.51)


@pytest.mark.parametrize("quiet", [True, False])
def test_a_question_tries_such_an_engine_too(quiet: bool) -> None:
    wrong = EngineError("the prompt is too long: lower frames_per_request", retry=False)
    stage = Stage(FakeEngine(lambda _: [wrong]))
    answers: list[Any] = []
    for second in (10.0, 10.0, 20.0):
        stage.at(second, lambda: answers.append(stage.control.ask("How many?", quiet)))
    stage.run(30.0)
    assert [answer.result(0).text for answer in answers] == [str(wrong)] * 3


def test_an_instruction_tries_such_an_engine_too() -> None:
    stage = Stage(FakeEngine())
    wrong = EngineError("the prompt is too long: shorten the instruction", retry=False)
    stage.engine.script = lambda request: [] if request.prompt.instruction else [wrong]
    stage.at(10.0, lambda: stage.steer("people"))
    stage.run(12.0)
    assert stage.commentator.error == ""
    assert stage.commentator.stats.engine_errors == 1


def test_whatever_an_engine_raises_becomes_its_error() -> None:
    stage = Stage(FakeEngine(lambda _: [KeyError("gone")]))
    stage.run(0.5)
    assert "KeyError" in stage.commentator.error
