"""Where the robot was in the last half minute, for entries that come after their frames."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from ..core.stamp import NANOSECONDS, Stamp

T = TypeVar("T")
PERIOD = NANOSECONDS // 4
"""Between two values that are kept."""
KEPT = 120
NEAREST = 10 * NANOSECONDS
"""How far in time a value may be from the moment that it stands for: then where is unknown."""


class LocationHistory(Generic[T]):
    """Keeps a few values a second, by this machine's time. For one thread."""

    def __init__(self) -> None:
        self._values: deque[tuple[Stamp, T]] = deque(maxlen=KEPT)

    def wants(self, time: Stamp) -> bool:
        """Return whether a value of this time is to be kept."""
        return not self._values or not 0 <= time - self._values[-1][0] < PERIOD

    def add(self, time: Stamp, value: T) -> None:
        """Keep a value."""
        if self._values and time < self._values[-1][0]:
            self._values.clear()  # the clock was set back
        self._values.append((time, value))

    def find(self, time: Stamp) -> T | None:
        """Return the newest value up to a time, or else the next one after it.

        None if there is none within `NEAREST`.
        """
        until = [each for each in self._values if each[0] <= time]
        after = [each for each in self._values if each[0] > time]
        for at, value in (*until[-1:], *after[:1]):
            if abs(at - time) <= NEAREST:
                return value
        return None
