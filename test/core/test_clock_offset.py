"""Clocks that differ, and drift, between a camera and us."""

from __future__ import annotations

import random

import pytest

from test.core.stage import Stage
from test.fakes import FakeEngine
from video_commentary.core.clock_offset import MAX_LATENCY, WINDOW, ClockOffset
from video_commentary.core.stamp import from_seconds, to_seconds

OFFSETS = [-5.0, -0.5, -0.05, 0.0, 0.05, 0.5, 5.0]
DRIFTS = [-100e-6, 0.0, 100e-6]


class Link:
    """A camera whose clock is `ahead` of ours and drifts, over Wi-Fi of 20 +- 10 ms."""

    def __init__(self, ahead: float, drift: float = 0.0, fps: float = 15.0) -> None:
        self.offset = ClockOffset()
        self.now = 50_000.0
        self.clock_ahead = ahead
        self._drift = drift
        self._period = 1 / fps
        self._chance = random.Random(3)

    @property
    def ahead(self) -> float:
        return self.clock_ahead + self._drift * (self.now - 50_000.0)

    def run(self, seconds: float) -> None:
        """Send images; check after each that a corrected delay is right."""
        end = self.now + seconds
        while self.now < end:
            latency = max(0.002, self._chance.gauss(0.02, 0.01))
            stamp = from_seconds(self.now + self.ahead)
            self.offset.add(stamp, from_seconds(self.now + latency), self.now + latency)
            self.now += self._period

    def error(self) -> float:
        """Return by how much an image taken now is thought to be taken too early, in seconds."""
        corrected = from_seconds(self.now + self.ahead) + self.offset.correction
        return self.now - to_seconds(corrected)


@pytest.mark.parametrize("ahead", OFFSETS)
@pytest.mark.parametrize("drift", DRIFTS)
def test_corrected_stamps_are_right_to_within_the_latency(ahead: float, drift: float) -> None:
    link = Link(ahead, drift)
    for _ in range(20):
        link.run(180)
        assert -0.05 < link.error() < MAX_LATENCY + 0.005
    assert link.offset.smallest == pytest.approx(-link.ahead, abs=0.05)


def test_clocks_that_agree_are_not_corrected() -> None:
    link = Link(0.0)
    link.run(30)
    assert link.offset.correction == 0


@pytest.mark.parametrize("step", [-5.0, 5.0])
def test_a_clock_that_is_set_is_followed(step: float) -> None:
    link = Link(0.0)
    link.run(30)
    link.clock_ahead += step
    link.run(1)
    assert -0.05 < link.error() < MAX_LATENCY + 0.005


def test_our_own_clock_set_forward_is_followed_within_the_window() -> None:
    offset = ClockOffset()
    for index in range(300):
        now = index / 10
        jumped = 3.0 if now >= 10.0 else 0.0
        offset.add(from_seconds(now), from_seconds(now + jumped + 0.01), now)
        if now > 10.0 + WINDOW:
            assert to_seconds(offset.correction) == pytest.approx(3.01 - MAX_LATENCY)


@pytest.mark.parametrize("ahead", OFFSETS)
def test_a_comment_has_the_stamps_of_its_frames_clock(ahead: float) -> None:
    def think(_: object) -> list[object]:
        stage.clock.spend(1.5)
        return ["One."]

    stage = Stage(FakeEngine(think), camera_ahead=ahead)
    stage.run(6.0)
    said = stage.final[0][1]
    assert said.first_words is not None
    assert to_seconds(said.requested - said.newest) == pytest.approx(0.0, abs=1e-6)
    assert to_seconds(said.first_words - said.newest) == pytest.approx(1.5, abs=1e-6)
    assert stage.commentator.stats.words_delay == pytest.approx(1.5, abs=0.01)
