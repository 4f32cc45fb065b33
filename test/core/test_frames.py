from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from test.fakes import frame
from video_commentary.core.frames import FrameWindow, StampSampler
from video_commentary.core.stamp import from_seconds, to_seconds


def taken(stamps: list[float], fps: float) -> list[float]:
    sampler = StampSampler(fps)
    return [stamp for stamp in stamps if sampler.take(from_seconds(stamp))]


def chosen(window: FrameWindow) -> list[float]:
    return [to_seconds(frame.stamp) for frame in window.select()]


def test_a_fast_camera_is_sampled_at_the_rate_asked_for() -> None:
    camera = [1e9 + i / 30 for i in range(300)]
    kept = taken(camera, 2.0)
    assert len(kept) == 20
    gaps = [b - a for a, b in itertools.pairwise(kept)]
    assert max(gaps) < 0.5 + 1 / 30
    assert abs(sum(gaps) / len(gaps) - 0.5) < 0.01


def test_a_slow_camera_loses_nothing() -> None:
    assert taken([0.0, 1.0, 2.5, 3.6], 2.0) == [0.0, 1.0, 2.5, 3.6]


def test_a_gap_does_not_let_a_burst_through() -> None:
    burst = [10 + i / 30 for i in range(30)]
    assert len(taken([0.0, *burst], 2.0)) == 3


def test_after_a_stamp_that_jumps_backwards_it_starts_over() -> None:
    assert taken([5.0, 5.1, 1.0, 1.1, 1.5], 2.0) == [5.0, 1.0, 1.5]


@given(st.lists(st.floats(0.001, 2.0), min_size=1, max_size=200), st.floats(0.2, 20.0))
def test_never_more_than_asked_for(gaps: list[float], fps: float) -> None:
    stamps = [sum(gaps[:i]) for i in range(len(gaps))]
    kept = taken(stamps, fps)
    assert kept[0] == stamps[0]
    span = stamps[-1] - stamps[0]
    assert len(kept) <= span * fps * 1.01 + 2


@given(st.lists(st.floats(0.001, 2.0), min_size=1, max_size=100))
def test_a_replay_chooses_the_same_frames(gaps: list[float]) -> None:
    stamps = [sum(gaps[:i]) for i in range(len(gaps))]
    assert taken(stamps, 2.0) == taken(stamps, 2.0)


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 5), st.integers(0, 100))
def test_a_request_holds_the_newest_and_then_every_nth(
    capacity: int, per_request: int, stride: int, count: int
) -> None:
    window = FrameWindow(capacity, per_request, stride)
    for i in range(count):
        window.add(frame(float(i), seed=0))
    kept = [float(i) for i in range(count)][-capacity:]
    request = chosen(window)
    assert request == kept[::-1][::stride][:per_request][::-1]
    assert len(window) == len(kept)
    if count:
        assert request[-1] == count - 1


def test_a_looping_bag_empties_the_window() -> None:
    window = FrameWindow(8, 4, 1)
    for stamp in (1.0, 2.0, 3.0, 0.5):
        window.add(frame(stamp))
    assert chosen(window) == [0.5]


@given(st.integers(0, 2**62), st.floats(0.1, 30.0))
def test_todays_stamps_are_sampled_as_exactly_as_small_ones(start: int, fps: float) -> None:
    period = from_seconds(1.0 / fps)
    sampler = StampSampler(fps)
    assert all(sampler.take(start + i * period) for i in range(50))
    assert not sampler.take(start + 49 * period + period // 2)
