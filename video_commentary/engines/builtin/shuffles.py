"""Things of one kind that are pushed about together, by hands for instance."""

from __future__ import annotations

from collections.abc import Sequence

from .inventoried_thing import InventoriedThing
from .plausibility import ROLLING
from .thing_names import FURNITURE

_MOVED_SECONDS = 2.5  # since a thing was last seen at another place
_SEEN_SECONDS = 0.5  # since it was seen at all: they are moved at the same time
_MIN_HITS = 2
_PAUSE = 8.0  # seconds in which it is noticed once
_UNSETTLED = 4.0  # seconds after it, in which nothing is reported of single ones


class ShuffleDetector:
    """Notices when several things of a kind are moved at once."""

    def __init__(self) -> None:
        """Start at rest."""
        self._moved: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def observe(
        self, stamp: float, things: Sequence[InventoriedThing]
    ) -> list[tuple[InventoriedThing, int]]:
        """Return one of each kind that is moved about since now, and how many of it are."""
        found = []
        handled = [t for t in things if t.name and t.name not in ROLLING | FURNITURE]
        for family in sorted({thing.family for thing in handled}):
            those = [thing for thing in handled if thing.family == family]
            moved = [thing for thing in those if _is_moved(thing, stamp)]
            known = [thing for thing in those if thing.present]
            if len(moved) < 2 or not known:
                continue
            self._moved[family] = stamp
            if stamp - self._told.get(family, float("-inf")) > _PAUSE:
                self._told[family] = stamp
                found.append((max(known, key=lambda thing: thing.last), len(moved)))
        return found

    def unsettled(self, stamp: float, thing: InventoriedThing) -> bool:
        """Return whether its kind was moved about just now: which of them it is nobody knows."""
        return stamp - self._moved.get(thing.family, float("-inf")) < _UNSETTLED


def _is_moved(thing: InventoriedThing, stamp: float) -> bool:
    return (
        thing.hits >= _MIN_HITS
        and stamp - thing.last <= _SEEN_SECONDS
        and stamp - thing.strayed <= _MOVED_SECONDS
    )
