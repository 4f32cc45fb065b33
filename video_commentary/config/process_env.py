"""Environment variables that make large images cheap for a node's process."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path

_MALLOC = {
    # Keep freed image buffers: returning them to the kernel costs page faults, 8 % of a core
    # with these settings and 32 % without, for a 1080p subscriber at 30 Hz.
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TOP_PAD_": "67108864",
    # One heap for all threads: each separate heap keeps the largest pictures and sentences it
    # has held. 180 comments took 21 MB with one, 94 MB with glibc's default of eight a core.
    "MALLOC_ARENA_MAX": "1",
}
_MALLOPT = {
    "MALLOC_TRIM_THRESHOLD_": -1,
    "MALLOC_TOP_PAD_": -2,
    "MALLOC_MMAP_THRESHOLD_": -3,
    "MALLOC_ARENA_MAX": -8,
}
"""Parameters of mallopt(3), by the variable that sets them at a process's start (malloc.h)."""
LINK_VARIABLE = "VIDEO_COMMENTARY_LINK"
LOCAL, LOSSY = "local", "lossy"
LINKS = (LOCAL, LOSSY)
"""What joins the machines: `lossy` is for Wi-Fi, docs/network.md says why it is not for all."""
_FILES = {LOCAL: "large_images.xml", LOSSY: "lossy_link.xml"}
PROFILES = {
    2: ("FASTRTPS_DEFAULT_PROFILES_FILE", "fastdds"),
    3: ("FASTDDS_DEFAULT_PROFILES_FILE", "fastdds3"),
}
"""Variable, and first word of the file, by major version of Fast DDS.

2 does not read the new variable, 3 warns about the old one, and each refuses the other's file.
"""
_WITH_FAST_DDS_2 = {"humble", "iron", "jazzy"}
_DISCOVERY = (
    "ROS_AUTOMATIC_DISCOVERY_RANGE",
    "ROS_LOCALHOST_ONLY",
    "ROS_STATIC_PEERS",
    "ROS_DISCOVERY_SERVER",
)


def for_images(existing: Mapping[str, str], config: Path) -> dict[str, str]:
    """Return variables to add to `existing`; what the user has set is left alone.

    Raise ValueError for a link that is none of `LINKS`.
    """
    link = existing.get(LINK_VARIABLE) or LOCAL
    if link not in LINKS:
        raise ValueError(f"{LINK_VARIABLE}: {link!r} is not one of {', '.join(LINKS)}")
    added = {name: value for name, value in _MALLOC.items() if name not in existing}
    fast_dds = existing.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp").startswith("rmw_fastrtps")
    if fast_dds and not any(variable in existing for variable, _ in PROFILES.values()):
        version = 2 if existing.get("ROS_DISTRO", "jazzy") in _WITH_FAST_DDS_2 else 3
        variable, first = PROFILES[version]
        added[variable] = str(config / f"{first}_{_FILES[link]}")
    return added


def tune_malloc(environment: Mapping[str, str]) -> None:
    """Let the MALLOC_ variables act on this process, which glibc reads at its start only."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    for name, parameter in _MALLOPT.items():
        if mallopt is not None and name in environment:
            mallopt(parameter, int(environment[name]))


def for_this_machine_only(existing: Mapping[str, str]) -> dict[str, str]:
    """Return variables that keep a demo off the network, unless the user chose otherwise."""
    if any(name in existing for name in _DISCOVERY):
        return {}
    if existing.get("ROS_DISTRO") == "humble":
        return {"ROS_LOCALHOST_ONLY": "1"}
    return {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
