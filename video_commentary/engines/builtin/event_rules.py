"""Which events may be reported: those that are wanted, and not over yet."""

from __future__ import annotations

from collections.abc import Sequence

from .event_kinds import EventKind
from .events import SceneEvent, each_stamp, still_true
from .scene_state import SceneObject
from .scene_store import SceneHistory
from .topics import TopicFilter

_NEARING = frozenset(("CLOSER", "COMES_NEAR", "GAINED_ON"))
_PARTING = frozenset(("AWAY", "DRAWS_BACK", "PULLS_AWAY"))
_TURNING_SECONDS = 0.5  # between two moves of the camera, of which the first only began so
_ARRIVED_SECONDS = 1.5  # after which an object no longer counts as just arriving


def is_late(
    stamp: float, event: SceneEvent, objects: Sequence[SceneObject], *, beside: bool = False
) -> bool:
    """Return whether an event is over, or too long ago to be reported as current.

    `beside`: in one comment with another event.
    """
    traits = event.kind.traits
    fresh = traits.fresh + (traits.beside if beside else 0.0)
    return stamp - event.stamp > fresh or not still_true(event, objects)


def is_superseded(event: SceneEvent, events: Sequence[SceneEvent]) -> bool:
    """Return whether the opposite came later: it went away, and now it comes closer."""
    name = event.kind.name
    if event.kind is EventKind.CAMERA_MOVES:
        return any(
            later.kind is event.kind and 0 < later.stamp - event.stamp < _TURNING_SECONDS
            for later in events
        )
    opposite = _PARTING if name in _NEARING else _NEARING if name in _PARTING else frozenset()
    return any(
        later.kind.name in opposite
        and later.stamp > event.stamp
        and set(later.track_ids) & set(event.track_ids)
        for later in events
    )


def marks(event: SceneEvent) -> set[tuple[str, int]]:
    """Return what identifies an event, for each track that takes part."""
    if not event.track_ids:
        return {(event.kind.name, round(event.stamp * 1000))}
    parts = zip(event.track_ids, each_stamp(event), strict=True)
    return {(f"{event.kind.name} {stamp:.3f}", track_id) for track_id, stamp in parts}


def is_wanted(event: SceneEvent, topics: TopicFilter) -> bool:
    """Return whether comments may be about an event."""
    if event.kind.traits.topic is not None:
        return event.topic in topics.topics
    return bool(event.name) and topics.allows(event.group, event.name)


def is_lively(history: SceneHistory) -> bool:
    """Return whether anything moves or might soon, so that a summary is worth hearing."""
    return any(
        thing.heading or thing.group == "people" and not thing.stationary
        for thing in history.objects
        if thing.age > _ARRIVED_SECONDS
    )
