"""What doctor checks of the network: who is discovered, and whether images get through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..config.fast_dds_profile import UNFRAGMENTED, largest_message
from .doctor_finding import Finding, absent, present

_SYSTEM = Path("/proc/sys/net")
_RECEIVE_BUFFER = 4_194_304
"""Bytes for what arrives while a node is busy: some JPEGs of 1080p."""
_FRAGMENT_TIME = 3
_FRAGMENT_MEMORY = 134_217_728
"""Seconds and bytes: what ROS 2's own guide to DDS on lossy networks says."""


def discovery(environment: Mapping[str, str]) -> Finding:
    """Return the domain, and on which machines nodes are discovered."""
    what = "discovery"
    domain = f"domain {environment.get('ROS_DOMAIN_ID') or 0}"
    scope = environment.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "").upper()
    if environment.get("ROS_LOCALHOST_ONLY") == "1":
        fix = "for two machines: unset ROS_LOCALHOST_ONLY on both"
        return present(what, f"{domain}, this machine only (ROS_LOCALHOST_ONLY)", fix)
    if server := environment.get("ROS_DISCOVERY_SERVER"):
        return present(what, f"{domain}, by the discovery server {server}")
    if scope in ("LOCALHOST", "OFF"):
        fix = "for two machines: ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET on both"
        return present(what, f"{domain}, this machine only ({scope})", fix)
    peers = environment.get("ROS_STATIC_PEERS")
    named = f" and at {peers}" if peers else ""
    fix = "" if peers else "if the other machine's topics are missing: ROS_STATIC_PEERS"
    return present(what, f"{domain}, all machines of the subnet{named}", fix)


def message_size(environment: Mapping[str, str]) -> Finding:
    """Return whether what nodes of this environment send is cut up by IP."""
    what = "sent messages"
    size = largest_message(environment)
    if size is None:
        fix = "docs/network.md: only Fast DDS was tried"
        return present(what, "size unknown: not Fast DDS, or a profile that can't be read", fix)
    if size <= UNFRAGMENTED:
        return present(what, f"at most {size} bytes: never cut up by IP")
    fix = "over Wi-Fi: VIDEO_COMMENTARY_LINK=lossy on both machines, or robot and desk.launch.py"
    return present(what, f"up to {size} bytes: one lost packet of 1,500 loses all", fix)


def kernel(environment: Mapping[str, str], system: Path = _SYSTEM) -> Iterator[Finding]:
    """Yield what the kernel keeps of what arrives; `system`: /proc/sys/net."""
    yield _receive_buffer(system / "core")
    size = largest_message(environment)
    yield _fragments(system / "ipv4", size is None or size > UNFRAGMENTED)


def _receive_buffer(folder: Path) -> Finding:
    what = "receive buffer"
    largest, usual = _read(folder / "rmem_max"), _read(folder / "rmem_default")
    if largest is None or usual is None:
        return present(what, "not visible here: look outside the container", "")
    found = f"rmem_max {largest}, rmem_default {usual} bytes"
    if min(largest, usual) >= _RECEIVE_BUFFER:
        return present(what, found)
    names = ("net.core.rmem_max", "net.core.rmem_default")
    fix = "if large images are lost: sudo sysctl -w " + " ".join(
        f"{name}={_RECEIVE_BUFFER}" for name in names
    )
    return absent(what, found, fix, needed=False)


def _fragments(folder: Path, large_messages: bool) -> Finding:
    what = "fragments"
    seconds, memory = _read(folder / "ipfrag_time"), _read(folder / "ipfrag_high_thresh")
    if seconds is None or memory is None:
        return present(what, "not visible here: look outside the container", "")
    found = f"ipfrag_time {seconds} s, ipfrag_high_thresh {memory} bytes"
    if seconds <= _FRAGMENT_TIME and memory >= _FRAGMENT_MEMORY:
        return present(what, found)
    fix = (
        f"sudo sysctl -w net.ipv4.ipfrag_time={_FRAGMENT_TIME} "
        f"net.ipv4.ipfrag_high_thresh={_FRAGMENT_MEMORY}"
    )
    if large_messages:
        return absent(what, found, f"over Wi-Fi: {fix}", needed=False)
    return present(what, found, f"only for senders of larger messages: {fix}")


def _read(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
