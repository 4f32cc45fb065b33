"""Detects events from how tracks appear, move and disappear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .encounters import JoiningDetector, PassingDetector, TogetherDetector
from .event_kinds import EventKind
from .events import SceneEvent, object_event
from .geometry import BoundingBox
from .proximity import ProximityDetector
from .scene_state import SceneObject, reference_size, side, touched_border
from .track import StampedBox, Track

# "own sizes" below are multiples of `reference_size`.
_MIN_CROSSING = 0.45  # of the image's width
_MIN_WALK = 0.5  # own sizes an object must have moved before it can stop
_MIN_WALK_SECONDS = 1.0
_MIN_START = 0.3  # own sizes from where it stopped
_MAX_ENTRY_AGE = 2.5  # seconds; an object older than this has not just entered
_MIN_LEAVING_SPEED = 0.2  # own sizes a second towards the border
_MIN_LEAVING_AGE = 1.0  # seconds
_CLOSER_RATIO, _AWAY_RATIO = 1.25, 0.78  # of heights since the last event of that kind


@dataclass
class _TrackHistory:
    """What was noticed about a track so far."""

    entered: bool = False
    crossed: bool = False
    reported_motion: bool = False
    walk_start: StampedBox | None = None
    stopped_at: BoundingBox | None = None
    min_height: float = 0.0
    max_height: float = 0.0
    clothes: str = ""


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
        self._proximity = ProximityDetector()

    def observe(
        self,
        stamp: float,
        tracks: Sequence[Track],
        objects: Mapping[int, SceneObject],
        aspect: float,
    ) -> list[SceneEvent]:
        """Return the events of the objects in view; `objects` are those of `tracks`, by track id.

        `aspect`: the image's width / height.
        """
        events: list[SceneEvent] = []
        for track in tracks:
            thing = objects.get(track.track_id)
            if thing is not None and track.last_seen == stamp:
                history = self._histories.setdefault(track.track_id, _TrackHistory())
                events += _track_events(stamp, track, thing, history, aspect)
        people = [thing for thing in objects.values() if thing.group == "people"]
        events += self._passing.observe(stamp, people)
        seen = {track.track_id for track in tracks if track.last_seen == stamp}
        events += self._proximity.observe(
            stamp, [o for o in objects.values() if o.track_id in seen]
        )
        animals = [thing for thing in objects.values() if thing.group == "animals"]
        events += self._joining.observe(stamp, animals, people)
        return events + self._together.observe(stamp, people)

    def lost(self, tracks: Iterable[Track], aspect: float) -> list[SceneEvent]:
        """Return LEAVES for tracks that were lost at a border on their way out."""
        events = []
        for track in tracks:
            history = self._histories.pop(track.track_id, _TrackHistory())
            border = touched_border(track.box, aspect)
            if not (track.name and track.ego_motion_known and border) or track.name == "thing":
                continue
            across, down = (speed / reference_size(track) for speed in track.velocity(1.2))
            outward = {"left": -across, "right": across, "bottom": down, "top": -down}[border]
            age = track.last_seen - track.continuous_since
            if outward > _MIN_LEAVING_SPEED and age > _MIN_LEAVING_AGE:
                events.append(
                    SceneEvent(
                        stamp=track.last_seen,
                        kind=EventKind.LEAVES,
                        group=track.group,
                        name=track.name,
                        where=border,
                        track_ids=(track.track_id,),
                        clothes=history.clothes,
                    )
                )
        return events


def _track_events(
    stamp: float, track: Track, thing: SceneObject, history: _TrackHistory, aspect: float
) -> Iterator[SceneEvent]:
    """Yield what one object does, and note it in its history."""
    history.clothes = thing.clothes or history.clothes
    if not history.min_height:
        history.min_height = history.max_height = track.box.height
    if not track.ego_motion_known:
        return
    border = _entry_border(stamp, track, aspect)
    if border and not history.entered:
        history.entered = True
        yield object_event(stamp, EventKind.ENTERS, thing, where=border, heading=thing.heading)
    if track.group == "motion" and not (history.entered or history.reported_motion):
        history.reported_motion = True
        yield object_event(stamp, EventKind.MOVES, thing)
    if not history.crossed and _crossed(track, thing, aspect):
        history.crossed = True
        yield object_event(stamp, EventKind.CROSSES, thing, heading=thing.heading)
    if track.group == "motion":
        return  # its box is too loose to distinguish a step from a stretch
    yield from _stops_and_starts(stamp, track, thing, history)
    if not touched_border(track.box, aspect):
        yield from _distance_changes(stamp, track, thing, history)


def _stops_and_starts(
    stamp: float, track: Track, thing: SceneObject, history: _TrackHistory
) -> Iterator[SceneEvent]:
    stopped_at = history.stopped_at
    if thing.heading:
        if stopped_at and _distance(track, stopped_at) > _MIN_START:
            yield object_event(stamp, EventKind.STARTS, thing, heading=thing.heading)
            history.stopped_at = None
        history.walk_start = history.walk_start or StampedBox(track.last_seen, track.box)
    elif thing.stationary:
        if history.walk_start and not stopped_at and _has_walked(track, history.walk_start):
            yield object_event(stamp, EventKind.STOPS, thing)
            history.stopped_at = track.box
        history.walk_start = None


def _distance_changes(
    stamp: float, track: Track, thing: SceneObject, history: _TrackHistory
) -> Iterator[SceneEvent]:
    height = track.box.height
    history.min_height = min(history.min_height, height)
    history.max_height = max(history.max_height, height)
    if thing.heading == "closer" and height > _CLOSER_RATIO * history.min_height:
        yield object_event(stamp, EventKind.CLOSER, thing, heading="closer")
        history.min_height = history.max_height = height
    elif thing.heading == "away" and height < _AWAY_RATIO * history.max_height:
        yield object_event(stamp, EventKind.AWAY, thing, heading="away")
        history.min_height = history.max_height = height


def _entry_border(stamp: float, track: Track, aspect: float) -> str:
    """Return the border through which a track has just entered, or ""."""
    if track.jumped or stamp - track.continuous_since >= _MAX_ENTRY_AGE:
        return ""
    border = touched_border(track.first_box, aspect)
    return border if border and _moved_inward(track, border, aspect) else ""


def _moved_inward(track: Track, border: str, aspect: float) -> bool:
    """Return whether a track has moved away from the border where it was first detected."""
    first, box = track.first_box, track.box
    inward = {
        "left": box.right - first.right,
        "right": first.left - box.left,
        "bottom": first.top - box.top,
        "top": box.bottom - first.bottom,
    }[border]
    size = reference_size(track)
    away = touched_border(box, aspect) != border or inward > 0.6 * size
    return inward > 0.22 * size and away


def _crossed(track: Track, thing: SceneObject, aspect: float) -> bool:
    """Return whether a track came from one side of the image and has just reached the other."""
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
