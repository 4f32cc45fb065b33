"""Quality of service of our topics."""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""The newest value, also for late subscribers: status, audio_info."""

CLIPS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""The newest clips, also for late subscribers: two may be complete at once."""

EVENTS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=50, reliability=ReliabilityPolicy.RELIABLE
)
"""Comments and sound: all are delivered; a slow subscriber loses the oldest."""

BOXES = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=5, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""To draw what is in view: a lost message is not worth sending again, the next one comes soon."""

CAMERA_IMAGES = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=5,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
    lifespan=Duration(seconds=0.5),
)
"""Images that we publish. Best effort would lose every image larger than Fast DDS's shared-memory
segment. Transient local, for the sake of reliable subscribers that join a running camera
(reliability_trial.py); the lifespan keeps old pictures from them.
"""
