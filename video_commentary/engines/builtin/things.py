"""Which things are there: evidence over time, what is taken away, put back, added or moved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .activity import ActivityMap, covered_share, similarity, surroundings, thumbnail
from .detector import Detection
from .ego_motion import EgoMotion
from .event_kinds import EventKind
from .events import SceneEvent
from .geometry import BoundingBox
from .inventoried_thing import InventoriedThing
from .plausibility import ROLLING
from .scene_state import SceneObject, depth, side
from .shuffles import ShuffleDetector
from .thing_names import FURNITURE, TABLE

_FIRST_ID = 1_000_000  # far above those of tracks
_PRESENT = 4.0  # log-odds from which a thing counts as there, until they fall to 0
_HAND_SHARE = 0.03  # of a part of the image
_UNREPORTED = FURNITURE | ROLLING - {"suitcase"}
"""What nobody takes, and what comes and goes by itself."""
_CALM_SECONDS = 1.0  # since the camera moved
_INSIDE = 0.98  # of a box, that a part must cover to show it
_MAX_SUPPORT = 1.5  # of that, from others of its kind
_MIN_HITS = 4
_TABLE_HITS, _TABLE_RATE = 5, 0.7
_FADING = 0.6  # of log-odds lost by what was never certain, an image without a detection
_MATCH_IOU = 0.3
_SAME_LOOKS = 0.75  # correlation above which a thing that isn't detected is there all the same
_OTHER_LOOKS = 0.3  # below which what is there is something else
_BEHIND = 0.3  # of a thing's box, covered by that of somebody: it may be behind them
_REST_SECONDS = 0.8
_LIVELY = frozenset(("people", "vehicles", "animals"))
_START_SECONDS = 3.0  # of a scene, in which what is found was there before
_TOUCHED_SECONDS = 4.0  # since something moved at a place, in which a change there is a deed
_MOVED_SECONDS = 2.5  # between vanishing here and appearing there
_REMEMBERED_SECONDS = 120.0  # in which a thing that was taken can be put back
_MIN_AREA = 0.004  # squared image heights; smaller ones are too easily something else
_COVERED = 0.25  # of what lies round a thing, changed since it was seen: somebody is before it


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
        self._things: list[InventoriedThing] = []
        self._activity = ActivityMap()
        self._started = stamp
        self._taken: list[_Past] = []
        self._appeared: list[_Past] = []
        self._stirred = self._now = float("-inf")
        self._lively: list[BoundingBox] = []
        self._shuffles = ShuffleDetector()

    def observe(
        self,
        stamp: float,
        gray: NDArray[np.uint8],
        detections: Iterable[Detection],
        motion: EgoMotion,
        close: Sequence[Detection] = (),
        looked_at: BoundingBox | None = None,
    ) -> list[SceneEvent]:
        """Add an image, uint8 (H, W), and what was detected in it; return what became of things.

        `close`: what was detected in the part that was looked at closely, if any.
        """
        self._started, self._now = min(self._started, stamp), stamp
        detections = list(detections)
        self._lively = [d.box for d in detections if d.group in _LIVELY]
        moved = not (motion.known and motion.still)
        self._activity.observe(stamp, gray, moved)
        if moved:
            self._stirred = stamp if stamp > self._started else self._stirred
            for thing in self._things:
                thing.shift(motion)
        found = [d for d in (*detections, *close) if d.group == "things"]
        unmatched = self._match(stamp, gray, found)
        for detection in unmatched:
            self._last_number += 1
            box = detection.box
            thing = InventoriedThing(self._last_number, box, box, stamp, stamp)
            self._things.append(thing)
            thing.hit(stamp, gray, detection, self._moves(box))
        for thing in self._things:
            if thing.last < stamp:
                self._miss(gray, thing, moved, looked_at)
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

    def seconds_at_rest(self, box: BoundingBox) -> float:
        """Return for how long nothing as large as a hand has moved in a box."""
        return self._activity.seconds_since(box, self._now, _HAND_SHARE)

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
                best.hit(stamp, gray, detection, self._moves(detection.box))
            else:  # a second name for the same thing
                votes = best.votes
                votes[detection.label] = votes.get(detection.label, 0.0) + detection.score
        distinct: list[Detection] = []
        for detection in left:
            if all(detection.box.iou(other.box) < _MATCH_IOU for other in distinct):
                distinct.append(detection)
        return distinct

    def _moves(self, box: BoundingBox) -> bool:
        """Return whether something moves in a box, while the camera does not."""
        return self._now - self._stirred > _CALM_SECONDS and self._activity.moves_now(box)

    def _miss(
        self,
        gray: NDArray[np.uint8],
        thing: InventoriedThing,
        moved: bool,
        looked_at: BoundingBox | None,
    ) -> None:
        """Weigh that a thing was not detected: it may be gone, hidden, or only overlooked."""
        if thing.is_small and (looked_at is None or thing.box.covered_by(looked_at) < _INSIDE):
            return
        if not thing.present:
            thing.chances += 1
            thing.evidence -= _FADING
        elif moved:
            thing.evidence -= _FADING / 2  # out of view, perhaps: no deed, and no certainty
        elif not self._activity.moves_now(thing.box):
            self._look_for(gray, thing)

    def _rests(self, box: BoundingBox) -> bool:
        """Return whether nothing has moved in a box for a while, and nobody is before it."""
        behind = any(box.covered_by(other) > _BEHIND for other in self._lively)
        return not behind and self._activity.seconds_since(box, self._now) > _REST_SECONDS

    def _look_for(self, gray: NDArray[np.uint8], thing: InventoriedThing) -> None:
        """Weigh what the place shows where a thing stood, and was not detected."""
        alike = 1.0
        if thing.looks is not None:
            alike = similarity(thing.looks, thumbnail(gray, thing.box))
        if alike > _SAME_LOOKS:
            thing.chances += 1  # overlooked
            return
        now = surroundings(gray, thing.box)
        known = [around for around in (thing.around, thing.around_at_first) if around is not None]
        if min(covered_share(around, now) for around in known) <= _COVERED:
            thing.evidence += math.log(1 - thing.rate)
        elif alike < _OTHER_LOOKS and self._rests(thing.box):
            thing.evidence = 0.0  # nothing that is merely before it rests for so long

    def _changes(self, stamp: float, aspect: float) -> list[SceneEvent]:
        events = []
        self._appeared = [p for p in self._appeared if stamp - p.stamp < _MOVED_SECONDS]
        calm = stamp - self._stirred > _CALM_SECONDS and stamp - self._started > _START_SECONDS
        for thing in self._things:
            touched = self._activity.seconds_since(thing.box, stamp) < _TOUCHED_SECONDS
            reports = calm and touched and thing.name not in _UNREPORTED
            reports = reports and not self._shuffles.unsettled(stamp, thing)
            if not thing.present and self._is_certain(thing):
                thing.present, thing.around_at_first = True, thing.around
                if reports and stamp - thing.first < _TOUCHED_SECONDS:
                    events += self._came(stamp, thing, aspect)
            elif thing.present and thing.evidence <= 0 and reports:
                events += self._went(stamp, thing, aspect)
        for thing, count in self._shuffles.observe(stamp, self._things):
            event = self._event(stamp, EventKind.MOVED_ABOUT, thing, aspect)
            events.append(replace(event, count=count, at_least=True, in_view=0))
        self._things = [thing for thing in self._things if thing.evidence > 0]
        oldest = stamp - _REMEMBERED_SECONDS
        self._taken = [past for past in self._taken if past.stamp > oldest]
        return events

    def _is_certain(self, thing: InventoriedThing) -> bool:
        """Return whether a thing is there: others of its kind that may be speak for it."""
        if thing.hits < _MIN_HITS or thing.box.area <= _MIN_AREA or not thing.name:
            return False
        if thing.name == TABLE:  # hardly ever seen well, yet all the time
            return thing.hits >= _TABLE_HITS and thing.rate >= _TABLE_RATE
        others = (t for t in self._things if t.family == thing.family and t is not thing)
        support = min(_MAX_SUPPORT, sum(other.evidence for other in others if not other.present))
        return thing.evidence + support >= _PRESENT

    def _came(self, stamp: float, thing: InventoriedThing, aspect: float) -> list[SceneEvent]:
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

    def _went(self, stamp: float, thing: InventoriedThing, aspect: float) -> list[SceneEvent]:
        thing.present = False
        if any(past.name == thing.name for past in self._appeared):
            return []  # it stands elsewhere already, and that was reported
        self._taken.append(_Past(stamp, thing.name, thing.box))
        return [self._event(stamp, EventKind.TAKEN, thing, aspect)]

    def _event(
        self, stamp: float, kind: EventKind, thing: InventoriedThing, aspect: float
    ) -> SceneEvent:
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
