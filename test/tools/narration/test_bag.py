from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from test.tools.narration.bags import RECORDED, image, jpeg, record
from test.tools.narration.recordings import image as picture
from video_commentary.core.stamp import to_seconds
from video_commentary.tools.narration.footage import FootageError
from video_commentary.tools.narration.opening import open_footage

TIMES = [i / 10 for i in range(20)]
STAMPS = [RECORDED - 0.05 + t for t in TIMES]


def images() -> list[tuple[float, object]]:
    return [(t, image(s, picture(t))) for t, s in zip(TIMES, STAMPS, strict=True)]


def never(topics: list[str]) -> str:
    raise AssertionError("asked for a topic")


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_bag_gives_its_pictures_with_both_clocks(storage: str, tmp_path: Path) -> None:
    bag = record(tmp_path / "bag", {"/camera/image_raw": images()}, storage)
    footage = open_footage(bag, "", never)
    shots = list(footage.shots())
    assert footage.duration == pytest.approx(1.9, abs=0.01)
    assert [shot.time for shot in shots] == pytest.approx(TIMES)
    assert [to_seconds(shot.stamp) for shot in shots] == pytest.approx(STAMPS)
    assert shots[0].camera == "front_camera"
    np.testing.assert_array_equal(shots[7].image(), picture(TIMES[7]))
    assert len(list(footage.shots())) == 20, "a second pass sees the same"


def test_the_file_inside_stands_for_the_bag(tmp_path: Path) -> None:
    bag = record(tmp_path / "bag", {"/camera/image_raw": images()})
    (inside,) = bag.glob("*.mcap")
    assert len(list(open_footage(inside, "", never).shots())) == 20


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_file_alone_is_a_bag(storage: str, tmp_path: Path) -> None:
    bag = record(tmp_path / "bag", {"/camera/image_raw": images()}, storage)
    (bag / "metadata.yaml").unlink()
    (alone,) = bag.iterdir()
    assert len(list(open_footage(alone, "", never).shots())) == 20


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_damaged_bag_gives_what_comes_before_and_says_so(storage: str, tmp_path: Path) -> None:
    bag = record(tmp_path / "bag", {"/camera/image_raw": images()}, storage)
    (inside,) = (path for path in bag.iterdir() if path.suffix != ".yaml")
    whole = inside.read_bytes()
    footage = open_footage(bag, "", never)
    for first in range(0, len(whole), len(whole) // 16):
        damaged = whole[:first] + bytes(range(256)) * 16 + whole[first + 4096 :]
        inside.write_bytes(damaged[: len(whole)])
        for opened in (lambda: footage, lambda: open_footage(bag, "", never)):
            with suppress(FootageError):
                assert len(list(opened().shots())) <= 20
    inside.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FootageError, match="not a rosbag that can be read"):
        list(footage.shots())


def test_what_else_lies_in_its_folder_is_not_the_bag(tmp_path: Path) -> None:
    bag = record(tmp_path / "bag", {"/camera/image_raw": images()})
    before = open_footage(bag, "", never).identity
    (bag / "out.jsonl").write_text("{}")
    assert open_footage(bag, "", never).identity == before
    (inside,) = bag.glob("*.mcap")
    os.utime(inside, (4e9, 4e9))
    assert open_footage(bag, "", never).identity != before


def test_compressed_images_are_read(tmp_path: Path) -> None:
    messages = [(t, jpeg(s, picture(t))) for t, s in zip(TIMES, STAMPS, strict=True)]
    footage = open_footage(record(tmp_path / "bag", {"/c/compressed": messages}), "", never)
    assert next(footage.shots()).image().shape == picture(0.0).shape


def test_of_several_cameras_one_is_chosen(tmp_path: Path) -> None:
    bag = record(tmp_path / "bag", {"/left": images(), "/right": images()})
    asked: list[list[str]] = []

    def choose(topics: list[str]) -> str:
        asked.append(topics)
        return "/right"

    assert open_footage(bag, "", choose).identity["topic"] == "/right"
    assert asked == [["/left", "/right"]]
    assert open_footage(bag, "/left", never).identity["topic"] == "/left"
    with pytest.raises(FootageError, match="no image topic /up; there is /left, /right"):
        open_footage(bag, "/up", never)


def test_an_empty_stamp_is_replaced_by_the_time_of_recording(tmp_path: Path) -> None:
    bag = record(tmp_path / "bag", {"/c": [(t, image(0.0, picture(t))) for t in TIMES]})
    stamps = [to_seconds(shot.stamp) for shot in open_footage(bag, "", never).shots()]
    assert stamps == pytest.approx([RECORDED + t for t in TIMES])


def test_what_is_no_bag_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FootageError, match="not a rosbag that can be read"):
        open_footage(tmp_path / "folder", "", never)
    with pytest.raises(FootageError, match="no such file"):
        open_footage(tmp_path / "nothing.mcap", "", never)


def test_a_bag_without_a_camera_says_so(tmp_path: Path) -> None:
    from test.tools.narration.bags import STORE, header

    joy = STORE.types["sensor_msgs/msg/Joy"]
    message = joy(header(1.0), np.zeros(2, np.float32), np.zeros(2, np.int32))
    bag = record(tmp_path / "bag", {"/joy": [(0.0, message)]})
    with pytest.raises(FootageError, match="no sensor_msgs/Image"):
        open_footage(bag, "", never)
