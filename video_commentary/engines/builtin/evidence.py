"""What is known about a question's things: which there are, where, how they move, their colour."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .camera_moves import CameraMove
from .close_look import close_look
from .colours import REGIONS, colour_of, lamp_colour
from .detector import ObjectDetector
from .events import SceneEvent
from .geometry import BoundingBox
from .labels import VEHICLES
from .nouns import Noun
from .scene_state import SceneObject, SceneState
from .sightings import Look, Sighting, gather, without_duplicates
from .text_watch import ReadText

_SECONDS = 2.1  # of looks that count
_CLOSE_LOOKS = 2  # enlarged images
_CERTAIN, _CERTAIN_THING = 0.42, 0.38  # strength of a sighting that is surely one
_CLOSE_CERTAIN = 0.6
_POSSIBLE = 0.12
_MIN_SHARE = 0.5
_FEW_LOOKS = 5  # below which not even the strongest sighting has enough boxes
_CROWD = 2.5  # weak boxes an image, on the mean
_SMALL_RATE, _SMALL_CLOSE = 0.9, 0.4  # of a small thing that is weak, but always there
_SAME_OBJECT = 0.4  # IoU of a sighting with a tracked object
_MOVED, _RESTED = 0.3, 0.12  # own sizes in `_MOTION_SECONDS`
_MOTION_SECONDS = 1.6
_GROWTH = 1.07
_PART_OF_ANOTHER = 0.7  # of a box, that another of the same kind covers
_COLOUR_VIEWS = 4
_STIRRING_STEP, _STIRRING_SHARE = 14.0, 0.06  # grey levels; share of a box's pixels


_COVERED_FURNITURE = frozenset(("dining table", "bed"))


@dataclass(frozen=True)
class Found:
    """A noun's things: surely in view, perhaps in view, and those that were there just now.

    `crowd`: whether there are many small ones, none of them certain.
    """

    certain: tuple[Sighting, ...] = ()
    possible: tuple[Sighting, ...] = ()
    gone: tuple[Sighting, ...] = ()
    crowd: bool = False


@dataclass
class Evidence:
    """What one camera showed lately. `images`: stamps and uint8 RGB (H, W, 3), the newest last.

    `states` and `events`: of the current scene, the oldest first. The detector looks at the newest
    images again, enlarged, when a question needs it. `read_text` returns the text in view; None
    if text can't be read. `so_far`: how many of a group were in view until now.
    """

    states: Sequence[SceneState]
    events: Sequence[SceneEvent] = ()
    images: Sequence[tuple[float, NDArray[np.uint8]]] = ()
    detector: ObjectDetector | None = None
    read_text: Callable[[], Sequence[ReadText]] | None = None
    so_far: Callable[[str], int] | None = None
    _looks: list[Look] = field(default_factory=list, init=False)

    @property
    def now(self) -> SceneState:
        """The newest state."""
        return self.states[-1]

    @property
    def camera_is_still(self) -> bool:
        """Whether the camera is known to be at rest."""
        return self.now.camera_move is CameraMove.STILL

    def looks(self) -> list[Look]:
        """Return the boxes of the last seconds, and of a closer look at the newest images."""
        if not self._looks:
            oldest = self.now.stamp - _SECONDS
            self._looks = [
                Look(state.stamp, state.detections)
                for state in self.states
                if state.stamp >= oldest
            ]
            if self.detector:
                for stamp, image in list(self.images)[-_CLOSE_LOOKS:]:
                    if stamp >= self.now.scene_start:
                        found = tuple(close_look(self.detector, image))
                        self._looks.append(Look(stamp, found, close=True))
                self._looks.sort(key=lambda look: (look.stamp, look.close))
        return self._looks

    def find(self, noun: Noun) -> Found:
        """Return what is known of a noun's things."""
        looks = self.looks()
        sightings = gather(looks, noun)
        family_is_known = self._is_known(sightings, noun)
        labels = noun.family if family_is_known and not noun.is_lively else frozenset(noun.labels)
        certain: list[Sighting] = []
        possible: list[Sighting] = []
        gone: list[Sighting] = []
        for sighting in sightings:
            if self._is_certain(sighting, noun, labels):
                (gone if sighting.is_gone else certain).append(sighting)
            elif sighting.strength(noun.family) >= _POSSIBLE and not sighting.is_gone:
                possible.append(sighting)
        weak = [
            len(without_duplicates(d for d in look.detections if d.label in noun.labels))
            for look in looks
            if not look.close
        ]
        small = sum(weak) / max(1, len(weak))
        crowd = not certain and noun.is_lively and small >= _CROWD
        if not noun.is_lively:
            certain = _without_parts(certain)
        return Found(tuple(certain), tuple(possible), tuple(gone), crowd)

    def _is_known(self, sightings: Sequence[Sighting], noun: Noun) -> bool:
        """Return whether some of a noun's boxes bear its own label, of all the sightings' boxes."""
        scores = [
            score
            for sighting in sightings
            if self._uncontested(sighting, noun) >= _MIN_SHARE
            for score in sighting.scores(noun.labels) + sighting.scores(noun.labels, close=True)
        ]
        best = sorted(scores, reverse=True)[:3]
        return sum(best) / 3 >= _CERTAIN_THING

    def _is_certain(self, sighting: Sighting, noun: Noun, labels: frozenset[str]) -> bool:
        if self.tracked(sighting, noun):
            return True
        if sighting.share(labels) * self._uncontested(sighting, noun) < _MIN_SHARE:
            return False
        close = max(sighting.scores(labels, close=True), default=0.0)
        full = sighting.scores(labels)
        enough = _CERTAIN if noun.is_lively else _CERTAIN_THING
        looks = sum(not look.close for look in self.looks())
        if looks < _FEW_LOOKS:  # the beginning
            return sum(full) >= enough * looks and len(full) >= 2
        if sighting.strength(labels) >= enough and full:
            return True
        if noun.is_lively and sighting.rate >= _SMALL_RATE and len(full) >= _FEW_LOOKS:
            return close >= _SMALL_CLOSE
        return close >= _CLOSE_CERTAIN and len(full) >= 2

    def _uncontested(self, sighting: Sighting, noun: Noun) -> float:
        """Return which part of the votes about its place is for labels of its family."""
        own = {id(d): d for _, d, _ in sighting.boxes}
        boxes = {(stamp, close): d.box for stamp, d, close in sighting.boxes}
        mine, others = sum(d.score for d in own.values()), 0.0
        for look in self.looks():
            box = boxes.get((look.stamp, look.close), sighting.box)
            others += sum(
                d.score
                for d in look.detections
                if d.label not in noun.family and box.iou(d.box) > 0.55
            )
        return mine / (mine + others)

    def tracked(self, sighting: Sighting, noun: Noun) -> SceneObject | None:
        """Return the tracked object that a sighting is, if it has a name."""
        best, overlap = None, _SAME_OBJECT
        for thing in self.now.objects:
            if _is_named(thing, noun) and thing.box.iou(sighting.box) > overlap:
                best, overlap = thing, thing.box.iou(sighting.box)
        return best

    def motion(self, sighting: Sighting, noun: Noun) -> str:
        """Return how it moves: left, right, closer, away, moving, still, or "" if unknown."""
        thing = self.tracked(sighting, noun)
        across, down, growth = sighting.shift(_MOTION_SECONDS)
        if thing and thing.heading:
            if thing.heading == "moving" and abs(across) > max(_MOVED, abs(down)):
                return "left" if across < 0 else "right"
            return thing.heading
        if thing and thing.stationary:
            return "still"
        if sighting.last_seen - sighting.first_seen < 0.6 or len(sighting.boxes) < 4:
            return ""
        if not self.camera_is_still:
            return ""
        if abs(across) > _MOVED and abs(across) > abs(down):
            return "left" if across < 0 else "right"
        if growth > 1.15 or growth < 0.87:
            return "closer" if growth > 1 else "away"
        if abs(down) > _MOVED:
            return "moving"
        return "still" if max(abs(across), abs(down)) < _RESTED and sighting.looks >= 8 else ""

    def stirs(self, sighting: Sighting) -> bool:
        """Return whether much of a thing's inside changes from image to image."""
        if not self.camera_is_still and sighting.box.area > 0.7 * self.now.aspect:
            return False
        grays = [_inside(image, sighting.box) for _, image in self.images]
        changes = [
            float(np.mean(np.abs(b - a) > _STIRRING_STEP))
            for a, b in itertools.pairwise(grays)
            if a.size and a.shape == b.shape
        ]
        return bool(changes) and float(np.median(changes)) > _STIRRING_SHARE

    def approach(self, sighting: Sighting, noun: Noun) -> str:
        """Return whether it comes "closer", goes "away", does neither ("same"), or ""."""
        heading = self.motion(sighting, noun)
        if heading in {"closer", "away"}:
            return heading
        growth = sighting.shift(_MOTION_SECONDS)[2]
        if len(sighting.boxes) < 5:
            return ""
        if growth > _GROWTH or growth < 1 / _GROWTH:
            return "closer" if growth > 1 else "away"
        return "same" if heading in {"still", "left", "right"} else ""

    def colour(self, sighting: Sighting, noun: Noun, part: str = "") -> str:
        """Return a thing's colour; of people that of a `part` of their clothes; "" if unclear."""
        if noun.is_people:
            region = REGIONS.get(part or "top", REGIONS["top"])
            if is_bust(sighting.box):
                if part == "legs":
                    return ""
                region = REGIONS["bust"]
        elif noun.labels[0] in VEHICLES:
            region = REGIONS["vehicle"]
        else:
            region = REGIONS["thing"]
        boxes = {stamp: d.box for stamp, d, close in sighting.boxes if not close}
        views = [(image, boxes[stamp]) for stamp, image in self.images if stamp in boxes]
        if not views and self.images:
            views = [(self.images[-1][1], sighting.box)]
        if noun.labels == ("traffic light",):
            return lamp_colour(views[-_COLOUR_VIEWS:])
        if noun.labels[0] in _COVERED_FURNITURE:
            return ""  # what stands on it hides it
        return colour_of(views[-_COLOUR_VIEWS:], region)


def _without_parts(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Leave out sightings that lie within a larger one: a table's edge is no second table."""
    return [
        s
        for s in sightings
        if not any(
            s.box.area < other.box.area and s.box.covered_by(other.box) > _PART_OF_ANOTHER
            for other in sightings
        )
    ]


def _is_named(thing: SceneObject, noun: Noun) -> bool:
    if noun.is_people:
        return thing.group == "people"
    return thing.name in noun.labels or (thing.name == "cyclist" and "bicycle" in noun.labels)


def _inside(image: NDArray[np.uint8], box: BoundingBox) -> NDArray[np.float32]:
    """Return the green channel of what is in a box, at a third of the image's resolution."""
    height = image.shape[0]
    top, bottom = round(max(0.0, box.top) * height), round(box.bottom * height)
    left, right = round(max(0.0, box.left) * height), round(box.right * height)
    return np.asarray(image[top:bottom:3, left:right:3, 1], np.float32)


def is_bust(box: BoundingBox) -> bool:
    """Return whether a person's box shows only head and shoulders."""
    return box.height < 1.5 * box.width and box.bottom > 0.95
