"""Which events may be told: those that are wanted, and not over yet."""

from __future__ import annotations

from collections.abc import Sequence

from .events import SceneEvent, still_true
from .scene_state import SceneObject
from .scene_store import SceneHistory
from .topics import TopicFilter

_ARRIVED_SECONDS = 1.5  # after which an object no longer counts as just arriving


def is_late(stamp: float, event: SceneEvent, objects: Sequence[SceneObject]) -> bool:
    """Return whether an event is over, or too long ago to be told as what happens now."""
    return stamp - event.stamp > event.kind.traits.fresh or not still_true(event, objects)


def marks(event: SceneEvent) -> set[tuple[str, int]]:
    """Return what identifies an event, for each track that takes part."""
    if not event.track_ids:
        return {(event.kind.name, round(event.stamp * 1000))}
    return {(f"{event.kind.name} {event.stamp:.3f}", track_id) for track_id in event.track_ids}


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
