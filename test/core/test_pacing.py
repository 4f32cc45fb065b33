from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from test.fakes import FORMAT, tone
from video_commentary.core.audio import AudioFormat
from video_commentary.core.pacing import READING_SPEED, Average, Gate, Playout


def drained(
    playout: Playout, start: float, end: float, step: float = 0.01
) -> list[tuple[float, float]]:
    """Play from `start` to `end`; return (when handed out, when due) of each block."""
    handed = []
    now = start
    while now < end:
        while block := playout.take(now):
            handed.append((now, block[0]))
        now += step
    return handed


def test_sound_leaves_at_most_its_lead_ahead_of_its_time() -> None:
    playout = Playout(FORMAT, lead=0.2)
    playout.push(tone(2.0), 10.0)
    handed = drained(playout, 10.0, 13.0)
    assert len(handed) == 50
    assert all(due - when <= 0.2 + 1e-9 for when, due in handed)
    assert all(due - when >= 0.15 for when, due in handed[10:])


def test_pieces_follow_each_other_without_a_gap() -> None:
    playout = Playout(FORMAT)
    assert playout.push(tone(1.0), 10.0) == 10.0
    assert playout.push(tone(1.0), 10.1) == 11.0
    assert playout.ends_at(10.1) == 12.0
    assert playout.push(tone(0.5), 20.0) == 20.0


def test_a_piece_may_be_held_for_later() -> None:
    playout = Playout(FORMAT, lead=0.2)
    assert playout.push(tone(0.1), 10.0, not_before=12.0) == 12.0
    assert playout.take(11.0) is None
    assert playout.due_in(11.0) == pytest.approx(0.8)
    assert playout.take(11.8) is not None


def test_clear_cuts_off_what_is_handed_out_and_what_is_not() -> None:
    playout = Playout(FORMAT, lead=0.2)
    playout.push(tone(5.0), 10.0)
    drained(playout, 10.0, 11.0)
    playout.clear(11.0)
    assert playout.ends_at(11.0) == 11.0
    assert playout.due_in(11.0) == 0.0
    assert playout.take_cut() == 11.0
    assert playout.take_cut() is None
    assert playout.take(11.1) is None
    assert playout.due_in(11.0) is None


def test_new_sound_begins_at_once_after_clear_and_leaves_after_the_cut() -> None:
    playout = Playout(FORMAT, lead=0.2)
    playout.push(tone(5.0), 10.0)
    drained(playout, 10.0, 11.0)
    playout.clear(11.0)
    assert playout.push(tone(1.0), 11.05) == 11.05
    assert playout.take(11.05) is None
    assert playout.take_cut() == 11.0
    block = playout.take(11.05)
    assert block is not None and block[0] == 11.05


def test_clear_in_silence_cuts_nothing() -> None:
    playout = Playout(FORMAT)
    playout.push(tone(0.1), 10.0)
    drained(playout, 10.0, 10.5)
    playout.clear(11.0)
    assert playout.take_cut() is None


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="48000"):
        Playout(FORMAT).push(tone(0.1, AudioFormat(48_000)), 0.0)


@given(st.lists(st.tuples(st.integers(1, 3000), st.floats(0, 1)), max_size=20))
def test_every_sample_is_handed_out_once_and_in_order(pushes: list[tuple[int, float]]) -> None:
    playout = Playout(FORMAT)
    now, expected, first = 0.0, [], 0
    for count, gap in pushes:
        samples = np.arange(first, first + count).astype(np.int16)
        first += count
        expected.append(samples)
        playout.push(type(tone(0))(samples, FORMAT), now)
        now += gap
    heard, end = [], float("-inf")
    while block := playout.take(float("inf")):
        due, pcm = block
        assert due >= end - 1e-9
        end = due + pcm.duration
        heard.append(pcm.samples)
    assert np.array_equal(
        np.concatenate([*heard, np.zeros(0, np.int16)]),
        np.concatenate([*expected, np.zeros(0, np.int16)]),
    )


def test_the_gate_opens_a_pause_after_the_sound_was_heard() -> None:
    playout = Playout(FORMAT)
    gate = Gate(playout)
    assert gate.opens_at(5.0, 1.0) == 5.0
    playout.push(tone(3.0), 10.0)
    gate.close_after("three seconds", True, 10.5)
    assert gate.opens_at(11.0, 1.0) == pytest.approx(14.0)
    gate.open()
    assert gate.opens_at(11.0, 1.0) == 11.0


def test_without_sound_the_gate_leaves_time_to_read() -> None:
    gate = Gate(Playout(FORMAT))
    text = "x" * 50
    gate.close_after(text, False, 10.0)
    assert gate.opens_at(10.0, 1.0) == pytest.approx(11.0 + 50 / READING_SPEED)


def test_average_forgets_its_start() -> None:
    average = Average(0.2, 5.0)
    for _ in range(50):
        average.add(1.0)
    assert average.value == pytest.approx(1.0, abs=0.01)
