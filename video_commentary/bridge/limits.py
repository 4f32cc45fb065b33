"""Limits that keep one client from taking the bridge away from the others."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_BODY = 64 * 1024
"""Bytes; the longest instruction needs 8 KB."""
STALL_TIMEOUT = 10.0
"""Seconds after which a client that reads nothing is disconnected."""
_MAX_ADDRESSES = 1000


class RateLimiter:
    """A token bucket for each client address: `burst` requests at once, then `rate` a second."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def acquire(self, address: str) -> float:
        """Count one request. Return 0 if it is allowed, else the seconds until the next one is."""
        left, now = self._left(address)
        allowed = left >= 1
        self._buckets.pop(address, None)
        self._buckets[address] = (left - allowed, now)
        while len(self._buckets) > _MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate

    def retry_after(self, address: str) -> float:
        """Return the seconds until a request is allowed, 0 for now, without counting one."""
        return max(0.0, 1 - self._left(address)[0]) / self._rate

    def _left(self, address: str) -> tuple[float, float]:
        now = self._clock()
        left, at = self._buckets.get(address, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate), now


class TooManyClientsError(Exception):
    """`max_clients` streams are served already."""


class Clients:
    """Counts the streams served now by kind, and those that were refused or had stalled."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.now: Counter[str] = Counter()
        self.refused = 0
        self.stalled = 0

    @contextmanager
    def enter(self, kind: str) -> Iterator[None]:
        """Count a stream for the length of a block. Raise TooManyClientsError."""
        if self.now.total() >= self._limit:
            self.refused += 1
            raise TooManyClientsError(f"{self._limit} streams are served already: try again later")
        self.now[kind] += 1
        try:
            yield
        finally:
            self.now[kind] -= 1
