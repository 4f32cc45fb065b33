"""A track: one object followed from image to image."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from .geometry import BoundingBox
from .kinematics import StampedBox, growth, velocity
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
_NEAR = 0.5  # image heights; what is so close is cut off, and detected less well
_MIN_NEAR_SCORE = 0.3  # of what was certain before it came so close
_GENERIC_CRITERIA = {
    "vehicles": LabelCriteria(hits=4, score=0.42, share=0.8),
    "animals": LabelCriteria(hits=5, score=0.45, share=0.8),
}
"""For "vehicle" and "animal", if no label of the group wins."""


@dataclass(kw_only=True)
class Track:
    """An object's trajectory and the votes about what it is. All stamps are in seconds.

    `group`: people, vehicles, animals, things or motion; it never changes.
    `continuous_since`: stamp from which the trajectory has no jump. `last_seen`: stamp of the last
    detection. `trajectory`: the newest box last, all in the current image's coordinates: earlier
    boxes move along when the camera moves. `label_votes`: sum of scores by label.
    `clothing_votes`: images by colour. `score`: mean of the last detections' scores.
    `hits`: number of detections. `first_box`: where the trajectory started, in the coordinates of
    that image. `jumped`: whether the trajectory was restarted. `steady_since`: stamp since which
    the ego motion is known in every image, so that places can be compared. `alias`: another name,
    because its motion contradicts its labels, and `alias_group`: the group of that; else "".
    `was_certain`: whether its group was certain enough for a name once.
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
    steady_since: float = float("-inf")
    alias: str = ""
    alias_group: str = ""
    was_certain: bool = False

    @property
    def box(self) -> BoundingBox:
        """The box of the last detection."""
        return self.trajectory[-1].box

    @property
    def named_group(self) -> str:
        """The group of its name."""
        return self.alias_group or self.group

    def restart_trajectory(self, stamp: float) -> None:
        """Discard the trajectory after a jump, which says nothing about how the object moves."""
        self.trajectory.clear()
        self.continuous_since = stamp
        self.jumped = True

    @property
    def steady_seconds(self) -> float:
        """For how long it has been followed without a jump or an unknown ego motion."""
        return self.last_seen - max(self.continuous_since, self.steady_since)

    def add(
        self,
        stamp: float,
        box: BoundingBox,
        label: str,
        score: float,
        cut: frozenset[str] = frozenset(),
    ) -> None:
        """Add a detection; `cut`: edges that the image cut off."""
        if not self.trajectory:
            self.first_box = box
        self.trajectory.append(StampedBox(stamp, box, cut))
        while self.trajectory[0].stamp < stamp - TRAJECTORY_SECONDS:
            self.trajectory.popleft()
        self.label_votes[label] = self.label_votes.get(label, 0.0) + score
        self.hits += 1
        self.score += (score - self.score) / min(self.hits, _SCORE_WINDOW)
        self.last_seen = stamp
        self.was_certain |= self._meets(_GENERIC_CRITERIA.get(self.group), 1.0)

    @property
    def name(self) -> str:
        """Its label or the group's generic noun; "" while neither is certain enough."""
        if self.alias or not self.label_votes:
            return self.alias
        label = max(self.label_votes, key=self.label_votes.__getitem__)
        criteria = _CRITERIA.get(label, _ANIMAL_CRITERIA if label in ANIMALS else _OTHER_CRITERIA)
        if self._meets(criteria, self.label_votes[label] / sum(self.label_votes.values())):
            return label
        stays = self.was_certain and self.box.height > _NEAR and self.score >= _MIN_NEAR_SCORE
        certain = stays or self._meets(_GENERIC_CRITERIA.get(self.group), 1.0)
        return GENERIC[self.group] if certain else ""

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

    def steadily_since(self, stamp: float) -> list[StampedBox]:
        """Return the trajectory from `stamp` on, as far back as its places can be compared."""
        return self.since(max(stamp, self.steady_since))

    def velocity(self, window: float) -> tuple[float, float]:
        """Return the velocity over the last `window` seconds, in image heights a second.

        Across, of the box's center; down, of its bottom, where the object stands. Where the image
        cuts an edge off, of the opposite one. 0 while the ego motion is unknown.
        """
        return velocity(self.steadily_since(self.last_seen - window - 0.01))

    def apparent_velocity(self, window: float) -> tuple[float, float]:
        """Return the velocity in the image, whatever part of it is the camera's."""
        return velocity(self.since(self.last_seen - window - 0.01))

    def growth(self, window: float) -> float:
        """Return the ratio of its size now to its size `window` seconds ago.

        1 while that is unknown: the image cuts off more or less than before, or the box has
        changed its shape, as of somebody who bends down.
        """
        return growth(self.since(self.last_seen - window - 0.01))
