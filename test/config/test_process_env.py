from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from video_commentary.config.fast_dds_profile import largest_message
from video_commentary.config.process_env import for_images, for_this_machine_only

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.mark.parametrize(
    ("distro", "name"),
    [
        ({}, "FASTRTPS_DEFAULT_PROFILES_FILE"),
        ({"ROS_DISTRO": "jazzy"}, "FASTRTPS_DEFAULT_PROFILES_FILE"),
        ({"ROS_DISTRO": "kilted"}, "FASTDDS_DEFAULT_PROFILES_FILE"),
    ],
)
def test_fast_dds_gets_the_profile_and_malloc_its_settings(
    distro: dict[str, str], name: str
) -> None:
    added = for_images(distro, CONFIG)
    assert [Path(v).is_file() for k, v in added.items() if "PROFILES" in k] == [True]
    assert name in added
    assert "MALLOC_TRIM_THRESHOLD_" in added


@pytest.mark.parametrize("distro", ["jazzy", "kilted"])
@pytest.mark.parametrize(("link", "size"), [("", 65_500), ("local", 65_500), ("lossy", 1_400)])
def test_the_link_chooses_the_size_of_messages(distro: str, link: str, size: int) -> None:
    environment = {"ROS_DISTRO": distro, "VIDEO_COMMENTARY_LINK": link}
    environment |= for_images(environment, CONFIG)
    assert largest_message(environment) == size


def test_a_link_that_is_none_is_named_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="'wifi' is not one of local, lossy"):
        for_images({"VIDEO_COMMENTARY_LINK": "wifi"}, CONFIG)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("<profiles/>", 65_500),
        ("<a><t><type>UDPv4</type><maxMessageSize>1200</maxMessageSize></t></a>", 1_200),
        ("<a><t><type>SHM</type><maxMessageSize>1200</maxMessageSize></t></a>", 65_500),
        ("not xml", None),
    ],
)
def test_the_size_of_messages_of_another_profile(
    text: str, size: int | None, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.xml"
    mine.write_text(text)
    assert largest_message({"FASTRTPS_DEFAULT_PROFILES_FILE": str(mine)}) == size
    assert largest_message({"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}) is None


def test_what_the_user_chose_stays() -> None:
    mine = {"FASTRTPS_DEFAULT_PROFILES_FILE": "/my.xml", "MALLOC_TOP_PAD_": "1"}
    assert not set(for_images(mine, CONFIG)) & {*mine, "FASTDDS_DEFAULT_PROFILES_FILE"}


def test_another_middleware_gets_no_fast_dds_profile() -> None:
    added = for_images({"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}, CONFIG)
    assert not any("PROFILES" in name for name in added)


PROFILES = ("fastdds_large_images.xml", "fastdds3_large_images.xml")
LOSSY_LINK = ("fastdds_lossy_link.xml", "fastdds3_lossy_link.xml")
ETHERNET, IP_AND_UDP = 1500, 28


@pytest.mark.parametrize("name", PROFILES + LOSSY_LINK)
def test_the_profile_holds_a_4k_image_and_leaves_the_interfaces_alone(name: str) -> None:
    text = (CONFIG / name).read_text()
    root = ElementTree.fromstring(text)
    segment = next(e for e in root.iter() if e.tag.endswith("segment_size"))
    assert int(segment.text or 0) > 3840 * 2160 * 3
    assert "interfaceWhiteList" not in text


@pytest.mark.parametrize("name", LOSSY_LINK)
def test_over_a_lossy_link_no_message_is_fragmented_by_ip(name: str) -> None:
    texts = [e.text or "" for e in ElementTree.fromstring((CONFIG / name).read_text()).iter()]
    largest = int(texts[texts.index("fastdds.max_message_size") + 1])
    assert 0 < largest <= ETHERNET - IP_AND_UDP


@pytest.mark.parametrize("name", LOSSY_LINK)
def test_over_a_lossy_link_lost_announcements_do_not_make_a_node_count_as_gone(name: str) -> None:
    root = ElementTree.fromstring((CONFIG / name).read_text())
    seconds = {
        e.tag.rpartition("}")[2]: int(e[0].text or 0)
        for e in root.iter()
        if e.tag.rpartition("}")[2] in ("leaseDuration", "leaseAnnouncement")
    }
    assert seconds["leaseDuration"] >= 5 * seconds["leaseAnnouncement"]
    respawn_delay = 5.0  # ros/launching.py: a killed node gets no more images once it is back
    assert seconds["leaseDuration"] <= respawn_delay


@pytest.mark.parametrize("name", PROFILES)
def test_on_one_machine_messages_stay_whole(name: str) -> None:
    """A raw picture in pieces of 1,400 bytes is too slow, in shared memory too."""
    assert "max_message_size" not in (CONFIG / name).read_text()


@pytest.mark.parametrize(("two", "three"), [PROFILES, LOSSY_LINK])
def test_both_versions_say_the_same(two: str, three: str) -> None:
    """Fast DDS 3 writes heartbeat_period where 2 writes heartbeatPeriod."""

    def flat(name: str) -> list[tuple[str, str]]:
        root = ElementTree.fromstring((CONFIG / name).read_text())
        tags = ((e.tag.rpartition("}")[2], (e.text or "").strip()) for e in root.iter())
        return [(tag.replace("_", "").lower(), text) for tag, text in tags]

    assert flat(two) == flat(three)


@pytest.mark.parametrize("arenas", ["1", ""])
def test_malloc_is_tuned_in_a_process_that_runs_already(arenas: str) -> None:
    """Threads that allocate have heaps of their own, unless that is forbidden meanwhile."""
    code = f"""
import ctypes, threading, time
from video_commentary.config.process_env import tune_malloc
tune_malloc({{"MALLOC_ARENA_MAX": "{arenas}"}} if "{arenas}" else {{}})
let_go = threading.Event()
kept = [[] for _ in range(4)]
def work(mine):
    mine.extend(bytearray(2000) for _ in range(1000))
    let_go.wait()
threads = [threading.Thread(target=work, args=(mine,)) for mine in kept]
[thread.start() for thread in threads]
while any(len(mine) < 1000 for mine in kept):
    time.sleep(0.01)
ctypes.CDLL(None).malloc_stats()
let_go.set()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stderr.count("Arena") == 1) == bool(arenas)


def test_a_demo_stays_on_this_machine_unless_set_otherwise() -> None:
    assert for_this_machine_only({}) == {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    assert for_this_machine_only({"ROS_DISTRO": "humble"}) == {"ROS_LOCALHOST_ONLY": "1"}
    assert for_this_machine_only({"ROS_STATIC_PEERS": "10.0.0.2"}) == {}
