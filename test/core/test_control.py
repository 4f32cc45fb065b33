from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.control import MAX_QUESTIONS, Control
from video_commentary.core.prompting import Profile
from video_commentary.core.questions import checked_sound

PROFILES = {name: Profile(name, "", ()) for name in ("commentator", "sports")}
SETTINGS = CommentatorSettings()


def control(**settings: Any) -> Control:
    return Control(replace(SETTINGS, **settings), PROFILES)


def test_an_instruction_cancels_what_runs_and_wakes_the_cycle() -> None:
    it = control()
    orders = it.begin()
    it.tune(replace(SETTINGS, instruction="look left"))
    assert orders.cancel.cancelled
    assert it.wake.is_set()
    again = it.begin()
    assert again.steered
    assert again.instruction == "look left"
    assert not again.cancel.cancelled
    assert not it.begin().steered


def test_an_instruction_comes_out_on_one_line() -> None:
    it = control()
    it.tune(replace(SETTINGS, instruction=" look\n\x1b[31m  left "))
    assert it.instruction == it.begin().instruction == "look [31m left"


def test_the_settings_in_force_are_the_ones_given() -> None:
    it = control()
    changed = replace(SETTINGS, instruction="look left", max_tokens=100)
    it.tune(changed)
    assert it.settings is changed
    assert it.begin().settings is changed


def test_a_bad_instruction_changes_nothing() -> None:
    it = control(instruction="before")
    orders = it.begin()
    with pytest.raises(ValueError, match="2,000"):
        it.tune(replace(SETTINGS, instruction="x" * 100_000))
    assert it.instruction == "before"
    assert not orders.cancel.cancelled


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    it = control()
    with pytest.raises(ValueError, match="commentator, sports"):
        it.tune(replace(SETTINGS, profile="opera"))
    assert it.settings.profile == "commentator"


def test_a_new_profile_takes_effect_at_once_and_a_number_does_not_interrupt() -> None:
    it = control()
    cancel = it.begin().cancel
    it.tune(replace(SETTINGS, max_tokens=100))
    assert it.wake.is_set()
    interrupted = [cancel.cancelled]
    it.tune(replace(SETTINGS, profile="sports"))
    assert [*interrupted, cancel.cancelled] == [False, True]
    assert it.begin().profile.name == "sports"


def test_a_comment_may_be_wanted_now_though_nothing_changed() -> None:
    it = control()
    orders = it.begin()
    it.comment_now()
    assert orders.cancel.cancelled
    assert it.urgent()
    assert it.begin().steered


def test_the_sound_of_a_question_is_read_or_refused() -> None:
    assert checked_sound(b"") is None
    sound = checked_sound(b"\x01\x00\xff\xff")
    assert sound and sound.samples.tolist() == [1, -1]
    assert (sound.format.rate, sound.format.channels) == (16_000, 1)
    longest = 30 * 16_000 * 2
    longest_sound = checked_sound(bytes(longest))
    assert longest_sound and longest_sound.duration == 30.0
    for data, words in ((b"abc", "3 bytes"), (bytes(longest + 2_000), "lasts 30.1 s")):
        with pytest.raises(ValueError, match=words):
            checked_sound(data)


def test_too_many_questions_are_refused_not_dropped() -> None:
    it = control()
    futures = [it.ask(f"{i}?") for i in range(MAX_QUESTIONS)]
    with pytest.raises(ValueError, match="later"):
        it.ask("one more?")
    asked = [it.begin().question for _ in futures]
    assert [q.text for q in asked if q] == [f"{i}?" for i in range(MAX_QUESTIONS)]


def test_an_interruption_is_acted_on_once() -> None:
    it = control()
    it.comment_now()
    assert it.take_interruption()
    assert not it.begin().interrupted
    it.comment_now()
    assert it.begin().interrupted
    assert not it.take_interruption()
