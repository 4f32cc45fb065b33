"""Words that are said as they are: before comments, after answers."""

from __future__ import annotations

import pytest

from test.core.stage import PROFILES, Stage, speaking
from test.fakes import FakeEngine
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.control import MAX_ANNOUNCEMENTS, Control
from video_commentary.core.engine import EngineError, Request


def test_an_announcement_cuts_off_a_comment() -> None:
    stage = Stage(speaking("A long story.", 8.0))
    stage.at(2.0, lambda: stage.control.announce("A person comes\ninto view."))
    stage.run(4.0)
    announced = [comment for _, comment in stage.final if "person" in comment.text]
    assert [comment.text for comment in announced] == ["A person comes into view."]
    assert stage.seconds(announced[0].first_words) == pytest.approx(2.0, abs=0.1)
    assert stage.playout.ends_at(stage.clock.now()) < stage.start + 8, "the story went on"
    assert all("person" not in r.announcement for r in stage.engine.requests)


def test_announcements_are_made_while_paused_and_while_the_engine_fails() -> None:
    def fails(_: Request) -> list[object]:
        raise EngineError("the server is away")

    for stage in (Stage(FakeEngine(), enabled=False), Stage(FakeEngine(fails))):
        stage.at(2.1, lambda it=stage: it.control.announce("Fire."))  # type: ignore[misc]
        stage.run(3.0)
        spoken = [comment for _, comment in stage.final if comment.text == "Fire."]
        assert [stage.seconds(comment.first_words) for comment in spoken] == [pytest.approx(2.1)]
    assert stage.commentator.error == "the server is away"


def test_an_answer_is_not_cut_off_but_comes_before_the_announcement() -> None:
    control = Control(CommentatorSettings(), PROFILES)
    control.ask("What is it?")
    orders = control.begin()
    control.announce("A dog.")
    assert not orders.cancel.cancelled
    assert control.urgent()
    again = control.begin()
    assert (again.announcement, again.question, again.interrupted) == ("A dog.", None, False)
    control.announce("A cat.")
    assert not again.cancel.cancelled, "one announcement does not cut off another"
    assert control.begin().announcement == "A cat."
    assert control.begin().announcement == ""


def test_an_announcement_that_a_question_cuts_off_is_made_again() -> None:
    stage = Stage(FakeEngine())
    control = stage.control

    def ask_before_it_is_said() -> None:
        control.announce("A dog.")
        control.ask("What is it?")

    stage.at(1.1, ask_before_it_is_said)
    stage.run(3.0)
    assert stage.texts.count("A dog.") == 1
    control.announce_again("A cat.")
    assert control.begin().announcement == "A cat."


def test_of_too_many_announcements_the_oldest_are_left_out() -> None:
    control = Control(CommentatorSettings(), PROFILES)
    for number in range(MAX_ANNOUNCEMENTS + 2):
        control.announce(f"Alert {number}.")
    control.announce_again("Alert 0.")
    said = [control.begin().announcement for _ in range(MAX_ANNOUNCEMENTS)]
    assert said == [f"Alert {number}." for number in range(2, MAX_ANNOUNCEMENTS + 2)]
    assert not control.has_announcement()


def test_nothing_is_announced_after_a_stop() -> None:
    control = Control(CommentatorSettings(), PROFILES)
    control.announce("A dog.")
    control.refuse_questions("stopped")
    assert not control.has_announcement()
