"""Which things are there: evidence over time, what is taken away, put back, added or moved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .activity import ActivityMap, covered_share, similarity, surroundings, thumbnail
from .detector import Detection
from .ego_motion import EgoMotion
from .event_kinds import EventKind
from .events import SceneEvent
from .geometry import BoundingBox
from .scene_state import SceneObject, depth, side
from .thing_names import thing_name

_FIRST_ID = 1_000_000  # far above those of tracks
_FREE_SCORE = 0.2  # a detection of this score says nothing for or against
_GAIN = 4.0  # of log-odds, by a detection's score above that
_MAX_EVIDENCE = 6.0
_PRESENT = 4.0  # log-odds from which a thing counts as there, until they fall to 0
_MIN_HITS = 4
_FADING = 0.6  # of log-odds lost by what was never certain, an image without a detection
_MATCH_IOU = 0.3
_SAME_LOOKS = 0.75  # correlation above which a thing that isn't detected is there all the same
_START_SECONDS = 3.0  # of a scene, in which what is found was there before
_TOUCHED_SECONDS = 4.0  # since something moved at a place, in which a change there is a deed
_MOVED_SECONDS = 2.5  # between vanishing here and appearing there
_REMEMBERED_SECONDS = 120.0  # in which a thing that was taken can be put back
_MIN_AREA = 0.004  # squared image heights; smaller ones are too easily something else
_COVERED = 0.25  # of what lies round a thing, changed since it was seen: somebody is before it


@dataclass
class _Thing:
    """A place where a thing is, or may be. `evidence`: log-odds that it is there."""

    number: int
    box: BoundingBox
    first: float
    last: float
    evidence: float = 0.0
    hits: int = 0
    chances: int = 0
    score: float = 0.0
    votes: dict[str, float] = field(default_factory=dict)
    present: bool = False
    looks: NDArray[np.float32] | None = None
    around: NDArray[np.float32] | None = None

    @property
    def name(self) -> str:
        return thing_name(self.votes, self.box, self.score)

    @property
    def rate(self) -> float:
        """How often it is detected while it is there."""
        return min(max(self.hits / max(self.chances, 1), 0.1), 0.92)


@dataclass(frozen=True)
class _Past:
    """A thing that was taken away, or appeared."""

    stamp: float
    name: str
    box: BoundingBox


class ThingInventory:
    """The things that one camera sees, and what becomes of them."""

    def __init__(self) -> None:
        """Start with an empty scene."""
        self._last_number = _FIRST_ID
        self.reset(float("inf"))

    def reset(self, stamp: float) -> None:
        """Forget everything: another scene begins."""
        self._things: list[_Thing] = []
        self._activity = ActivityMap()
        self._started = stamp
        self._taken: list[_Past] = []
        self._appeared: list[_Past] = []
        self._stirred = float("-inf")

    def observe(
        self,
        stamp: float,
        gray: NDArray[np.uint8],
        detections: Iterable[Detection],
        motion: EgoMotion,
    ) -> list[SceneEvent]:
        """Add an image, uint8 (H, W), and what was detected in it; return what became of things."""
        self._started = min(self._started, stamp)
        moved = not (motion.known and motion.still)
        self._activity.observe(stamp, gray, moved)
        if moved:
            self._stirred = stamp
            for thing in self._things if motion.known else ():
                thing.box = motion.apply(thing.box)
        unmatched = self._match(stamp, gray, [d for d in detections if d.group == "things"])
        for detection in unmatched:
            self._last_number += 1
            thing = _Thing(self._last_number, detection.box, stamp, stamp)
            self._things.append(thing)
            _hit(thing, stamp, gray, detection)
        for thing in self._things:
            if thing.last < stamp:
                self._miss(gray, thing, moved)
        return self._changes(stamp, gray.shape[1] / gray.shape[0])

    def objects(self, stamp: float, aspect: float) -> list[SceneObject]:
        """Return the things that are there and have a name."""
        return [
            SceneObject(
                track_id=thing.number,
                name=thing.name,
                group="things",
                box=thing.box,
                heading="",
                stationary=True,
                side=side(thing.box, aspect),
                depth=depth(thing.box),
                age=stamp - thing.first,
                score=thing.score,
            )
            for thing in self._things
            if thing.present and thing.name and thing.box.area > _MIN_AREA
        ]

    def touched_by(self, box: BoundingBox) -> bool:
        """Return whether a box, of a hand perhaps, is at one of the things that are there."""
        return any(thing.present and thing.box.intersection(box) > 0 for thing in self._things)

    def _match(
        self, stamp: float, gray: NDArray[np.uint8], detections: Sequence[Detection]
    ) -> list[Detection]:
        """Give detections to the things whose boxes they cover; return those that are left."""
        left = []
        for detection in sorted(detections, key=lambda d: -d.score):
            best = max(self._things, key=lambda t: t.box.iou(detection.box), default=None)
            if best is None or best.box.iou(detection.box) < _MATCH_IOU:
                left.append(detection)
            elif best.last < stamp:
                _hit(best, stamp, gray, detection)
            else:  # a second name for the same thing
                votes = best.votes
                votes[detection.label] = votes.get(detection.label, 0.0) + detection.score
        distinct: list[Detection] = []
        for detection in left:
            if all(detection.box.iou(other.box) < _MATCH_IOU for other in distinct):
                distinct.append(detection)
        return distinct

    def _miss(self, gray: NDArray[np.uint8], thing: _Thing, moved: bool) -> None:
        """Weigh that a thing was not detected: it may be gone, hidden, or only overlooked."""
        thing.chances += 1
        if not thing.present:
            thing.evidence -= _FADING
            return
        if moved:
            thing.evidence -= _FADING / 2  # out of view, perhaps: no deed, and no certainty
            return
        if thing.looks is None or thing.around is None:
            return
        if similarity(thing.looks, thumbnail(gray, thing.box)) > _SAME_LOOKS:
            return
        covered = covered_share(thing.around, surroundings(gray, thing.box))
        if covered > _COVERED or self._activity.moves_now(thing.box):
            return
        thing.evidence += math.log(1 - thing.rate)

    def _changes(self, stamp: float, aspect: float) -> list[SceneEvent]:
        events = []
        calm = stamp - self._stirred > 1.0 and stamp - self._started > _START_SECONDS
        for thing in self._things:
            touched = self._activity.seconds_since(thing.box, stamp) < _TOUCHED_SECONDS
            certain = thing.evidence >= _PRESENT and thing.hits >= _MIN_HITS
            certain = certain and thing.box.area > _MIN_AREA and thing.name != ""
            if not thing.present and certain:
                thing.present = True
                if calm and touched and stamp - thing.first < _TOUCHED_SECONDS:
                    events += self._came(stamp, thing, aspect)
            elif thing.present and thing.evidence <= 0 and calm and touched:
                events += self._went(stamp, thing, aspect)
        self._things = [thing for thing in self._things if thing.evidence > 0]
        oldest = stamp - _REMEMBERED_SECONDS
        self._taken = [past for past in self._taken if past.stamp > oldest]
        return events

    def _came(self, stamp: float, thing: _Thing, aspect: float) -> list[SceneEvent]:
        taken = [past for past in self._taken if past.name == thing.name]
        self._appeared.append(_Past(stamp, thing.name, thing.box))
        leaving = [t for t in self._things if t.present and t.name == thing.name]
        leaving = [t for t in leaving if t is not thing and stamp - t.last > 0.5]
        if leaving:
            leaving[0].present, leaving[0].evidence = False, 0.0
            return [self._event(stamp, EventKind.MOVED, thing, aspect)]
        kind = EventKind.PUT_BACK if taken else EventKind.PUT_DOWN
        for past in taken[-1:]:
            self._taken.remove(past)
            if past.box.iou(thing.box) == 0 and stamp - past.stamp < _MOVED_SECONDS:
                kind = EventKind.PUT_DOWN  # it was carried from there to here
        return [self._event(stamp, kind, thing, aspect)]

    def _went(self, stamp: float, thing: _Thing, aspect: float) -> list[SceneEvent]:
        thing.present = False
        self._appeared = [p for p in self._appeared if stamp - p.stamp < _MOVED_SECONDS]
        if any(past.name == thing.name for past in self._appeared):
            return []  # it stands elsewhere already, and that was told
        self._taken.append(_Past(stamp, thing.name, thing.box))
        return [self._event(stamp, EventKind.TAKEN, thing, aspect)]

    def _event(self, stamp: float, kind: EventKind, thing: _Thing, aspect: float) -> SceneEvent:
        there = sum(t.present and t.name == thing.name for t in self._things)
        return SceneEvent(
            stamp=stamp,
            kind=kind,
            group="things",
            name=thing.name,
            where=side(thing.box, aspect),
            track_ids=(thing.number,),
            in_view=there,
        )


def _hit(thing: _Thing, stamp: float, gray: NDArray[np.uint8], detection: Detection) -> None:
    """Add a detection to a thing."""
    thing.hits += 1
    thing.chances += 1
    thing.last = stamp
    gained = _GAIN * (detection.score - _FREE_SCORE)
    thing.evidence = min(_MAX_EVIDENCE, thing.evidence + gained)
    thing.score += (detection.score - thing.score) / min(thing.hits, 15)
    thing.votes[detection.label] = thing.votes.get(detection.label, 0.0) + detection.score
    thing.box = detection.box
    thing.looks = thumbnail(gray, detection.box)
    thing.around = surroundings(gray, detection.box)
