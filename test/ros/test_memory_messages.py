from __future__ import annotations

from dataclasses import replace

import pytest

from video_commentary.core.location import GeoFix, Location, PlanarPose
from video_commentary.core.memory_entry import EVENT, MemoryEntry
from video_commentary.ros.memory_messages import entry_message, memory_entry

ENTRY = MemoryEntry(
    id=7,
    kind=EVENT,
    stamp=1_700_000_000_000_000_001,
    time=1_700_000_001_000_000_002,
    camera="eye",
    text="Two red cars stop on the left.",
    event="stops",
    who="car",
    where="left",
    count=2,
    at_least=True,
    colour="red",
    thumbnail=b"\xff\xd8jpeg",
)
POSE = PlanarPose(frame="map", x=2.1, y=-3.4, yaw=0.5)
FIX = GeoFix(latitude=0.0, longitude=-13.4)


@pytest.mark.parametrize(
    "location",
    [None, Location(pose=POSE, name="the dock"), Location(fix=FIX), Location(pose=POSE, fix=FIX)],
)
def test_an_entry_comes_back_as_it_was(location: Location | None) -> None:
    entry = replace(ENTRY, location=location)
    assert memory_entry(entry_message(entry)) == entry


def test_what_is_not_said_stays_so() -> None:
    bare = replace(ENTRY, count=None, thumbnail=b"")
    assert entry_message(bare).count == -1
    assert memory_entry(entry_message(bare)) == bare
