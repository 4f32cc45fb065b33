"""The delay of the picture that makes it match the words."""

from __future__ import annotations

import threading

from ..core.comment import Comment
from ..core.pacing import Average
from ..core.stamp import to_seconds

START = 5.0
"""Seconds, until the first comment is measured."""
ALPHA = 0.2
MAX_DELAY = 60.0
"""Seconds; a longer delay means that clocks disagree, and is not counted."""
SLEW_RATE = 0.25
"""Seconds by which the delay changes in a second. The picture then runs a quarter faster or slower
for a while, which at 30 fps is a quarter of a frame from one frame to the next, and never jumps."""


class SlewLimiter:
    """Follows a target, changing by at most `SLEW_RATE` a second."""

    def __init__(self, value: float, now: float) -> None:
        """Start at `value`; `now`: seconds of a monotonic clock."""
        self._value = value
        self._at = now

    def follow(self, target: float, now: float) -> float:
        """Move towards `target` and return the value at `now`."""
        step = SLEW_RATE * max(0.0, now - self._at)
        self._value += max(-step, min(step, target - self._value))
        self._at = max(now, self._at)
        return self._value


class DisplayDelay:
    """Exponential average of the time from newest frame to first words or sound. Thread-safe.

    Silent cycles are not counted.
    """

    def __init__(self, now: float) -> None:
        """Start at `START`; `now`: seconds of a monotonic clock."""
        self._lock = threading.Lock()
        self._average = Average(ALPHA, START)
        self._slew = SlewLimiter(START, now)
        self._measured = (0, 0)

    @property
    def target(self) -> float:
        """The average in seconds, which the delay moves towards."""
        return self._average.value

    def observe(self, comment: Comment) -> None:
        """Measure each comment once, as soon as the stamp of its first words or sound is known."""
        begun = [t for t in (comment.first_words, comment.first_sound) if t is not None]
        which = comment.sequence, comment.newest
        if not begun or comment.silent or which == self._measured:
            return
        self._measured = which
        delay = to_seconds(min(begun) - comment.newest)
        if 0 <= delay < MAX_DELAY:
            with self._lock:
                self._average.add(delay)

    def at(self, now: float) -> float:
        """Return the delay at `now`, seconds."""
        with self._lock:
            return self._slew.follow(self._average.value, now)
