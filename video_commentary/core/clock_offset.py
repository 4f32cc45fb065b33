"""By how much the clock of a sender differs from ours, from when its messages arrive."""

from __future__ import annotations

from collections import deque

from .stamp import NANOSECONDS, Stamp, from_seconds, to_seconds

WINDOW = 10.0
"""Seconds of which the smallest difference counts: a drift of 100 ppm is 1 ms in that time."""
MAX_LATENCY = 0.2
"""Seconds that the fastest image may take from the camera to us; more is a clock that differs."""
JUMP: Stamp = NANOSECONDS
"""By how much a stamp must be older than the last for the clock to count as set back. Speech that
follows a cut may be due a little earlier than what was cut off."""
LARGE = 0.5
"""Seconds from which a difference is worth setting the clocks."""


class ClockOffset:
    """Smallest time from stamp to arrival, lately.

    An image takes at least no time. So if images arrive before they were taken, our clock is
    behind by that; if the fastest takes longer than `MAX_LATENCY`, ours is ahead by the rest.
    In between, the clocks may agree, and nothing is corrected. Times that are corrected are right
    to within `MAX_LATENCY`, without knowing how long an image takes.

    `smallest`: the smallest time from stamp to arrival in seconds, None before the first message.
    `correction`: nanoseconds to add to a stamp to get our time, 0 while the clocks may agree. Both
    may be read on any thread.
    """

    def __init__(self, window: float = WINDOW) -> None:
        """Look back `window` seconds."""
        self._window = window
        self._differences: deque[tuple[float, Stamp]] = deque()
        self._newest: Stamp | None = None
        self.smallest: float | None = None
        self.correction: Stamp = 0

    def add(self, stamp: Stamp, arrived: Stamp, now: float) -> None:
        """Take a message's stamp and when it arrived by our clock; `now`: monotonic, seconds.

        A stamp that jumps back by more than `JUMP` is a clock that was set, or a recording that
        begins again.
        """
        if self._newest is not None and stamp < self._newest - JUMP:
            self._differences.clear()
        self._newest = stamp
        difference = arrived - stamp
        while self._differences and self._differences[-1][1] >= difference:
            self._differences.pop()
        self._differences.append((now, difference))
        while self._differences[0][0] < now - self._window:
            self._differences.popleft()
        self.smallest = to_seconds(self._differences[0][1])
        latency = min(max(self.smallest, 0.0), MAX_LATENCY)
        self.correction = from_seconds(self.smallest - latency)

    def clear(self) -> None:
        """Forget what came."""
        self._differences.clear()
        self._newest, self.smallest, self.correction = None, None, 0
