"""A place where a thing is, or may be, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .activity import surroundings, thumbnail
from .detector import Detection
from .ego_motion import EgoMotion
from .geometry import BoundingBox
from .thing_names import family_of, thing_name

_FREE_SCORE = 0.2  # a detection of this score says nothing for or against
_GAIN = 4.0  # of log-odds, by a detection's score above that
_MAX_EVIDENCE = 6.0
_STRAY = 0.5  # of its width, from where it stood: it was moved


@dataclass
class InventoriedThing:
    """A place where a thing is, or may be.

    `first`, `last`: stamps of its first and last detection. `home`: where it stood until it was
    moved, at `strayed`. `evidence`: log-odds that it is there; `present`: whether it was certain.
    `close_hits`: detections in a closer look. `looks` and `around`: it and its surroundings when it
    was last detected, and when it became certain, unless the camera has moved since.
    """

    number: int
    box: BoundingBox
    home: BoundingBox
    first: float
    last: float
    strayed: float = float("-inf")
    evidence: float = 0.0
    hits: int = 0
    close_hits: int = 0
    chances: int = 0
    score: float = 0.0
    votes: dict[str, float] = field(default_factory=dict)
    present: bool = False
    looks: NDArray[np.float32] | None = None
    around: NDArray[np.float32] | None = None
    around_at_first: NDArray[np.float32] | None = None

    @property
    def name(self) -> str:
        """What it is called; "" while that is not certain enough."""
        return thing_name(self.votes, self.box, self.score)

    @property
    def is_small(self) -> bool:
        """Whether only a closer look shows it, mostly."""
        return self.close_hits > self.hits / 2

    @property
    def rate(self) -> float:
        """How often it is detected while it is there."""
        return min(max(self.hits / max(self.chances, 1), 0.1), 0.92)

    @property
    def family(self) -> str:
        """A name for it and what the detector takes it for: cups and bottles."""
        return family_of(max(self.votes, key=lambda name: self.votes[name]))

    def shift(self, motion: EgoMotion) -> None:
        """Take into account that the camera moved."""
        self.around_at_first = None
        if motion.known:
            self.box, self.home = motion.apply(self.box), motion.apply(self.home)

    def hit(
        self, stamp: float, gray: NDArray[np.uint8], detection: Detection, moving: bool
    ) -> None:
        """Add a detection; `moving`: whether something moves there."""
        off = max(
            abs(detection.box.center_x - self.home.center_x),
            abs(detection.box.center_y - self.home.center_y),
        )
        if moving and (off > _STRAY * self.home.width or not self.hits):
            self.home, self.strayed = detection.box, stamp
        self.hits += 1
        self.close_hits += detection.close
        self.chances += 1
        self.last = stamp
        gained = _GAIN * (detection.score - _FREE_SCORE)
        self.evidence = min(_MAX_EVIDENCE, self.evidence + gained)
        self.score += (detection.score - self.score) / min(self.hits, 15)
        self.votes[detection.label] = self.votes.get(detection.label, 0.0) + detection.score
        self.box = detection.box
        self.looks = thumbnail(gray, detection.box)
        self.around = surroundings(gray, detection.box)
