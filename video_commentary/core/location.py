"""Where the robot was: on a map, on the Earth, and the name of the place that it was near."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlanarPose:
    """Metres in a fixed frame such as "map"; `yaw` in radians, counter-clockwise from its x axis.

    Raise ValueError for a number that is not finite, or without a frame.
    """

    frame: str
    x: float
    y: float
    yaw: float

    def __post_init__(self) -> None:
        if not self.frame or not all(map(math.isfinite, (self.x, self.y, self.yaw))):
            raise ValueError(f"{self}: a pose has a frame and finite numbers")


@dataclass(frozen=True, kw_only=True)
class GeoFix:
    """Degrees, as satellites give them. Raise ValueError outside -90 to 90 and -180 to 180."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (abs(self.latitude) <= 90 and abs(self.longitude) <= 180):
            raise ValueError(f"{self}: latitude -90 to 90, longitude -180 to 180")


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where the robot was, as far as it is known.

    `name`: a place that it was near, such as "the dock"; empty if near none.
    """

    name: str = ""
    pose: PlanarPose | None = None
    fix: GeoFix | None = None


def location_words(location: Location) -> str:
    """Return a location as a sentence says it: "near the dock, at 2.1, 3.4 m on the map"."""
    parts = [f"near {location.name}"] if location.name else []
    pose, fix = location.pose, location.fix
    if pose:
        frame = "on the map" if pose.frame == "map" else f"in {pose.frame}"
        parts.append(f"at {_tenths(pose.x)}, {_tenths(pose.y)} m {frame}")
    elif fix:
        latitude = f"{abs(fix.latitude):.5f}° {'S' if fix.latitude < 0 else 'N'}"
        longitude = f"{abs(fix.longitude):.5f}° {'W' if fix.longitude < 0 else 'E'}"
        parts.append(f"at {latitude}, {longitude}")
    return ", ".join(parts)


def place_words(location: Location) -> str:
    """Return a location by its name alone if it has one: "near the dock"."""
    return location_words(Location(name=location.name) if location.name else location)


def _tenths(metres: float) -> str:
    """Return metres with one decimal; never "-0.0"."""
    return f"{round(metres, 1) + 0.0:.1f}"
