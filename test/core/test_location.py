from __future__ import annotations

import math

import pytest

from video_commentary.core.location import GeoFix, Location, PlanarPose, location_words, place_words


def pose(x: float, y: float, frame: str = "map") -> PlanarPose:
    return PlanarPose(frame=frame, x=x, y=y, yaw=0.0)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (Location(pose=pose(2.14, 3.36)), "at 2.1, 3.4 m on the map"),
        (
            Location(pose=pose(-0.04, -12), name="the dock"),
            "near the dock, at 0.0, -12.0 m on the map",
        ),
        (Location(pose=pose(1, 2, "odom")), "at 1.0, 2.0 m in odom"),
        (Location(fix=GeoFix(latitude=52.5, longitude=13.4)), "at 52.50000° N, 13.40000° E"),
        (
            Location(fix=GeoFix(latitude=-33.856784, longitude=-70.215297), name="the gate"),
            "near the gate, at 33.85678° S, 70.21530° W",
        ),
        (
            Location(pose=pose(1, 2), fix=GeoFix(latitude=1, longitude=2)),
            "at 1.0, 2.0 m on the map",
        ),
    ],
)
def test_a_location_is_said_in_words(location: Location, words: str) -> None:
    assert location_words(location) == words
    assert place_words(location) == words.partition(", at")[0]


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        pose(number, 0.0)
    with pytest.raises(ValueError, match="latitude"):
        GeoFix(latitude=number, longitude=0.0)


def test_degrees_beyond_the_earth_are_refused() -> None:
    with pytest.raises(ValueError, match="-180 to 180"):
        GeoFix(latitude=0.0, longitude=180.1)
