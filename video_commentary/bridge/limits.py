"""How often and how much: so that one client can't keep the bridge from the others."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LARGEST_BODY = 64 * 1024
"""Bytes; the longest instruction needs 8 KB."""
STALLED = 10.0
"""Seconds after which a client that takes nothing is let go."""
_ADDRESSES = 1000


class RateLimit:
    """A bucket a client address: `burst` at once, then `rate` a second."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with full buckets."""
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Take one; return 0, or in how many seconds there will be one again."""
        left, now = self._left(address)
        allowed = left >= 1
        self._buckets.pop(address, None)
        self._buckets[address] = (left - allowed, now)
        while len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate

    def until_one(self, address: str) -> float:
        """Take none; return in how many seconds there is one, 0 for now."""
        return max(0.0, 1 - self._left(address)[0]) / self._rate

    def _left(self, address: str) -> tuple[float, float]:
        now = self._clock()
        left, at = self._buckets.get(address, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate), now


class FullError(Exception):
    """All streams there may be are taken."""


class Clients:
    """How many streams of each kind are served now, and how many were refused or let go."""

    def __init__(self, most: int) -> None:
        """Serve `most` at once."""
        self._most = most
        self.now: Counter[str] = Counter()
        self.refused = 0
        self.stalled = 0

    @contextmanager
    def enter(self, kind: str) -> Iterator[None]:
        """Count a stream for the length of a block. Raise FullError."""
        self.check()
        self.now[kind] += 1
        try:
            yield
        finally:
            self.now[kind] -= 1

    def check(self) -> None:
        """Raise FullError where there is no room for one more."""
        if self.now.total() >= self._most:
            self.refused += 1
            raise FullError(f"{self._most} streams are served already: try again later")
