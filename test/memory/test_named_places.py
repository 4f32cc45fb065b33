from __future__ import annotations

from pathlib import Path

import pytest

from video_commentary.core.location import GeoFix, Location, PlanarPose
from video_commentary.memory.named_places import load_places

PLACES = """
the dock: {x: 1.0, y: 2.0}
the long hall: {x: 10, y: 0, radius: 8.5}
the start: {frame: odom, x: 0, y: 0, radius: 1}
the gate: {latitude: 52.5163, longitude: 13.3777, radius: 30}
the date line: {latitude: 0, longitude: 180}
"""


def on_map(x: float, y: float, frame: str = "map") -> Location:
    return Location(pose=PlanarPose(frame=frame, x=x, y=y, yaw=0.0))


def on_earth(latitude: float, longitude: float) -> Location:
    return Location(fix=GeoFix(latitude=latitude, longitude=longitude))


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (on_map(1, 3.9), "the dock"),
        (on_map(1, 4.1), ""),
        (on_map(2.6, 1), "the dock"),  # in both: the nearer one
        (on_map(9, 1), "the long hall"),
        (on_map(0.5, 0, "odom"), "the start"),
        (on_map(0.5, 0, "elsewhere"), ""),
        (on_earth(52.51650, 13.3777), "the gate"),  # 22 m
        (on_earth(52.5163, 13.3782), ""),  # 34 m
        (on_earth(0.0001, -179.9999), "the date line"),  # 16 m
        (Location(), ""),
    ],
)
def test_the_nearest_place_that_it_is_in_counts(
    tmp_path: Path, location: Location, name: str
) -> None:
    file = tmp_path / "places.yaml"
    file.write_text(PLACES)
    assert load_places(str(file), "map").name(location) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a list", "must map names"),
        ("dock: 7", "dock: it needs x and y"),
        ("dock: {x: 1}", "needs x and y, or latitude"),
        ("dock: {x: 1, y: two}", "dock: y: 'two' is not a number"),
        ("dock: {x: 1, y: .nan}", "finite numbers"),
        ("dock: {x: 1, y: 2, radius: 0}", "radius: 0 is not above 0"),
        ("dock: {x: 1, y: 2, size: 3}", "size is not one of frame, radius, x, y"),
        ("dock: {latitude: 91, longitude: 0}", "latitude -90 to 90"),
        ("dock: {x: 1", "expected"),
    ],
)
def test_a_mistake_names_the_file_and_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "places.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words) as error:
        load_places(str(file), "map")
    assert str(file) in str(error.value)


def test_without_a_file_there_are_none_and_a_missing_one_is_a_mistake(tmp_path: Path) -> None:
    assert load_places("", "map").name(on_map(0, 0)) == ""
    with pytest.raises(ValueError, match="No such file"):
        load_places(str(tmp_path / "none.yaml"), "map")
