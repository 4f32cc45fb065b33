"""How many of a camera's images are missing, as gaps between their stamps show."""

from __future__ import annotations

from collections import deque

from .stamp import NANOSECONDS, Stamp

STEPS = 60
"""Steps from one image to the next that are looked at: 4 s at 15 Hz."""
ENOUGH = 15
"""Steps below which nothing is said."""
OUTAGE: Stamp = NANOSECONDS
"""A longer gap is an outage of camera or link, if it is `OUTAGE_PERIODS` too."""
OUTAGE_PERIODS = 15
OUTAGES = 3
"""Outages, one right after the other, that are the period of a camera which slowed down."""


class StampGaps:
    """Estimates a camera's period from the images that came one after the other.

    The lower quartile of the steps is the period as long as a quarter of the images follow the
    one before them, which is so with up to three in four missing.
    """

    def __init__(self) -> None:
        self._steps: deque[Stamp] = deque(maxlen=STEPS)
        self._newest: Stamp | None = None
        self._outages = 0

    def add(self, stamp: Stamp) -> None:
        """Take the stamp of an image that arrived; one that jumps backwards starts over."""
        before, self._newest = self._newest, stamp
        if before is None:
            return
        if stamp <= before:
            self._steps.clear()
        elif not self._steps or stamp - before < max(OUTAGE, OUTAGE_PERIODS * self._period()):
            self._steps.append(stamp - before)
            self._outages = 0
        else:
            self._outages += 1
            if self._outages == OUTAGES:
                self._steps.clear()

    def clear(self) -> None:
        """Forget what came."""
        self._steps.clear()
        self._newest = None

    @property
    def missing(self) -> float:
        """The part of the images that is missing, 0 to 1; 0 until it is known."""
        if len(self._steps) < ENOUGH:
            return 0.0
        period = self._period()
        sent = sum(max(1, round(step / period)) for step in self._steps)
        return 1.0 - len(self._steps) / sent

    def _period(self) -> Stamp:
        return sorted(self._steps)[len(self._steps) // 4] if self._steps else 0
