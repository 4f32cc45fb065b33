"""Events between people: passing each other, walking or standing together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

from .companions import companion_groups
from .event_kinds import EventKind
from .events import SceneEvent, object_event
from .scene_state import SceneObject

_MIN_IMAGES = 6  # side by side, less those apart, before people count as a group
_REPEAT_IMAGES = 50  # apart, after which the same group is reported again
_MAX_PASSING_SECONDS = 4.0
_APART, _BESIDE = 0.8, 0.25  # of an animal's size, between it and a person
_MAX_JOINING_SECONDS = 4.0


class PassingDetector:
    """Detects two people who walk in opposite directions and change sides."""

    def __init__(self) -> None:
        """Start without anybody approaching."""
        self._approaching: dict[frozenset[int], float] = {}

    def observe(self, stamp: float, people: Sequence[SceneObject]) -> list[SceneEvent]:
        """Return PASS_EACH_OTHER for each pair that has just changed sides."""
        oldest = stamp - _MAX_PASSING_SECONDS
        self._approaching = {p: since for p, since in self._approaching.items() if since > oldest}
        return [
            SceneEvent(
                stamp=stamp,
                kind=EventKind.PASS_EACH_OTHER,
                group=one.group,
                name=one.name,
                where=one.side,
                depth=one.depth,
                track_ids=(one.track_id, other.track_id),
                count=2,
            )
            for one, other in combinations(people, 2)
            if self._passed(stamp, one, other)
        ]

    def _passed(self, stamp: float, one: SceneObject, other: SceneObject) -> bool:
        size = max(one.box.height, other.box.height)
        opposite = {one.heading, other.heading} == {"left", "right"}
        level = abs(one.box.bottom - other.box.bottom) < 0.5 * size
        if not (opposite and level):
            return False
        pair = frozenset((one.track_id, other.track_id))
        gap = one.box.center_x - other.box.center_x
        ahead = gap if one.heading == "right" else -gap  # how far they are past each other
        if pair in self._approaching and ahead > 0.3 * size:
            del self._approaching[pair]
            return True
        if pair not in self._approaching and -2.5 * size < ahead < -0.3 * size:
            self._approaching[pair] = stamp
        return False


class JoiningDetector:
    """Detects an animal that comes up to a person."""

    def __init__(self) -> None:
        """Start without any pair."""
        self._apart: dict[tuple[int, int], float] = {}

    def observe(
        self, stamp: float, animals: Sequence[SceneObject], people: Sequence[SceneObject]
    ) -> list[SceneEvent]:
        """Return COMES_TO for each animal that was apart from a person and is beside them now."""
        events = []
        oldest = stamp - _MAX_JOINING_SECONDS
        self._apart = {pair: since for pair, since in self._apart.items() if since > oldest}
        for animal, person in product(animals, people):
            pair = animal.track_id, person.track_id
            size = max(animal.box.width, animal.box.height)
            gap = max(animal.box.left - person.box.right, person.box.left - animal.box.right)
            level = abs(animal.box.bottom - person.box.bottom) < size
            if gap > _APART * size:
                self._apart[pair] = stamp
            elif gap < _BESIDE * size and level and self._apart.pop(pair, 0.0):
                events.append(object_event(stamp, EventKind.COMES_TO, animal))
        return events


class TogetherDetector:
    """Detects people who have been side by side for a while; reports each group once."""

    def __init__(self) -> None:
        """Start without groups."""
        self._images_together: dict[frozenset[int], int] = {}

    def observe(self, stamp: float, people: Sequence[SceneObject]) -> list[SceneEvent]:
        """Return WALK_TOGETHER or STAND_TOGETHER for each group that has just formed."""
        events = []
        groups = {frozenset(p.track_id for p in group): group for group in companion_groups(people)}
        counts = self._images_together
        for ids in [ids for ids in counts if ids not in groups]:
            counts[ids] -= 1
            if counts[ids] <= 0:
                del counts[ids]
        for ids, group in groups.items():
            counts[ids] = counts.get(ids, 0) + 1
            if counts[ids] == _MIN_IMAGES:
                counts[ids] = _REPEAT_IMAGES
                events.append(_together(stamp, group))
        return events


def _together(stamp: float, group: Sequence[SceneObject]) -> SceneEvent:
    nearest = max(group, key=lambda person: person.box.height)
    return SceneEvent(
        stamp=stamp,
        kind=EventKind.STAND_TOGETHER if nearest.stationary else EventKind.WALK_TOGETHER,
        group="people",
        name="person",
        where=nearest.side,
        heading=nearest.heading,
        depth=nearest.depth,
        track_ids=tuple(person.track_id for person in group),
        count=len(group),
    )
