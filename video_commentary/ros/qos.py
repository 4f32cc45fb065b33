"""Quality of service of our topics, and of cameras' as their publishers offer it."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""The newest value, also for those who come later: status, audio_info."""

EVENTS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=50, reliability=ReliabilityPolicy.RELIABLE
)
"""Comments and sound: every one counts, a slow reader loses the oldest."""


def camera_qos(node: Node, topic: str) -> QoSProfile:
    """Return reliable where every publisher of `topic` offers it, else best effort.

    A reliable subscriber gets nothing from a best-effort publisher; a best-effort one loses
    images larger than Fast DDS's shared-memory segment.
    """
    offered = [p.qos_profile.reliability for p in node.get_publishers_info_by_topic(topic)]
    reliable = bool(offered) and all(r is ReliabilityPolicy.RELIABLE for r in offered)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=5,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
    )
