"""How long entries are kept."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.stamp import NANOSECONDS, Stamp
from .store import MemoryStore

JUMP = 60 * NANOSECONDS
"""By how much a clock must differ from the time that has passed to count as set."""
DISTRUST = 3600.0
"""Seconds for which nothing is deleted by age after the clock was set: it may be set back, and what
it made old by mistake is lost then."""
_ROOM = 0.95
"""Part of the limit to which a database that has reached it is cut."""
_DAY = 86_400 * NANOSECONDS


@dataclass(frozen=True)
class RetentionLimits:
    """The age in days and the bytes on the disk above which the oldest entries are deleted."""

    days: float
    size: int


class Retention:
    """Deletes what is too old or too much, a chunk at a time."""

    def __init__(self, limits: RetentionLimits) -> None:
        self.limits = limits
        self._last: tuple[Stamp, float] | None = None
        self._trusted_from = float("-inf")
        self._shrinking = False

    def prune(self, store: MemoryStore, now: Stamp, passed: float) -> bool:
        """Delete a chunk of what is too old or too much; return whether there may be more.

        `now`: the machine's time. `passed`: monotonic, seconds. Raise sqlite3.Error.
        """
        self._watch_clock(now, passed)
        if passed >= self._trusted_from:
            oldest = now - round(self.limits.days * _DAY)
            if store.delete_before(oldest):
                return True
        size = store.size
        if size > self.limits.size:
            self._shrinking = True
        elif size <= self.limits.size * _ROOM:
            self._shrinking = False
        return self._shrinking and store.delete_oldest() > 0

    def _watch_clock(self, now: Stamp, passed: float) -> None:
        if self._last is not None:
            then, then_passed = self._last
            expected = then + round((passed - then_passed) * NANOSECONDS)
            if abs(now - expected) > JUMP:
                self._trusted_from = passed + DISTRUST
        self._last = now, passed
