"""By how much the picture is held back so that the words match it."""

from __future__ import annotations

import threading

from ..core.comment import Comment
from ..core.pacing import Average
from ..core.stamp import to_seconds

START = 5.0
"""Seconds, until something was measured."""
ALPHA = 0.2
LONGEST = 60.0
"""Seconds; more means that clocks disagree, and is left out."""
SLEW = 0.25
"""Seconds by which the delay changes a second: the picture runs a quarter faster or slower for a
while, at 30 fps a quarter of a frame off from one frame to the next, and never jumps."""


class Slew:
    """Follows a target at no more than `SLEW`."""

    def __init__(self, value: float, now: float) -> None:
        """Begin at `value`; `now` are seconds of one clock."""
        self._value = value
        self._at = now

    def follow(self, target: float, now: float) -> float:
        """Return the value at `now`, nearer to `target` than before."""
        most = SLEW * max(0.0, now - self._at)
        self._value += max(-most, min(most, target - self._value))
        self._at = max(now, self._at)
        return self._value


class DisplayDelay:
    """An exponential average of newest frame to first words or first sound, of what was said.

    Thread-safe.
    """

    def __init__(self, now: float) -> None:
        """Begin at `START`; `now` are seconds of one monotonic clock."""
        self._lock = threading.Lock()
        self._average = Average(ALPHA, START)
        self._slew = Slew(START, now)
        self._measured = (0, 0)

    @property
    def target(self) -> float:
        """The average, where the delay goes to."""
        return self._average.value

    def hear(self, comment: Comment) -> None:
        """Measure a comment, once, when its first words or its first sound is known."""
        begun = [t for t in (comment.first_words, comment.first_sound) if t is not None]
        which = comment.sequence, comment.newest
        if not begun or comment.silent or which == self._measured:
            return
        self._measured = which
        delay = to_seconds(min(begun) - comment.newest)
        if 0 <= delay < LONGEST:
            with self._lock:
                self._average.add(delay)

    def at(self, now: float) -> float:
        """Return the delay at `now`, seconds."""
        with self._lock:
            return self._slew.follow(self._average.value, now)
