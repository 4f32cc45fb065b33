"""Places with a name, from a YAML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..core.location import GeoFix, Location, PlanarPose

RADIUS = 2.0, 20.0
"""Metres within which the robot is near a place, unless it says: on a map; by latitude."""
_ON_MAP, _ON_EARTH = {"x", "y"}, {"latitude", "longitude"}
_EARTH = 6_371_000.0
"""Metres, its radius."""


@dataclass(frozen=True)
class NamedPlace:
    """A place and the metres around it that belong to it. Its own location's name is its name."""

    location: Location
    radius: float

    def distance(self, location: Location) -> float:
        """Return how far away a location is, metres; infinite if that can't be said."""
        ours, theirs = self.location.pose, location.pose
        if ours and theirs and ours.frame == theirs.frame:
            return math.hypot(ours.x - theirs.x, ours.y - theirs.y)
        if self.location.fix and location.fix:
            return _distance(self.location.fix, location.fix)
        return math.inf


class NamedPlaces:
    """Says near which place a location is."""

    def __init__(self, places: tuple[NamedPlace, ...] = ()) -> None:
        self._places = places

    def name(self, location: Location) -> str:
        """Return the name of the nearest place that a location is in; empty if in none."""
        near = [
            (distance, place.location.name)
            for place in self._places
            if (distance := place.distance(location)) <= place.radius
        ]
        return min(near)[1] if near else ""


def load_places(path: str, frame: str) -> NamedPlaces:
    """Read places from a file; none without one. `frame`: of places that name none.

    Raise ValueError that names the file and what is wrong with it.
    """
    if not path:
        return NamedPlaces()
    file = Path(path).expanduser()
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(given, dict):
            raise ValueError("it must map names of places to x and y, or latitude and longitude")
        return NamedPlaces(tuple(_place(str(name), what, frame) for name, what in given.items()))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None


def _place(name: str, given: Any, frame: str) -> NamedPlace:
    kind = next(
        (kind for kind in (_ON_MAP, _ON_EARTH) if isinstance(given, dict) and kind <= {*given}),
        None,
    )
    if kind is None:
        raise ValueError(f"{name}: it needs x and y, or latitude and longitude")
    extra = {"radius", "frame"} if kind is _ON_MAP else {"radius"}
    if unknown := {*map(str, given)} - kind - extra:
        raise ValueError(f"{name}: {min(unknown)} is not one of {', '.join(sorted(kind | extra))}")
    numbers = _numbers(name, {key: value for key, value in given.items() if key != "frame"})
    radius = numbers.pop("radius", RADIUS[kind is _ON_EARTH])
    if not radius > 0:
        raise ValueError(f"{name}: radius: {radius:g} is not above 0")
    if kind is _ON_EARTH:
        return NamedPlace(Location(name=name, fix=GeoFix(**numbers)), radius)
    pose = PlanarPose(frame=str(given.get("frame", frame)), yaw=0.0, **numbers)
    return NamedPlace(Location(name=name, pose=pose), radius)


def _numbers(name: str, given: Mapping[str, Any]) -> dict[str, float]:
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name}: {key}: {value!r} is not a number")
    return {key: float(value) for key, value in given.items()}


def _distance(one: GeoFix, other: GeoFix) -> float:
    """Return metres between two points, true to a per mille for some kilometres."""
    middle = math.radians((one.latitude + other.latitude) / 2)
    turn = (one.longitude - other.longitude + 180) % 360 - 180
    north = math.radians(one.latitude - other.latitude)
    return _EARTH * math.hypot(north, math.radians(turn) * math.cos(middle))
