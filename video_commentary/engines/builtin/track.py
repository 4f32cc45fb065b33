"""One thing followed from picture to picture."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from .geometry import Box
from .names import ANIMALS, GENERIC, MOVING

MEMORY = 6.0
"""Seconds of places that a track remembers."""


_NOWHERE = Box(0, 0, 0, 0)


@dataclass(frozen=True)
class Evidence:
    """What a name needs: this many sightings, of this mean score, and this share of all votes."""

    hits: int
    score: float
    share: float


# People and cars are what the model knows best; of the rest it is sure of much that isn't there.
_EVIDENCE = {
    "person": Evidence(3, 0.45, 0.6),
    "car": Evidence(3, 0.42, 0.7),
    "bicycle": Evidence(4, 0.5, 0.7),
    "bus": Evidence(5, 0.5, 0.85),
    "truck": Evidence(5, 0.5, 0.85),
    "motorcycle": Evidence(5, 0.5, 0.8),
    MOVING: Evidence(4, 0.0, 0.6),
}
_ANIMAL = Evidence(10, 0.7, 0.9)
_OTHER = Evidence(8, 0.6, 0.9)
_ANY_VEHICLE, _ANY_ANIMAL = Evidence(4, 0.42, 0.8), Evidence(5, 0.45, 0.8)


@dataclass(frozen=True)
class Place:
    """Where a track was at `stamp`."""

    stamp: float
    box: Box


@dataclass
class Track:
    """A thing's places, the newest last (moved along when the camera moves), and its labels."""

    number: int
    group: str
    born: float
    seen: float
    places: deque[Place] = field(default_factory=deque)
    votes: dict[str, float] = field(default_factory=dict)
    colours: dict[str, int] = field(default_factory=dict)
    score: float = 0.0
    hits: int = 0
    origin: Box = _NOWHERE
    slipped: bool = False
    steady: bool = True
    """Whether the camera stood still, or was understood, all its life."""

    @property
    def box(self) -> Box:
        """Where it was last seen."""
        return self.places[-1].box

    def slip(self, stamp: float) -> None:
        """Forget where it was: it jumped, so that tells nothing of how it moves."""
        self.places.clear()
        self.born = stamp
        self.slipped = True

    def add(self, stamp: float, box: Box, label: str, score: float) -> None:
        """Take in a sighting."""
        if not self.places:
            self.origin = box
        self.places.append(Place(stamp, box))
        while self.places[0].stamp < stamp - MEMORY:
            self.places.popleft()
        self.votes[label] = self.votes.get(label, 0.0) + score
        self.hits += 1
        self.score += (score - self.score) / min(self.hits, 15)
        self.seen = stamp

    @property
    def name(self) -> str:
        """What it is called; "" while that isn't certain enough."""
        if not self.votes:
            return ""
        label = max(self.votes, key=self.votes.__getitem__)
        wanted = _EVIDENCE.get(label, _ANIMAL if label in ANIMALS else _OTHER)
        if self._holds(wanted, self.votes[label] / sum(self.votes.values())):
            return label
        kinds = {"vehicles": _ANY_VEHICLE, "animals": _ANY_ANIMAL}
        return GENERIC[self.group] if self._holds(kinds.get(self.group), 1.0) else ""

    def _holds(self, wanted: Evidence | None, share: float) -> bool:
        return (
            wanted is not None
            and self.hits >= wanted.hits
            and self.score >= wanted.score
            and share >= wanted.share
        )

    def since(self, stamp: float) -> list[Place]:
        """Return its places from `stamp` on."""
        return [place for place in self.places if place.stamp >= stamp]

    def velocity(self, over: float) -> tuple[float, float]:
        """Return units a second, across and down (of its foot), over the last seconds."""
        places = self.since(self.seen - over - 0.01)
        if len(places) < 3:
            return 0.0, 0.0
        stamps = np.array([place.stamp for place in places])
        stamps -= stamps.mean()
        power = float(stamps @ stamps)
        if power < 1e-6:
            return 0.0, 0.0
        across = np.array([place.box.x for place in places])
        down = np.array([place.box.bottom for place in places])
        return float(stamps @ across) / power, float(stamps @ down) / power

    def growth(self, over: float) -> float:
        """Return how much higher it became over the last seconds, as a ratio."""
        places = self.since(self.seen - over - 0.01)
        if len(places) < 4:
            return 1.0
        heights = [place.box.height for place in places]
        third = max(1, len(heights) // 3)
        return float(np.median(heights[-third:])) / max(float(np.median(heights[:third])), 1e-6)
