"""What happens on the road while the camera drives: who is ahead, overtaken, or overtakes us."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .camera_moves import CameraMove
from .detector import Detection
from .event_kinds import EventKind
from .events import SceneEvent, object_event
from .kinematics import StampedBox
from .scene_state import SceneObject, side
from .track import Track

_WINDOW = 3.2  # seconds over which a size is followed: cars in one lane change it slowly
_MIN_SECONDS, _MIN_POINTS = 1.0, 6
_SLOW_SECONDS = 2.5  # over which a slow change must last
_CLOSER, _AWAY = 0.15, -0.2  # e-folds of size within the window
_FAST = 2.0  # times as much, that needs no such time
_MAX_SCATTER = 0.35  # of the sizes about an even growth, in that growth
_MIN_SIZE = 0.07  # image heights; what is smaller is too far away to matter
_PASSED = 0.2  # e-folds within the window before it leaves by the side
_BESIDE = 0.16  # image heights; of what comes from behind, when it comes into view beside us
_REPEAT_SECONDS = 8.0
_SIGN_REPEAT_SECONDS = 12.0  # without it
_ROADSIDE = frozenset(("traffic light", "stop sign", "parking meter", "fire hydrant"))
"""Things that stand where robots and cars drive."""


_SIGN_SCORE, _SIGN_IMAGES = 0.5, 2  # of the best sight of a sign, and how many there must be
_SIGN_SECONDS = 1.5  # within which they must be


@dataclass
class _Neighbour:
    """What was reported about one object near our way."""

    closer_at: float = float("-inf")
    away_at: float = float("-inf")
    from_behind: bool = False
    overtakes: bool = False


class DriveDetector:
    """Compares objects with what they were a moment ago, while the camera drives forward."""

    def __init__(self) -> None:
        """Start without neighbours."""
        self._neighbours: dict[int, _Neighbour] = {}
        self._signs: deque[tuple[float, Detection]] = deque()
        self._signs_reported: dict[str, float] = {}

    def observe(
        self,
        stamp: float,
        tracks: Iterable[Track],
        objects: Mapping[int, SceneObject],
        move: CameraMove,
    ) -> Iterator[SceneEvent]:
        """Yield what the objects in view do; `objects` are those of `tracks`, by track id."""
        if move is not CameraMove.FORWARD:
            return
        for track in tracks:
            thing = objects.get(track.track_id)
            if thing is None or track.last_seen != stamp or not _matters(thing):
                continue
            neighbour = self._neighbours.setdefault(track.track_id, _Neighbour())
            yield from _events(stamp, track, thing, neighbour)

    def signs(
        self, stamp: float, detections: Iterable[Detection], move: CameraMove, aspect: float
    ) -> Iterator[SceneEvent]:
        """Yield the signs and lights that we drive towards; few sights of one suffice."""
        self._signs.extend((stamp, d) for d in detections if d.label in _ROADSIDE)
        while self._signs and self._signs[0][0] < stamp - _SIGN_SECONDS:
            self._signs.popleft()
        if move is not CameraMove.FORWARD:
            return
        for label in sorted({d.label for _, d in self._signs}):
            sights = [d for _, d in self._signs if d.label == label]
            last = self._signs_reported.get(label, float("-inf"))
            clear = len(sights) >= _SIGN_IMAGES and max(d.score for d in sights) >= _SIGN_SCORE
            if clear and stamp - last > _SIGN_REPEAT_SECONDS:
                yield SceneEvent(
                    stamp=stamp,
                    kind=EventKind.GAINED_ON,
                    group="things",
                    name=label,
                    where=side(sights[-1].box, aspect),
                )
            if clear:
                self._signs_reported[label] = stamp

    def lost(self, stamp: float, tracks: Iterable[Track], move: CameraMove) -> Iterator[SceneEvent]:
        """Yield that we have passed objects that were lost at a side of the image."""
        for track in tracks:
            neighbour = self._neighbours.pop(track.track_id, None)
            if neighbour is None or move is not CameraMove.FORWARD or not track.name:
                continue
            sides = track.trajectory[-1].cut & {"left", "right"}
            if sides and not neighbour.from_behind and _grown_before(track) > _PASSED:
                (where,) = sides if len(sides) == 1 else ("left",)
                yield SceneEvent(
                    stamp=stamp,
                    kind=EventKind.PASSED,
                    group=track.named_group,
                    name=track.name,
                    where=where,
                    track_ids=(track.track_id,),
                )


def _matters(thing: SceneObject) -> bool:
    lively = thing.group in {"people", "vehicles", "animals"}
    return lively and max(thing.box.width, thing.box.height) > _MIN_SIZE


def _events(
    stamp: float, track: Track, thing: SceneObject, neighbour: _Neighbour
) -> Iterator[SceneEvent]:
    first = track.trajectory[0]
    beside = first.cut & {"left", "right", "bottom"} and first.box.height > _BESIDE
    neighbour.from_behind = neighbour.from_behind or bool(beside and track.hits <= 3)
    grown = _growth(track.since(stamp - _WINDOW))
    if neighbour.from_behind and thing.group == "vehicles":
        if not neighbour.overtakes and grown < _AWAY / 2:
            neighbour.overtakes = True
            yield object_event(stamp, EventKind.OVERTAKES, thing)
        return
    if grown > _CLOSER and stamp - neighbour.closer_at > _REPEAT_SECONDS:
        neighbour.closer_at = stamp
        yield object_event(stamp, EventKind.GAINED_ON, thing)
    pulls_away = grown < _AWAY and thing.group == "vehicles" and thing.side == "middle"
    if pulls_away and stamp - neighbour.away_at > _REPEAT_SECONDS:
        neighbour.away_at = stamp
        yield object_event(stamp, EventKind.PULLS_AWAY, thing)


def _growth(points: list[StampedBox]) -> float:
    """Return the e-folds by which an object's size has changed evenly; 0 if unknown."""
    whole = [p for p in points if not p.cut & {"top", "bottom"}]
    if len(whole) < _MIN_POINTS or whole[-1].stamp - whole[0].stamp < _MIN_SECONDS:
        return 0.0
    stamps = np.array([p.stamp for p in whole])
    # A side of the image cuts the width off, not the height.
    exponent = 0.0 if any(p.cut for p in whole) else 0.5
    sizes = np.log([p.box.width**exponent * p.box.height ** (1 - exponent) for p in whole])
    slope, start = np.polyfit(stamps - stamps[0], sizes, 1)
    grown = float(slope * (stamps[-1] - stamps[0]))
    scatter = float(np.std(sizes - start - slope * (stamps - stamps[0])))
    lasts = stamps[-1] - stamps[0] > _SLOW_SECONDS or abs(grown) > _FAST * _CLOSER
    return grown if lasts and scatter < _MAX_SCATTER * abs(grown) else 0.0


def _grown_before(track: Track) -> float:
    """Return the e-folds of size from a track's first boxes to its last whole ones."""
    whole = [p.box.height for p in track.trajectory if not p.cut]
    if len(whole) < 4:
        return 0.0
    first, last = float(np.median(whole[:2])), float(np.median(whole[-2:]))
    return math.log(max(last, 1e-6) / max(first, 1e-6))
