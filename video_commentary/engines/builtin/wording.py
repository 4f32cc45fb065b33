"""Words for answers: places in the picture in five steps, courses, and names of what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .geometry import BoundingBox
from .labels import group_of
from .nouns import Noun
from .scene_state import depth
from .sightings import Sighting

if TYPE_CHECKING:
    from .evidence import Evidence

CANNOT = (
    "I can't tell that: I only know what kinds of things are in view, where they are "
    "and how they move."
)
_STEPS = (
    (0.3, "left", "on the left"),
    (0.43, "left", "left of the middle"),
    (0.57, "middle", "in the middle"),
    (0.7, "right", "right of the middle"),
    (1.1, "right", "on the right"),
)
"""Up to which share of the image's width, the side, and what it is called."""
_DEPTHS = {"back": ", in the distance", "front": ", close to us"}
COURSE_WORDS = {
    "left": " to the left",
    "right": " to the right",
    "closer": " towards us",
    "away": " away from us",
}
_CLEAR_SHARE = 0.5  # of the votes that a label needs
_GROUP_WORDS = {"animals": "animal", "vehicles": "vehicle"}


@dataclass(frozen=True)
class Place:
    """Where a box is: `side` (left, middle, right), `depth` (front, back or ""), and in words."""

    side: str
    depth: str
    side_phrase: str

    @property
    def phrase(self) -> str:
        """Side and depth in words."""
        return self.side_phrase + _DEPTHS.get(self.depth, "")


def place(evidence: Evidence, box: BoundingBox) -> Place:
    """Return where a box is in the picture."""
    across = box.center_x / evidence.now.aspect
    side, phrase = next((side, words) for limit, side, words in _STEPS if across <= limit)
    return Place(side, depth(box), phrase)


def sighting_name(evidence: Evidence, sighting: Sighting, noun: Noun) -> str:
    """Return what a sighting is called: the tracker's name, or its label if that is clear."""
    thing = evidence.tracked(sighting, noun)
    if thing and thing.name not in _GROUP_WORDS.values():
        return thing.name
    label = sighting.top_label()
    if label not in noun.labels:
        return noun.one
    if sighting.share((label,)) < _CLEAR_SHARE and group_of(label) in _GROUP_WORDS:
        return _GROUP_WORDS[group_of(label)]
    return label
