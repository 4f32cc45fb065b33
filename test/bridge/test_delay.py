from __future__ import annotations

from typing import Any

import pytest

from test.bridge.serving import comment
from video_commentary.bridge.delay import SLEW_RATE, START, DisplayDelay


def test_follows_what_was_measured_by_a_fifth_each_time() -> None:
    delay = DisplayDelay(0.0)
    expected = START
    for number, measured in enumerate([1.0, 2.0, 1.5], 1):
        for text in ("A", "A dog", "A dog runs."):
            words = 100.0 + number + measured
            delay.observe(comment(text, sequence=number, newest=100.0 + number, first_words=words))
        expected += 0.2 * (measured - expected)
        assert delay.target == pytest.approx(expected)


def test_sound_counts_where_it_comes_before_the_words() -> None:
    delay = DisplayDelay(0.0)
    delay.observe(comment(sequence=1, newest=10.0, first_words=12.0, first_sound=11.0))
    assert delay.target == pytest.approx(START + 0.2 * (1.0 - START))


@pytest.mark.parametrize(
    "fields",
    [
        {"silent": True, "text": ""},
        {"first_words": None},
        {"newest": 5000.0, "first_words": 1.0},
        {"newest": 1.0, "first_words": 5000.0},
    ],
)
def test_silence_and_clocks_that_disagree_are_left_out(fields: dict[str, Any]) -> None:
    delay = DisplayDelay(0.0)
    delay.observe(comment(**fields))
    assert delay.target == START


def test_a_comment_of_a_commentator_started_again_counts_though_its_number_is_old() -> None:
    delay = DisplayDelay(0.0)
    delay.observe(comment(sequence=1, newest=10.0, first_words=11.0))
    once = delay.target
    delay.observe(comment(sequence=1, newest=50.0, first_words=51.0))
    assert delay.target < once


def test_the_picture_never_jumps() -> None:
    delay, now = DisplayDelay(0.0), 0.0
    for number in range(40):
        measured = 0.5 if number < 20 else 8.0
        delay.observe(
            comment(sequence=number, newest=1.0 + number, first_words=1 + number + measured)
        )
        for _ in range(60):
            before = delay.at(now)
            now += 1 / 30
            moved = (now - delay.at(now)) - (now - 1 / 30 - before)
            assert 0 < (1 - SLEW_RATE) / 30 - 1e-9 <= moved <= (1 + SLEW_RATE) / 30 + 1e-9 < 2 / 30
        if number == 19:
            assert delay.at(now) == pytest.approx(0.5, abs=0.1)
    assert delay.at(now) == pytest.approx(8.0, abs=0.2)
