"""How late a block of speech is, whatever the clock of the machine that sent it says."""

from __future__ import annotations

from ...core.clock_offset import ClockOffset
from ...core.pacing import LEAD
from ...core.stamp import Stamp, from_seconds, to_seconds

MAX_LATE = 1.5
"""Seconds after which a block is left out: after an outage of the link, seconds of old speech come
at once."""
WINDOW = 300.0
"""Seconds for which the fastest block counts: speech pauses, and an outage must not be forgotten.
A drift of 100 ppm is 30 ms in that time."""


class SpeechTiming:
    """Compares when blocks arrive with when they are due, which is `LEAD` after they were sent.

    The fastest block shows what the clocks' difference is, as by `clock` for /diagnostics. Against
    a monotonic clock, so that setting this machine's time makes no block late.
    """

    def __init__(self) -> None:
        self.clock = ClockOffset(WINDOW)
        self._steady = ClockOffset(WINDOW)

    def lateness(self, due: Stamp, arrived: Stamp, now: float) -> float:
        """Return the seconds by which a block comes after it is due; negative if it is in time.

        `due`: its stamp, 0 if it has none: then it is never late. `arrived`: our time. `now`:
        monotonic, seconds.
        """
        if not due:
            return 0.0
        sent = due - from_seconds(LEAD)
        self.clock.add(sent, arrived, now)
        self._steady.add(sent, from_seconds(now), now)
        assert self._steady.smallest is not None
        return now - to_seconds(sent) - self._steady.smallest - LEAD
