"""A track: one object followed from image to image."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from .geometry import BoundingBox
from .labels import ANIMALS, GENERIC, UNIDENTIFIED

TRAJECTORY_SECONDS = 6.0

_NO_BOX = BoundingBox(0, 0, 0, 0)
_SCORE_WINDOW = 15  # detections over which the score is averaged


@dataclass(frozen=True, kw_only=True)
class LabelCriteria:
    """What a track needs before it gets a label.

    `hits`: number of detections. `score`: their mean score. `share`: the label's part of all votes.
    """

    hits: int
    score: float
    share: float


# The model knows people and cars best; among other labels it has confident false positives.
_CRITERIA = {
    "person": LabelCriteria(hits=3, score=0.45, share=0.6),
    "car": LabelCriteria(hits=3, score=0.42, share=0.7),
    "bicycle": LabelCriteria(hits=4, score=0.5, share=0.7),
    "bus": LabelCriteria(hits=5, score=0.5, share=0.85),
    "truck": LabelCriteria(hits=5, score=0.5, share=0.85),
    "motorcycle": LabelCriteria(hits=5, score=0.5, share=0.8),
    UNIDENTIFIED: LabelCriteria(hits=4, score=0.0, share=0.6),
}
_ANIMAL_CRITERIA = LabelCriteria(hits=4, score=0.6, share=0.8)
_OTHER_CRITERIA = LabelCriteria(hits=8, score=0.6, share=0.9)
_GENERIC_CRITERIA = {
    "vehicles": LabelCriteria(hits=4, score=0.42, share=0.8),
    "animals": LabelCriteria(hits=5, score=0.45, share=0.8),
}
"""For "vehicle" and "animal", if no label of the group wins."""


@dataclass(frozen=True)
class StampedBox:
    """Where a track was at `stamp`, in seconds."""

    stamp: float
    box: BoundingBox


@dataclass(kw_only=True)
class Track:
    """An object's trajectory and the votes about what it is. All stamps are in seconds.

    `group`: people, vehicles, animals, things or motion; it never changes.
    `continuous_since`: stamp from which the trajectory has no jump. `last_seen`: stamp of the last
    detection. `trajectory`: the newest box last, all in the current image's coordinates: earlier
    boxes move along when the camera moves. `label_votes`: sum of scores by label.
    `clothing_votes`: images by colour. `score`: mean of the last detections' scores.
    `hits`: number of detections. `first_box`: where the trajectory started, in the coordinates of
    that image. `jumped`: whether the trajectory was restarted. `ego_motion_known`: whether the ego
    motion was known in every image since the first detection.
    """

    track_id: int
    group: str
    continuous_since: float
    last_seen: float
    trajectory: deque[StampedBox] = field(default_factory=deque)
    label_votes: dict[str, float] = field(default_factory=dict)
    clothing_votes: dict[str, int] = field(default_factory=dict)
    score: float = 0.0
    hits: int = 0
    first_box: BoundingBox = _NO_BOX
    jumped: bool = False
    ego_motion_known: bool = True

    @property
    def box(self) -> BoundingBox:
        """The box of the last detection."""
        return self.trajectory[-1].box

    def restart_trajectory(self, stamp: float) -> None:
        """Discard the trajectory after a jump, which says nothing about how the object moves."""
        self.trajectory.clear()
        self.continuous_since = stamp
        self.jumped = True

    def add(self, stamp: float, box: BoundingBox, label: str, score: float) -> None:
        """Add a detection."""
        if not self.trajectory:
            self.first_box = box
        self.trajectory.append(StampedBox(stamp, box))
        while self.trajectory[0].stamp < stamp - TRAJECTORY_SECONDS:
            self.trajectory.popleft()
        self.label_votes[label] = self.label_votes.get(label, 0.0) + score
        self.hits += 1
        self.score += (score - self.score) / min(self.hits, _SCORE_WINDOW)
        self.last_seen = stamp

    @property
    def name(self) -> str:
        """Its label or the group's generic noun; "" while neither is certain enough."""
        if not self.label_votes:
            return ""
        label = max(self.label_votes, key=self.label_votes.__getitem__)
        criteria = _CRITERIA.get(label, _ANIMAL_CRITERIA if label in ANIMALS else _OTHER_CRITERIA)
        if self._meets(criteria, self.label_votes[label] / sum(self.label_votes.values())):
            return label
        return GENERIC[self.group] if self._meets(_GENERIC_CRITERIA.get(self.group), 1.0) else ""

    def _meets(self, criteria: LabelCriteria | None, share: float) -> bool:
        return (
            criteria is not None
            and self.hits >= criteria.hits
            and self.score >= criteria.score
            and share >= criteria.share
        )

    def since(self, stamp: float) -> list[StampedBox]:
        """Return the trajectory from `stamp` on."""
        return [point for point in self.trajectory if point.stamp >= stamp]

    def velocity(self, window: float) -> tuple[float, float]:
        """Return the velocity over the last `window` seconds, in image heights a second.

        Across, of the box's center; down, of its bottom, where the object stands.
        """
        points = self.since(self.last_seen - window - 0.01)
        if len(points) < 3:
            return 0.0, 0.0
        stamps = np.array([point.stamp for point in points])
        stamps -= stamps.mean()
        power = float(stamps @ stamps)
        if power < 1e-6:
            return 0.0, 0.0
        across = np.array([point.box.center_x for point in points])
        down = np.array([point.box.bottom for point in points])
        return float(stamps @ across) / power, float(stamps @ down) / power

    def growth(self, window: float) -> float:
        """Return the ratio of its height now to its height `window` seconds ago."""
        points = self.since(self.last_seen - window - 0.01)
        if len(points) < 4:
            return 1.0
        heights = [point.box.height for point in points]
        third = max(1, len(heights) // 3)
        return float(np.median(heights[-third:])) / max(float(np.median(heights[:third])), 1e-6)
