"""What the Fast DDS profile in force says about the size of messages."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from .process_env import PROFILES

LARGEST_UDP_MESSAGE = 65_500
"""Bytes that Fast DDS sends at once over UDP unless a profile says otherwise."""
UNFRAGMENTED = 1_472
"""Bytes that fit into one IP packet of Ethernet and Wi-Fi, beside the headers of IP and UDP."""


def profile_file(environment: Mapping[str, str]) -> str:
    """Return the Fast DDS profile that `environment` names; empty if none."""
    named = (environment.get(variable) for variable, _ in PROFILES.values())
    return next((file for file in named if file), "")


def largest_message(environment: Mapping[str, str]) -> int | None:
    """Return the size in bytes above which Fast DDS splits what it sends over UDP.

    None if that is not known: with another middleware, or a profile that can't be read.
    """
    if not environment.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp").startswith("rmw_fastrtps"):
        return None
    file = profile_file(environment)
    if not file:
        return LARGEST_UDP_MESSAGE
    try:
        root = ElementTree.parse(file).getroot()  # noqa: S314 - the user's own file
    except (OSError, ElementTree.ParseError):
        return None
    limits = [LARGEST_UDP_MESSAGE, *_property_limits(root), *_transport_limits(root)]
    return min(limits)


def _property_limits(root: ElementTree.Element) -> list[int]:
    found = []
    for each in root.iter():
        parts = {_tag(part): (part.text or "").strip() for part in each}
        if parts.get("name") == "fastdds.max_message_size" and parts.get("value", "").isdecimal():
            found.append(int(parts["value"]))
    return found


def _transport_limits(root: ElementTree.Element) -> list[int]:
    found = []
    for each in root.iter():
        parts = {_tag(part): (part.text or "").strip() for part in each}
        size = parts.get("maxMessageSize", "")
        if parts.get("type", "").startswith("UDP") and size.isdecimal():
            found.append(int(size))
    return found


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
