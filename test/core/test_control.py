from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.control import MAX_QUESTIONS, Control
from video_commentary.core.prompting import Profile

PROFILES = {name: Profile(name, "", ()) for name in ("commentator", "sports")}


def control(**settings: Any) -> Control:
    return Control(replace(CommentatorSettings(), **settings), PROFILES)


def test_steering_cancels_what_runs_and_wakes_the_cycle() -> None:
    it = control()
    orders = it.begin()
    assert it.steer("look left") == ""
    assert orders.cancel.is_set()
    assert it.wake.is_set()
    again = it.begin()
    assert again.steered
    assert again.instruction == "look left"
    assert not again.cancel.is_set()
    assert not it.begin().steered


def test_a_bad_instruction_changes_nothing() -> None:
    it = control(instruction="before")
    orders = it.begin()
    with pytest.raises(ValueError, match="2,000"):
        it.steer("x" * 100_000)
    assert it.instruction == "before"
    assert not orders.cancel.is_set()


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    it = control()
    with pytest.raises(ValueError, match="commentator, sports"):
        it.tune(replace(it.settings, profile="opera"))
    assert it.settings.profile == "commentator"


def test_a_new_profile_takes_effect_at_once_and_a_number_does_not_interrupt() -> None:
    it = control()
    orders = it.begin()
    it.tune(replace(it.settings, max_tokens=100))
    assert not orders.cancel.is_set()
    it.tune(replace(it.settings, profile="sports"))
    assert orders.cancel.is_set()
    assert it.begin().profile.name == "sports"


def test_too_many_questions_are_refused_not_dropped() -> None:
    it = control()
    futures = [it.ask(f"{i}?") for i in range(MAX_QUESTIONS)]
    with pytest.raises(ValueError, match="later"):
        it.ask("one more?")
    asked = [it.begin().question for _ in futures]
    assert [q.text for q in asked if q] == [f"{i}?" for i in range(MAX_QUESTIONS)]


def test_an_interruption_is_acted_on_once() -> None:
    it = control()
    it.steer("a")
    assert it.take_interruption()
    assert not it.begin().interrupted
    it.steer("b")
    assert it.begin().interrupted
    assert not it.take_interruption()
