"""What was in view lately, by stamp, for viewers who see the picture delayed."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from .items import PictureBox

_MAX_GAP = 0.6
"""Seconds between two looks at the same scene; older boxes say nothing about a picture."""
_MAX_LOOKS = 2000
"""Looks kept: a minute, the longest delay of the picture, of 30 looks a second and more."""


class BoxBuffer:
    """The boxes of each frame that was looked at. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamps: list[float] = []
        self._looks: list[tuple[PictureBox, ...]] = []
        self._viewers = 0

    @property
    def wanted(self) -> bool:
        """Whether anybody wants to see boxes."""
        return self._viewers > 0

    @property
    def newest_stamp(self) -> float | None:
        """The stamp of the newest boxes, in seconds; None before the first."""
        with self._lock:
            return self._stamps[-1] if self._stamps else None

    def enter(self) -> None:
        """Count one viewer more."""
        with self._lock:
            self._viewers += 1

    def leave(self) -> None:
        """Count one viewer less."""
        with self._lock:
            self._viewers -= 1

    def add(self, stamp: float, boxes: Sequence[PictureBox]) -> None:
        """Keep what is in view at a stamp; one that jumps backwards empties the buffer first."""
        with self._lock:
            if self._stamps and stamp <= self._stamps[-1]:
                self._stamps.clear()
                self._looks.clear()
            self._stamps.append(stamp)
            self._looks.append(tuple(boxes))
            del self._stamps[:-_MAX_LOOKS], self._looks[:-_MAX_LOOKS]

    def at(self, stamp: float) -> list[PictureBox]:
        """Return the boxes at a stamp, of what keeps its track between the looks around it."""
        with self._lock:
            after = bisect_right(self._stamps, stamp)
            if not after or stamp - self._stamps[after - 1] > _MAX_GAP:
                return []
            begin, before = self._stamps[after - 1], self._looks[after - 1]
            if after == len(self._stamps) or self._stamps[after] - begin > _MAX_GAP:
                return list(before)
            end, following = self._stamps[after], self._looks[after]
        share = (stamp - begin) / (end - begin)
        targets = {box.track: box for box in following if box.track}
        return [_between(box, targets.get(box.track, box), share) for box in before]


def _between(box: PictureBox, target: PictureBox, share: float) -> PictureBox:
    """Return a box on its way to where it is next; `share` of the way, 0 to 1."""
    return replace(
        box,
        left=box.left + share * (target.left - box.left),
        top=box.top + share * (target.top - box.top),
        right=box.right + share * (target.right - box.right),
        bottom=box.bottom + share * (target.bottom - box.bottom),
    )
