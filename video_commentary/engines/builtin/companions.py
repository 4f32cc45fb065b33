"""People who stand or walk side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .scene_state import SceneObject

_MAX_GAP = 0.75  # between two people, in their mean height
_MAX_FEET_OFFSET = 0.25  # between the bottoms of their boxes, in their mean height


def with_companions(objects: Sequence[SceneObject]) -> list[SceneObject]:
    """Return copies of the objects with `companions` filled in for people."""
    people = [thing for thing in objects if thing.group == "people"]
    companions = {
        one.track_id: frozenset(
            other.track_id for other in people if other is not one and _side_by_side(one, other)
        )
        for one in people
    }
    return [replace(t, companions=companions.get(t.track_id, frozenset())) for t in objects]


def companion_groups(people: Sequence[SceneObject]) -> list[list[SceneObject]]:
    """Return groups of two or more people connected by `companions`."""
    rest, groups = list(people), []
    while rest:
        group, grown = [rest.pop()], True
        while grown:
            near = [p for p in rest if any(p.track_id in mate.companions for mate in group)]
            grown = bool(near)
            group += near
            rest = [p for p in rest if p not in near]
        if len(group) > 1:
            groups.append(group)
    return groups


def _side_by_side(one: SceneObject, other: SceneObject) -> bool:
    height = (one.box.height + other.box.height) / 2
    alike = one.heading == other.heading != "" or (one.stationary and other.stationary)
    near = abs(one.box.center_x - other.box.center_x) < _MAX_GAP * height
    level = abs(one.box.bottom - other.box.bottom) < _MAX_FEET_OFFSET * height
    return alike and near and level
