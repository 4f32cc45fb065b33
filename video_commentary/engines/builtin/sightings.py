"""What speaks for a thing being in view: boxes of any score over the last seconds, gathered.

A single image is too little: the detector misses things for half a second and gives another label
for one image. So boxes of a question's labels, and of labels that look alike, are gathered into one
`Sighting` for each thing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .detector import Detection
from .geometry import BoundingBox
from .nouns import Noun

_SAME_IOU = 0.25  # of boxes of one thing in two images
_SAME_DISTANCE = 0.6  # of its size that a thing may go between two images
_FAST_GAP, _FAST_DISTANCE, _FAST_GROWTH = 0.7, 2.0, 1.8  # seconds, own sizes, ratio of sizes
_DUPLICATE_IOU, _DUPLICATE_COVER = 0.5, 0.8  # of two boxes of one thing in one image
_MIN_PART = 0.3  # of the larger box that a smaller one within it has if it is the same thing
_BEST = 3  # boxes whose scores make a sighting's strength
_GONE = 0.04  # chance that a thing is only missed so many times in a row


@dataclass(frozen=True)
class Look:
    """The detector's boxes in one image. `close`: from the enlarged parts of an image."""

    stamp: float
    detections: tuple[Detection, ...]
    close: bool = False


@dataclass
class Sighting:
    """Boxes that are one thing, the oldest first, with their stamps and labels.

    `looks`: number of images from its first box to its newest. `missed`: images since then.
    """

    boxes: list[tuple[float, Detection, bool]] = field(default_factory=list)
    looks: int = 1
    missed: int = 0

    def add(self, look: Look, detection: Detection) -> None:
        """Add a box."""
        self.boxes.append((look.stamp, detection, look.close))
        self.looks += self.missed
        self.missed = 0

    @property
    def box(self) -> BoundingBox:
        """The newest box."""
        return self.boxes[-1][1].box

    @property
    def first_seen(self) -> float:
        """Stamp of its first box."""
        return self.boxes[0][0]

    @property
    def last_seen(self) -> float:
        """Stamp of its newest box."""
        return self.boxes[-1][0]

    def scores(self, labels: Iterable[str], close: bool = False) -> list[float]:
        """Return the scores of boxes with these labels, the highest first."""
        wanted = frozenset(labels)
        return sorted(
            (d.score for _, d, near in self.boxes if d.label in wanted and near == close),
            reverse=True,
        )

    def strength(self, labels: Iterable[str]) -> float:
        """Return the mean of the best scores of these labels, 0 to 1; close looks count as well."""
        wanted = tuple(labels)
        best = sorted(self.scores(wanted) + self.scores(wanted, close=True), reverse=True)[:_BEST]
        return sum(best) / _BEST

    def share(self, labels: Iterable[str]) -> float:
        """Return these labels' part of all scores, 0 to 1."""
        wanted = frozenset(labels)
        total = sum(d.score for _, d, _ in self.boxes)
        return sum(d.score for _, d, _ in self.boxes if d.label in wanted) / total

    def top_label(self) -> str:
        """Return the label with the most votes."""
        votes: dict[str, float] = {}
        for _, detection, _ in self.boxes:
            votes[detection.label] = votes.get(detection.label, 0.0) + detection.score
        return max(votes, key=votes.__getitem__)

    @property
    def rate(self) -> float:
        """Share of the images up to its newest box in which it was found."""
        return min(1.0, len({stamp for stamp, _, _ in self.boxes}) / self.looks)

    @property
    def is_gone(self) -> bool:
        """Whether it was missed too often since its newest box to be still there."""
        return (1 - min(self.rate, 0.95)) ** self.missed < _GONE

    def shift(self, seconds: float) -> tuple[float, float, float]:
        """Return how it went in its last `seconds`: across and down in its own sizes; growth.

        Growth is the ratio of its size at the end to that at the start; 1 if it was seen too
        seldom.
        """
        since = self.last_seen - seconds
        recent = [(s, d.box) for s, d, near in self.boxes if s >= since and not near]
        if len(recent) < 4:
            return 0.0, 0.0, 1.0
        third = max(1, len(recent) // 3)
        start, end = _mean([b for _, b in recent[:third]]), _mean([b for _, b in recent[-third:]])
        size = max((start.area**0.5 + end.area**0.5) / 2, 1e-3)
        growth = (end.area / max(start.area, 1e-6)) ** 0.5
        return (
            (end.center_x - start.center_x) / size,
            (end.center_y - start.center_y) / size,
            growth,
        )


def _mean(boxes: Sequence[BoundingBox]) -> BoundingBox:
    n = len(boxes)
    return BoundingBox(
        sum(b.left for b in boxes) / n,
        sum(b.top for b in boxes) / n,
        sum(b.right for b in boxes) / n,
        sum(b.bottom for b in boxes) / n,
    )


def gather(looks: Sequence[Look], noun: Noun) -> list[Sighting]:
    """Return what may be a noun's things, the strongest first."""
    sightings: list[Sighting] = []
    for look in looks:
        kept = without_duplicates(d for d in look.detections if d.label in noun.family)
        if not look.close:
            for sighting in sightings:
                sighting.missed += 1
        _assign(look, kept, sightings)
    return sorted(_joined(sightings), key=lambda s: -s.strength(noun.family))


def _joined(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Join what is one fast thing: where a sighting ends, another begins nearby soon after."""
    joined: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda s: s.first_seen):
        start = sighting.boxes[0][1].box
        before = [s for s in joined if _continues(s, sighting.first_seen, start)]
        if before:
            nearest = min(before, key=lambda s: _distance(s.box, start))
            nearest.boxes += sighting.boxes
            nearest.looks += nearest.missed - sighting.missed
            nearest.missed = sighting.missed
        else:
            joined.append(sighting)
    return joined


def _continues(earlier: Sighting, start: float, box: BoundingBox) -> bool:
    gap = start - earlier.last_seen
    alike = 1 / _FAST_GROWTH < (box.area / max(earlier.box.area, 1e-6)) ** 0.5 < _FAST_GROWTH
    return 0 < gap < _FAST_GAP and alike and _distance(earlier.box, box) < _FAST_DISTANCE


def _assign(look: Look, detections: Sequence[Detection], sightings: list[Sighting]) -> None:
    pairs = [
        (_likeness(sighting.box, detection.box), i, j)
        for i, sighting in enumerate(sightings)
        for j, detection in enumerate(detections)
    ]
    pairs.sort(reverse=True)
    used: set[int] = set()
    taken: set[int] = set()
    for likeness, i, j in pairs:
        if likeness > 0 and i not in used and j not in taken:
            used.add(i)
            taken.add(j)
            sightings[i].add(look, detections[j])
    for j, detection in enumerate(detections):
        if j not in taken:
            sightings.append(Sighting([(look.stamp, detection, look.close)]))


def _likeness(before: BoundingBox, now: BoundingBox) -> float:
    iou = before.iou(now)
    if iou > _SAME_IOU:
        return 1 + iou
    distance = _distance(before, now)
    alike = 0.5 < (now.area / max(before.area, 1e-6)) ** 0.5 < 2
    return 1 - distance if alike and distance < _SAME_DISTANCE else 0.0


def _distance(before: BoundingBox, now: BoundingBox) -> float:
    """Return how far apart two boxes' centers are, in their mean size."""
    size = max(math.sqrt(math.sqrt(before.area * now.area)), 1e-3)
    across, down = now.center_x - before.center_x, now.center_y - before.center_y
    return math.hypot(across, down) / size


def without_duplicates(detections: Iterable[Detection]) -> list[Detection]:
    """Return detections without those that a better one of the same image covers."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda d: -d.score):
        if not any(_same(detection.box, other.box) for other in kept):
            kept.append(detection)
    return kept


def _same(box: BoundingBox, other: BoundingBox) -> bool:
    if box.iou(other) > _DUPLICATE_IOU:
        return True
    small, large = sorted((box, other), key=lambda b: b.area)
    return small.covered_by(large) > _DUPLICATE_COVER and small.area > _MIN_PART * large.area
