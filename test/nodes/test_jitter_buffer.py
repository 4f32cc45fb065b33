from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from video_commentary.nodes.speaker.jitter_buffer import JitterBuffer

RATE = 1000


def ramp(start: int, count: int) -> NDArray[np.int16]:
    return np.arange(start, start + count, dtype=np.int16)


@given(steps=st.lists(st.integers(-200, 200), max_size=40))
def test_sound_comes_out_in_order_and_whole(steps: list[int]) -> None:
    """Positive steps put that many samples, negative ones take that many."""
    buffer = JitterBuffer(RATE, latency=0.05)
    sent, now, heard = 1, 0.0, []
    for step in [*steps, -200, -20_000]:
        if step > 0:
            buffer.put(ramp(sent, step), now)
            sent += step
        else:
            now += -step / RATE
            heard.append(buffer.take(-step, now))
    sound = np.concatenate(heard)
    np.testing.assert_array_equal(sound[sound != 0], ramp(1, sent - 1)[-(buffer.played) or sent :])
    assert buffer.played + buffer.dropped == sent - 1


def test_waits_for_a_cushion_but_not_for_ever() -> None:
    buffer = JitterBuffer(RATE, latency=0.1)
    buffer.put(ramp(1, 50), now=0.0)
    assert not buffer.take(10, now=0.01).any()
    assert buffer.take(10, now=0.11).tolist() == list(range(1, 11))
    buffer = JitterBuffer(RATE, latency=0.1)
    buffer.put(ramp(1, 100), now=0.0)
    assert buffer.take(10, now=0.001).any()


def test_counts_sound_that_came_too_late_but_not_a_sentences_end() -> None:
    buffer = JitterBuffer(RATE, latency=0.01)
    buffer.put(np.append(ramp(1000, 20), np.zeros(5, np.int16)), now=0.0)
    assert len(buffer.take(40, now=0.1)) == 40
    assert buffer.underruns == 0
    buffer.put(ramp(1000, 20), now=1.0)
    buffer.take(40, now=1.1)
    assert buffer.underruns == 1


def test_keeps_the_newest() -> None:
    buffer = JitterBuffer(RATE, latency=0.0)
    for second in range(9):
        buffer.put(np.full(RATE, second + 1, np.int16), now=0.0)
    assert buffer.dropped == 4 * RATE
    assert set(buffer.take(5 * RATE, now=1.0)) == {5, 6, 7, 8, 9}


def test_clear_fades_out_and_forgets() -> None:
    buffer = JitterBuffer(48_000, latency=0.0)
    buffer.put(np.full(48_000, 10_000, np.int16), now=0.0)
    buffer.take(100, now=0.1)
    buffer.clear()
    rest = buffer.take(1000, now=0.2).astype(int)
    assert rest[0] > 9000 and not rest[240:].any()
    assert np.abs(np.diff(rest)).max() < 100
    buffer.clear()
    assert not buffer.take(1000, now=0.3).any()
