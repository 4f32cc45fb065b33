"""Who belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .scene import Seen

_NEAR = 0.75  # own heights between people who walk together
_LEVEL = 0.25  # own heights by which their feet may differ


def together(seen: Sequence[Seen]) -> list[Seen]:
    """Return the same things, the people's companions filled in."""
    people = [thing for thing in seen if thing.group == "people"]
    found = {}
    for one in people:
        mates = {other.number for other in people if other is not one and _close(one, other)}
        found[one.number] = frozenset(mates)
    return [replace(t, companions=found.get(t.number, frozenset())) for t in seen]


def parties(people: Sequence[Seen]) -> list[list[Seen]]:
    """Return companies of two and more, by who is whose companion."""
    left, found = list(people), []
    while left:
        company, grown = [left.pop()], True
        while grown:
            near = [p for p in left if any(p.number in mate.companions for mate in company)]
            grown = bool(near)
            company += near
            left = [p for p in left if p not in near]
        if len(company) > 1:
            found.append(company)
    return found


def _close(one: Seen, other: Seen) -> bool:
    height = (one.box.height + other.box.height) / 2
    alike = one.heading == other.heading != "" or (one.resting and other.resting)
    near = abs(one.box.x - other.box.x) < _NEAR * height
    return alike and near and abs(one.box.bottom - other.box.bottom) < _LEVEL * height
