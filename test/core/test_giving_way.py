"""Somebody speaks to the robot: it falls silent, waits, and goes on with what is new."""

from __future__ import annotations

import pytest

from test.core.stage import PROFILES, Stage, speaking
from test.fakes import FORMAT, FakeEngine, tone
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.control import Control
from video_commentary.core.engine import Request
from video_commentary.core.hold import Hold
from video_commentary.core.questions import SPOKEN_OVER


def words_at(stage: Stage) -> list[float]:
    return [stage.seconds(c.first_words) for _, c in stage.final if c.first_words]


def test_the_sentence_is_dropped_at_once_and_the_next_waits() -> None:
    stage = Stage(speaking("A long story.", 8.0))
    stage.at(2.0, lambda: stage.control.hold(Hold.EVERYTHING))
    stage.at(2.01, lambda: silent.append(stage.playout.ends_at(stage.clock.now())))
    stage.at(5.0, lambda: stage.control.hold(Hold.COMMENTS))
    stage.at(6.0, lambda: stage.control.hold(Hold.NOTHING))
    silent: list[float] = []
    stage.run(8.0)
    assert silent == [pytest.approx(stage.start + 2.01, abs=0.011)], "its sound went on"
    assert not [at for at in words_at(stage) if 2.0 < at < 6.0]
    assert [at for at in words_at(stage) if 6.0 <= at < 6.6], "it did not go on"


def test_what_was_asked_for_comes_before_the_hold_of_comments_ends() -> None:
    def script(request: Request) -> list[object]:
        return [f"{request.prompt.question or request.prompt.instruction or 'All'} ", tone(0.5)]

    stage = Stage(FakeEngine(script, voice=FORMAT))
    stage.at(2.0, lambda: stage.control.hold(Hold.EVERYTHING))
    stage.at(2.5, lambda: stage.control.announce("Fire."))
    stage.at(3.0, lambda: stage.control.hold(Hold.COMMENTS))
    stage.at(3.5, lambda: stage.control.ask("Who?"))
    stage.at(4.5, lambda: stage.steer("cars"))
    stage.run(6.0)
    later = {c.text: stage.seconds(c.first_words) for _, c in stage.final if c.first_words}
    assert later["Fire."] == pytest.approx(3.0, abs=0.05), "an alert waits for the speaker"
    assert later["Who?"] == pytest.approx(3.5, abs=0.05)
    assert later["cars"] == pytest.approx(4.5, abs=0.05), "an instruction ends the hold"
    assert [text for text, at in later.items() if at > 2.0] == ["Fire.", "Who?", "cars"]


def test_an_answer_or_alert_that_somebody_speaks_over_is_not_made_again() -> None:
    control = Control(CommentatorSettings(), PROFILES)
    answer = control.ask("What is it?")
    orders = control.begin()
    control.hold(Hold.EVERYTHING)
    assert orders.cancel.cancelled and orders.question
    control.requeue(orders.question)
    assert answer.result(0).text == SPOKEN_OVER and not control.has_question()
    control.announce("A dog.")
    announced = control.begin(announcement=True)
    control.hold(Hold.COMMENTS)
    control.hold(Hold.EVERYTHING)
    assert announced.announcement
    control.say_again(announced.announcement)
    assert not control.next_announcement()
    control.hold(Hold.EVERYTHING)
    assert not control.begin().cancel.cancelled, "the state is repeated, and cancels once"
