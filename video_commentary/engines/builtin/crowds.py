"""Crowds: many small things of one kind, each too weakly detected to be followed by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from statistics import median

from .detector import Detection
from .event_kinds import EventKind
from .events import SceneEvent
from .geometry import BoundingBox
from .labels import GROUPS
from .scene_state import side

SEVERAL, MANY = 5, 12
"""How many count as several, and as many."""

_WINDOW = 3.0  # seconds of evidence
_MIN_SECONDS = 1.6
_MIN_SHARE = 0.7  # of the window's images, that show at least `SEVERAL` less one
_MAX_HEIGHT = 0.2  # image heights, in the median: larger things are reported one by one
_MAX_OVERLAP = 0.4  # of a box that a stronger one of its label covers: the same thing twice
_MAX_FOLLOWED = 0.5  # of a crowd that is followed one by one: then it is no crowd
_GROUPS = frozenset(("people", "vehicles", "animals"))
_FORGET_SECONDS = 20.0  # without the crowd, after which it is news again


class CrowdDetector:
    """Counts detections by label over some seconds, whatever their score."""

    def __init__(self) -> None:
        """Start without evidence."""
        self._images: deque[tuple[float, dict[str, list[BoundingBox]]]] = deque()
        self._reported: dict[str, float] = {}
        self.sizes: dict[str, int] = {}
        """How many there are about, by label; only labels of which there is a crowd."""

    def observe(
        self,
        stamp: float,
        detections: Iterable[Detection],
        followed: Sequence[str],
        aspect: float,
    ) -> list[SceneEvent]:
        """Add an image's detections; return CROWD for each label that there is a crowd of now.

        `followed`: names of what is followed one by one. `aspect`: the image's width / height.
        """
        self._images.append((stamp, _distinct(detections)))
        while self._images[0][0] < stamp - _WINDOW:
            self._images.popleft()
        self.sizes = {}
        if stamp - self._images[0][0] < _MIN_SECONDS:
            return []
        for label in {label for _, boxes in self._images for label in boxes}:
            size = self._size(label)
            if size >= SEVERAL and followed.count(label) < _MAX_FOLLOWED * size:
                self.sizes[label] = size
        return [self._event(stamp, label, aspect) for label in sorted(self._news(stamp))]

    def _size(self, label: str) -> int:
        shown = [boxes.get(label, []) for _, boxes in self._images]
        heights = [box.height for boxes in shown for box in boxes]
        often = sum(len(boxes) >= SEVERAL - 1 for boxes in shown) >= _MIN_SHARE * len(shown)
        return round(median(map(len, shown))) if often and median(heights) < _MAX_HEIGHT else 0

    def _news(self, stamp: float) -> list[str]:
        news = [
            label
            for label in self.sizes
            if stamp - self._reported.get(label, float("-inf")) > _FORGET_SECONDS
        ]
        self._reported |= dict.fromkeys(self.sizes, stamp)
        return news

    def _event(self, stamp: float, label: str, aspect: float) -> SceneEvent:
        boxes = [box for _, shown in self._images for box in shown.get(label, [])]
        sides = [side(box, aspect) for box in boxes]
        where = max(sorted(set(sides)), key=sides.count)
        return SceneEvent(
            stamp=stamp,
            kind=EventKind.CROWD,
            group=GROUPS[label],
            name=label,
            where=where if sides.count(where) > 0.8 * len(sides) else "",
            heading="many" if self.sizes[label] >= MANY else "several",
            count=4 if self.sizes[label] >= MANY else 3,
            at_least=True,
        )


def _distinct(detections: Iterable[Detection]) -> dict[str, list[BoundingBox]]:
    """Return boxes by label, without second ones of the same thing."""
    found: dict[str, list[BoundingBox]] = {}
    for detection in sorted(detections, key=lambda d: -d.score):
        if detection.group not in _GROUPS:
            continue
        boxes, box = found.setdefault(detection.label, []), detection.box
        if all(max(box.covered_by(o), o.covered_by(box)) < _MAX_OVERLAP for o in boxes):
            boxes.append(box)
    return found
