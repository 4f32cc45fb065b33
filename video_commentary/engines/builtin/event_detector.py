"""Detects events from how tracks appear, move and disappear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .borders import MAX_ENTRY_AGE, entry_border, nearly_out, way_out
from .camera_moves import DRIVES, TURNS, CameraMove
from .encounters import JoiningDetector, PassingDetector, TogetherDetector
from .event_kinds import EventKind
from .events import SceneEvent, object_event
from .geometry import BoundingBox
from .kinematics import StampedBox
from .postures import PostureDetector
from .proximity import ProximityDetector
from .scene_state import SceneObject, reference_size, side, touched_border
from .track import Track

# "own sizes" below are multiples of `reference_size`.
_MIN_CROSSING = 0.45  # of the image's width
_MIN_STEP_HEIGHT = 0.23  # image heights, of a person whose steps are worth a word
_MIN_WALK = 0.8  # own sizes an object must have moved before it can stop
_MIN_WALK_SECONDS = 1.2
_MIN_START = 0.3  # own sizes from where it stopped
_MIN_APPEARANCE = 0.8  # seconds from the scene's start, after which what appears is new
_MIN_APPEARANCE_HEIGHT = 0.15  # image heights
_SETTLED_SECONDS = 0.6  # of a track, before it is said to have come into view
_REPEAT_SECONDS = 6.0  # in which an object comes closer, or goes away, once
_LOOK_BACK = 3.0  # seconds before an object has a name, in which its size is known
_CLOSER_RATIO, _AWAY_RATIO = 1.25, 0.78  # of heights since the last event of that kind


@dataclass
class _TrackHistory:
    """What was noticed about a track so far."""

    entered: bool = False
    left: bool = False
    crossed: bool = False
    reported_motion: bool = False
    walk_start: StampedBox | None = None
    stopped_at: BoundingBox | None = None
    waits: bool = False
    min_size: float = float("inf")
    max_size: float = 0.0
    closer_at: float = float("-inf")
    away_at: float = float("-inf")


@dataclass(frozen=True)
class _Scene:
    """What events depend on besides the tracks."""

    stamp: float
    aspect: float
    start: float
    camera_move: CameraMove


class EventDetector:
    """Compares tracks with what was noticed about them before."""

    def __init__(self) -> None:
        """Start without history."""
        self.reset()

    def reset(self) -> None:
        """Discard the history: another scene begins."""
        self._histories: dict[int, _TrackHistory] = {}
        self._passing = PassingDetector()
        self._together = TogetherDetector()
        self._joining = JoiningDetector()
        self._postures = PostureDetector()
        self._start: float | None = None
        self._proximity = ProximityDetector()

    def observe(
        self,
        stamp: float,
        tracks: Sequence[Track],
        objects: Mapping[int, SceneObject],
        aspect: float,
        camera_move: CameraMove = CameraMove.STILL,
    ) -> list[SceneEvent]:
        """Return the events of the objects in view; `objects` are those of `tracks`, by track id.

        `aspect`: the image's width / height.
        """
        self._start = stamp if self._start is None else self._start
        scene = _Scene(stamp, aspect, self._start, camera_move)
        events: list[SceneEvent] = []
        for track in tracks:
            thing = objects.get(track.track_id)
            if thing is not None and track.last_seen == stamp:
                history = self._histories.setdefault(track.track_id, _TrackHistory())
                events += self._postures.observe(stamp, track, thing)
                events += _track_events(scene, track, thing, history)
        people = [thing for thing in objects.values() if thing.group == "people"]
        events += self._passing.observe(stamp, people)
        seen = {track.track_id for track in tracks if track.last_seen == stamp}
        events += self._proximity.observe(
            stamp, [o for o in objects.values() if o.track_id in seen]
        )
        animals = [thing for thing in objects.values() if thing.group == "animals"]
        events += self._joining.observe(stamp, animals, people)
        return events + self._together.observe(stamp, people)

    def lost(
        self,
        stamp: float,
        tracks: Iterable[Track],
        aspect: float,
        camera_move: CameraMove = CameraMove.STILL,
    ) -> list[SceneEvent]:
        """Return LEAVES for tracks that were lost at a border on their way out."""
        events = []
        for track in tracks:
            history = self._histories.pop(track.track_id, _TrackHistory())
            self._postures.forget(track.track_id)
            border = touched_border(track.box, aspect)
            by_itself = track.named_group not in {"things", "motion"} and camera_move not in DRIVES
            if not (track.name and border and by_itself):
                continue
            where = way_out(track, border)
            if where and not history.left:
                events.append(
                    SceneEvent(
                        stamp=stamp,
                        kind=EventKind.LEAVES,
                        group=track.named_group,
                        name=track.name,
                        where=where,
                        track_ids=(track.track_id,),
                    )
                )
        return events


def _track_events(
    scene: _Scene, track: Track, thing: SceneObject, history: _TrackHistory
) -> Iterator[SceneEvent]:
    """Yield what one object does, and note it in its history."""
    stamp, aspect = scene.stamp, scene.aspect
    if not history.entered:
        yield from _entry(scene, track, thing, history)
    if track.named_group == "motion" and not (history.entered or history.reported_motion):
        history.reported_motion = True
        yield object_event(stamp, EventKind.MOVES, thing)
    if not history.crossed and _crossed(track, thing, aspect):
        history.crossed = True
        yield object_event(stamp, EventKind.CROSSES, thing, heading=thing.heading)
    if track.named_group in {"motion", "things"} or scene.camera_move in DRIVES:
        return  # too loose a box to distinguish a step from a stretch; moved by others; by us
    if not track.trajectory[-1].cut:
        history.left = False
    border = touched_border(track.box, aspect)
    if border and not history.left and scene.camera_move is CameraMove.STILL:
        where = way_out(track, border) if nearly_out(track, aspect) else ""
        if where:
            history.left = True
            yield object_event(stamp, EventKind.LEAVES, thing, where=where)
    if thing.group != "people" or track.box.height > _MIN_STEP_HEIGHT:
        yield from _stops_and_starts(stamp, track, thing, history)
    yield from _distance_changes(stamp, track, thing, history)


def _entry(
    scene: _Scene, track: Track, thing: SceneObject, history: _TrackHistory
) -> Iterator[SceneEvent]:
    """Yield that somebody came in by themselves, or into view because the camera turned."""
    stamp, since = scene.stamp, track.continuous_since
    if scene.camera_move is CameraMove.STILL and track.steady_since < since:
        border = entry_border(stamp, track, scene.aspect)
        if border:
            history.entered = True
            yield object_event(stamp, EventKind.ENTERS, thing, where=border, heading=thing.heading)
    elif scene.camera_move in TURNS and thing.group in {"people", "animals"}:
        new = since - scene.start > _MIN_APPEARANCE and not track.jumped
        new = new and thing.box.height > _MIN_APPEARANCE_HEIGHT
        if new and _SETTLED_SECONDS < stamp - since < MAX_ENTRY_AGE:
            history.entered = True
            yield object_event(stamp, EventKind.APPEARS, thing)


def _stops_and_starts(
    stamp: float, track: Track, thing: SceneObject, history: _TrackHistory
) -> Iterator[SceneEvent]:
    stopped_at = history.stopped_at
    if thing.heading:
        whole = not track.trajectory[-1].cut
        if (
            stopped_at
            and whole
            and thing.heading != "moving"
            and _distance(track, stopped_at) > _MIN_START
        ):
            kind = EventKind.STARTS if history.waits else EventKind.SETS_OFF
            yield object_event(stamp, kind, thing, heading=thing.heading)
            history.stopped_at = None
        history.walk_start = history.walk_start or StampedBox(track.last_seen, track.box)
    elif thing.stationary:
        walked = history.walk_start and _has_walked(track, history.walk_start)
        if not stopped_at and walked:
            yield object_event(stamp, EventKind.STOPS, thing)
        if not stopped_at:
            history.stopped_at, history.waits = track.box, bool(walked)
        history.walk_start = None


def _distance_changes(
    stamp: float, track: Track, thing: SceneObject, history: _TrackHistory
) -> Iterator[SceneEvent]:
    point = track.trajectory[-1]
    if point.cut:
        return
    size = track.box.height
    if not history.max_size:  # it has only now got a name, and may have come closer before
        before = [p.box.height for p in track.steadily_since(stamp - _LOOK_BACK) if not p.cut]
        history.min_size = history.max_size = sorted(before)[len(before) // 4] if before else size
    history.min_size = min(history.min_size, size)
    history.max_size = max(history.max_size, size)
    if thing.heading == "closer" and size > _CLOSER_RATIO * history.min_size:
        if stamp - history.closer_at > _REPEAT_SECONDS:
            yield object_event(stamp, EventKind.CLOSER, thing, heading="closer")
        history.closer_at, history.away_at = stamp, float("-inf")
        history.min_size = history.max_size = size
    elif thing.heading == "away" and size < _AWAY_RATIO * history.max_size:
        if stamp - history.away_at > _REPEAT_SECONDS:
            yield object_event(stamp, EventKind.AWAY, thing, heading="away")
        history.away_at, history.closer_at = stamp, float("-inf")
        history.min_size = history.max_size = size


def _crossed(track: Track, thing: SceneObject, aspect: float) -> bool:
    """Return whether a track came from one side of the image and has just reached the other."""
    if track.steady_since >= track.continuous_since:
        return False
    distance = track.box.center_x - track.first_box.center_x
    sides = {side(track.first_box, aspect), thing.side}
    return (
        sides == {"left", "right"}
        and thing.heading == thing.side
        and abs(distance) > _MIN_CROSSING * aspect
        and not touched_border(track.box, aspect)
    )


def _has_walked(track: Track, start: StampedBox) -> bool:
    """Return whether a track really moved since `start`; boxes of still objects waver too."""
    seconds = track.last_seen - start.stamp
    return _distance(track, start.box) > _MIN_WALK and seconds > _MIN_WALK_SECONDS


def _distance(track: Track, other: BoundingBox) -> float:
    """Return the distance from `other` to a track, between their bottoms, in its own sizes."""
    dx, dy = track.box.center_x - other.center_x, track.box.bottom - other.bottom
    return float((dx**2 + dy**2) ** 0.5) / reference_size(track)
