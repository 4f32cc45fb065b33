"""Speech from a machine with another clock, over a link with jitter and outages."""

from __future__ import annotations

import random

import numpy as np
import pytest

from video_commentary.core.audio import OUTPUT_FORMAT, Pcm
from video_commentary.core.pacing import Playout
from video_commentary.core.stamp import from_seconds, to_seconds
from video_commentary.nodes.speaker.speech_timing import MAX_LATE, SpeechTiming

SENTENCE = Pcm(np.zeros(2 * OUTPUT_FORMAT.rate, np.int16), OUTPUT_FORMAT)


class Link:
    """Sentences of 2 s, each 3 s, from a clock that is `ahead` of ours and drifts."""

    def __init__(self, ahead: float, drift: float = 0.0) -> None:
        self.timing = SpeechTiming()
        self.now = 70_000.0
        self.ahead = ahead
        self._drift = drift
        self._chance = random.Random(5)
        self._playout = Playout(OUTPUT_FORMAT)

    def say(self, sentences: int, outage: float = 0.0) -> list[float]:
        """Return the lateness of every block; what is sent in an outage comes at its end."""
        late = []
        up_at = self.now + outage
        for _ in range(sentences):
            self._playout.push(SENTENCE, self.now)
            end = self.now + 3.0
            while self.now < end:
                while block := self._playout.take(self.now):
                    late.append(self._arrives(block, up_at))
                self.now += 0.04
        return late

    def _arrives(self, block: tuple[float, Pcm], up_at: float) -> float:
        due = from_seconds(block[0] + self.ahead + self._drift * (block[0] - 70_000.0))
        at = max(self.now + max(0.002, self._chance.gauss(0.02, 0.01)), up_at)
        return self.timing.lateness(due, from_seconds(at), at)


@pytest.mark.parametrize("ahead", [-5.0, -0.5, 0.0, 0.5, 5.0])
@pytest.mark.parametrize("drift", [-100e-6, 100e-6])
def test_speech_in_time_is_never_too_late_whatever_the_clocks_say(
    ahead: float, drift: float
) -> None:
    link = Link(ahead, drift)
    late = link.say(600)
    assert len(late) == 600 * 50
    assert max(late) < 0.15
    assert link.timing.clock.smallest == pytest.approx(-ahead, abs=0.25)


@pytest.mark.parametrize("ahead", [-5.0, 5.0])
def test_what_an_outage_held_up_is_late_and_what_follows_is_not(ahead: float) -> None:
    link = Link(ahead)
    link.say(20)
    late = link.say(4, outage=8.0)
    assert sum(block > MAX_LATE for block in late) > 100
    assert max(late) == pytest.approx(8.0, abs=0.3)
    assert max(link.say(3)) < 0.15


@pytest.mark.parametrize("step", [-3.0, 3.0])
def test_a_sender_whose_clock_is_set_goes_on(step: float) -> None:
    link = Link(0.0)
    link.say(5)
    link.ahead += step
    assert max(link.say(5)) < 0.25


def test_speech_after_a_cut_may_be_due_before_what_was_cut_off() -> None:
    link = Link(4.0)
    link.say(5)
    timing, now = link.timing, link.now
    late = [
        timing.lateness(from_seconds(now + 4.0 + due), from_seconds(now + 0.02), now + 0.02)
        for due in (0.2, 0.0, 0.04, 0.08, 0.2)
    ]
    assert max(late) < 0.1
    held_up = timing.lateness(from_seconds(now + 4.0), from_seconds(now + 6.0), now + 6.0)
    assert held_up > MAX_LATE, "the fastest block is still known"


def test_sound_without_stamps_is_never_late() -> None:
    timing = SpeechTiming()
    assert [timing.lateness(0, from_seconds(now), now) for now in (1.0, 9.0)] == [0.0, 0.0]


def test_our_own_clock_may_be_set() -> None:
    timing = SpeechTiming()
    for index in range(200):
        now = index * 0.04
        ours = now + (3600.0 if index > 100 else 0.0)
        late = timing.lateness(from_seconds(now + 0.18), from_seconds(ours), now)
        assert late == pytest.approx(-0.2)
    assert to_seconds(timing.clock.correction) == 0
