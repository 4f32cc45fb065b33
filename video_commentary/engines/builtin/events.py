"""Events: what happened in a scene, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .event_kinds import EventKind
from .labels import UNIDENTIFIED
from .scene_state import SceneObject


@dataclass(frozen=True, kw_only=True)
class SceneEvent:
    """Something that happened at `stamp`, in seconds.

    `group` and `name`: of the object that takes part, "" for the camera and the light.
    `where`: a side of the image; for ENTERS and LEAVES a border. `heading`: a direction; for
    CAMERA_MOVES the name of a `CameraMove`. `track_ids`: all who take part; `count`: their number.
    `at_least`: whether there may be more of them. `clothes`: as in "in red", or "". `in_view`: of
    things, how many of this name are there now. `stamps`: of a merged event, when each did it.
    """

    stamp: float
    kind: EventKind
    group: str = ""
    name: str = ""
    where: str = ""
    heading: str = ""
    depth: str = ""
    track_ids: tuple[int, ...] = ()
    count: int = 1
    at_least: bool = False
    clothes: str = ""
    in_view: int = 0
    stamps: tuple[float, ...] = ()

    @property
    def topic(self) -> str:
        """The topic that an instruction names to hear or not to hear of it."""
        return self.kind.traits.topic or self.group


def object_event(
    stamp: float, kind: EventKind, thing: SceneObject, *, where: str = "", heading: str = ""
) -> SceneEvent:
    """Return an event of one object; `where` is its side if not given."""
    return SceneEvent(
        stamp=stamp,
        kind=kind,
        group=thing.group,
        name=thing.name,
        where=where or thing.side,
        heading=heading,
        depth=thing.depth,
        track_ids=(thing.track_id,),
        clothes=thing.clothes,
    )


def each_stamp(event: SceneEvent) -> tuple[float, ...]:
    """Return when each who takes part did it."""
    return event.stamps or (event.stamp,) * len(event.track_ids)


def merged(events: Sequence[SceneEvent]) -> list[SceneEvent]:
    """Merge events of the same kind, place and name: "two people come in".

    Only kinds that merge, and only if they concern different objects.
    """
    result: dict[tuple[object, ...], SceneEvent] = {}
    for event in events:
        merges = event.kind.traits.merges and event.name != UNIDENTIFIED
        identity = () if merges else (event.stamp, event.track_ids)
        key = (event.kind, event.name, event.where, identity)
        first = result.get(key)
        if first is None:
            result[key] = event
        elif not set(event.track_ids) & set(first.track_ids):
            result[key] = replace(
                event,
                stamp=max(first.stamp, event.stamp),
                heading="",
                track_ids=first.track_ids + event.track_ids,
                stamps=each_stamp(first) + each_stamp(event),
                count=first.count + event.count,
                clothes="",
            )
    return list(result.values())


def still_true(event: SceneEvent, objects: Sequence[SceneObject]) -> bool:
    """Return whether the objects in view now don't contradict an event of a moment ago."""
    check = event.kind.traits.still_true
    if check is None:
        return True
    now = {thing.track_id: thing for thing in objects}
    return all(
        track_id in now and check(now[track_id], event.heading) for track_id in event.track_ids
    )
