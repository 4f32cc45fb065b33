from __future__ import annotations

import pytest

from test.memory.test_transforms import at
from video_commentary.core.stamp import NANOSECONDS
from video_commentary.memory.location_history import LocationHistory
from video_commentary.memory.pose_tracker import PoseTracker
from video_commentary.memory.transforms import Transform

NOW = 1_700_000_000 * NANOSECONDS
TENTH = NANOSECONDS // 10


def tracker() -> PoseTracker:
    return PoseTracker(("map", "odom"), "base_link")


def add(it: PoseTracker, seconds: float, *edges: tuple[str, str, Transform]) -> None:
    it.add(edges, False, NOW + round(seconds * NANOSECONDS))


def where(it: PoseTracker, seconds: float) -> tuple[str, float, float] | None:
    pose = it.find(NOW + round(seconds * NANOSECONDS))
    return None if pose is None else (pose.frame, round(pose.x, 6), round(pose.y, 6))


def near(it: PoseTracker, seconds: float, frame: str, x: float, y: float) -> bool:
    """Return whether it was there, as far as four values a second say."""
    found = where(it, seconds)
    return found is not None and found[::2] == (frame, y) and abs(found[1] - x) < 0.31


def drive(it: PoseTracker, begin: float, end: float, x: float = 0.0, located: bool = True) -> None:
    """Move 1 m/s along x of odom, with 10 transforms a second."""
    for step in range(round(begin * 10), round(end * 10)):
        if located:
            add(it, step / 10, ("map", "odom", at(x, 5)))
        add(it, step / 10, ("odom", "base_link", at(step / 10, 0)))


def test_an_entry_gets_where_the_robot_was_at_its_frame() -> None:
    it = tracker()
    drive(it, 0, 20, x=100)
    for seconds in (2.0, 10.0, 19.0):
        found = where(it, seconds)
        assert found and found[::2] == ("map", 5)
        assert found[1] == pytest.approx(100 + seconds, abs=0.5)
    assert where(it, 60) is None and where(it, -30) is None


def test_the_map_goes_before_odometry_and_comes_later() -> None:
    it = tracker()
    drive(it, 0, 5, located=False)
    assert near(it, 4.9, "odom", 4.9, 0)
    drive(it, 5, 8, x=100)
    assert near(it, 7.9, "map", 107.9, 5)
    assert near(it, 4.0, "odom", 4.0, 0), "what was known then"


def test_a_localization_that_has_ended_gives_way_to_odometry() -> None:
    it = tracker()
    drive(it, 0, 3, x=100)
    drive(it, 3, 20, located=False)
    assert near(it, 8.0, "map", 108, 5)
    assert near(it, 19.0, "odom", 19, 0)


def test_fixed_transforms_hold_for_ever() -> None:
    it = tracker()
    it.add([("/map", "/base_link", at(4, 2))], True, NOW)
    assert where(it, 86_400) == ("map", 4, 2)


def test_leading_slashes_are_the_same_frames() -> None:
    it = PoseTracker(("/map",), "/base_link")
    add(it, 0, ("map", "base_link", at(1, 2)))
    assert where(it, 0) == ("map", 1, 2)


def wire(*frames: str) -> bytes:
    """Return names as they stand in a serialized message: with their lengths, aligned to 4."""
    data = b""
    for frame in frames:
        data += (
            bytes(-len(data) % 4) + (len(frame) + 1).to_bytes(4, "little") + frame.encode() + b"\0"
        )
    return data


ODOMETRY = wire("wheel", "tyre", "odom", "base_link")
LOCALIZATION = wire("map", "odom")
JOINTS = wire("base_link", "arm", "arm", "finger", "odom", "other")


def test_few_messages_are_read() -> None:
    it = tracker()
    assert it.wants(JOINTS, NOW), "until all is known, each may join the frames"
    drive(it, 0, 1)
    later = NOW + NANOSECONDS
    assert not it.wants(JOINTS, later + NANOSECONDS)
    assert not it.wants(ODOMETRY, later - TENTH), "it was read just now"
    assert it.wants(ODOMETRY, later + 3 * TENTH)
    assert it.wants(LOCALIZATION, later + 3 * TENTH)
    read = 0
    for step in range(100):
        time = later + step * TENTH // 10
        if it.wants(ODOMETRY, time):
            read += 1
            it.add([("odom", "base_link", at(1, 0))], False, time)
    assert 3 <= read <= 5


def test_without_the_map_its_messages_are_looked_for() -> None:
    it = tracker()
    drive(it, 0, 1, located=False)
    assert it.wants(LOCALIZATION, NOW + NANOSECONDS - TENTH)
    assert not it.wants(JOINTS, NOW + NANOSECONDS)


def test_after_the_clock_was_set_back_it_goes_on() -> None:
    it = tracker()
    drive(it, 100, 105, x=100)
    drive(it, 0, 2, x=0)
    assert near(it, 1.5, "map", 1.5, 5)
    assert where(it, 104) is None


def test_a_history_is_bounded_and_gives_the_nearest() -> None:
    history: LocationHistory[int] = LocationHistory()
    assert history.find(NOW) is None
    for second in range(0, 1000, 5):
        history.add(NOW + second * NANOSECONDS, second)
    assert history.find(NOW) is None, "too long ago"
    assert history.find(NOW + 994 * NANOSECONDS) == 990
    assert history.find(NOW + 400 * NANOSECONDS - 1) == 400, "the oldest that is kept"
    assert history.find(NOW + 1005 * NANOSECONDS) == 995
    assert history.find(NOW + 1006 * NANOSECONDS) is None
