"""Clips as rosbags: read by our own reader, by narrate's, and by rosbags'."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ament_index_python import get_package_share_directory
from rosbags.highlevel import AnyReader

from test.memory.clips import at, contents
from video_commentary.ros.clip_bag import ClipBagError, read_clip_bag, write_clip_bag
from video_commentary.tools.narration.opening import open_footage


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip_bag(tmp_path_factory.mktemp("clip") / "c1", contents(), "/robot/commentator")


def test_all_of_it_comes_back(bag: Path) -> None:
    assert read_clip_bag(bag) == contents()


def test_any_reader_finds_the_topics_as_they_are_live(bag: Path) -> None:
    with AnyReader([bag.parent]) as reader:
        found = {c.topic: (c.msgtype, c.msgcount) for c in reader.connections}
        comments: list[tuple[int, Any]] = [
            (time, reader.deserialize(data, connection.msgtype))
            for connection, time, data in reader.messages()
            if connection.msgtype.endswith("Commentary")
        ]
        times = [time for _, time, _ in reader.messages()]
    assert found == {
        "/camera/image_raw/compressed": ("sensor_msgs/msg/CompressedImage", 20),
        "/robot/commentator/commentary_events": ("video_commentary/msg/Commentary", 2),
        "/robot/commentator/audio_info": ("audio_common_msgs/msg/AudioInfo", 1),
        "/robot/commentator/audio_stamped": ("audio_common_msgs/msg/AudioDataStamped", 15),
    }
    assert [(time, said.text) for time, said in comments] == [
        (at(0.5), "A red <car>."),
        (at(1.4), "It stops."),
    ]
    assert times == sorted(times)


def test_types_have_the_hashes_that_ros_has(bag: Path) -> None:
    # ros2 bag compares those in metadata.yaml
    with AnyReader([bag.parent]) as reader:
        digests = {c.msgtype: c.digest for c in reader.connections}
    for name, digest in digests.items():
        package, _, kind = name.split("/")
        described = Path(get_package_share_directory(package)) / "msg" / f"{kind}.json"
        if not described.exists():
            pytest.skip("this ROS has no hashes")
        hashes = json.loads(described.read_text())["type_hashes"]
        assert {h["type_name"]: h["hash_string"] for h in hashes}[name] == digest


@pytest.mark.parametrize("part", ["folder", "file"])
def test_narrate_takes_it(bag: Path, part: str) -> None:
    path = bag.parent if part == "folder" else bag
    footage = open_footage(path, "", lambda topics: topics[0])
    shots = list(footage.shots())
    assert [shot.stamp for shot in shots] == [picture.stamp for picture in contents().pictures]
    assert shots[0].camera == "eye"
    assert shots[10].image().mean() == pytest.approx(50, abs=2)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.mcap").write_bytes(b"no bag")
    with pytest.raises(ClipBagError, match="can't be read"):
        read_clip_bag(tmp_path / "c.mcap")
