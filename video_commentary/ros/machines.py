"""Which machine an endpoint of the ROS graph is on."""

from __future__ import annotations

from collections.abc import Sequence

from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier

_EPROSIMA = b"\x01\x0f"
"""Vendor of Fast DDS: the first two bytes of a GUID. The next two are a hash of the addresses of
the machine, which other vendors don't give."""


def host_id(gid: bytes) -> bytes | None:
    """Return what an endpoint's GID says about its machine; None if it says nothing."""
    fast_dds = get_rmw_implementation_identifier().startswith("rmw_fastrtps")
    return gid[2:4] if fast_dds and gid[:2] == _EPROSIMA else None


def own_gids(node: Node) -> list[bytes]:
    """Return GIDs of endpoints of nodes of `node`'s name: ours, usually."""
    named = (node.get_name(), node.get_namespace())
    return [
        bytes(info.endpoint_gid)
        for info in node.get_publishers_info_by_topic("/parameter_events")  # every node's own
        if (info.node_name, info.node_namespace) == named
    ]


def is_remote(node: Node, topic: str) -> bool | None:
    """Return whether all that publish a `topic` are on another machine than `node`."""
    publishers = node.get_publishers_info_by_topic(topic)
    return all_remote(own_gids(node), [bytes(info.endpoint_gid) for info in publishers])


def all_remote(ours: Sequence[bytes], theirs: Sequence[bytes]) -> bool | None:
    """Return whether all of `theirs` are on another machine than `ours`; None if unknown.

    Both are GIDs. `ours` has several if nodes of one name are on the graph.
    """
    own = {host_id(gid) for gid in ours}
    hosts = {host_id(gid) for gid in theirs}
    if len(own) != 1 or not hosts or None in own | hosts:
        return None
    return not own & hosts
