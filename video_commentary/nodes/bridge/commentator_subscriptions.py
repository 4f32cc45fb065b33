"""The bridge's subscriptions to the commentator's topics."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

import numpy as np
from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node

from video_commentary.msg import Commentary, Status

from ...bridge.items import AWAY, Cut, Sound
from ...bridge.robot_gateway import RobotGateway
from ...core.audio import OUTPUT_FORMAT, Pcm
from ...ros.messages import comment, commentator_status
from ...ros.qos import EVENTS, LATCHED
from ...ros.time import to_seconds

SILENT_AFTER = 3.0
"""Seconds without a status message, sent every second, until the commentator counts as gone."""
_CLOCK_TOLERANCE = 1.0
"""Seconds. Sound is sent just before it is due: a larger offset means that the clocks differ."""


class CommentatorSubscriptions:
    """Puts comments and sound into the gateway; `report` is the newest status."""

    def __init__(
        self,
        node: Node,
        name: str,
        gateway: RobotGateway,
        on_cameras: Callable[[tuple[str, ...]], None],
    ) -> None:
        """Subscribe to the commentator called `name`.

        `on_cameras` is called with its image topics, with every status.
        """
        self._node = node
        self._name = name
        self._gateway = gateway
        self._on_cameras = on_cameras
        self._blocks = count()
        self._clock_offset = 0.0
        self._status_at = float("-inf")
        self.report = AWAY
        subscribe = node.create_subscription
        subscribe(Commentary, f"{name}/commentary_events", self._on_comment, EVENTS)
        subscribe(AudioDataStamped, f"{name}/audio_stamped", self._on_sound, EVENTS)
        self._status = subscribe(Status, f"{name}/status", self._on_status, LATCHED)

    @property
    def trouble(self) -> str:
        """Why the commentator is not there and what to do; empty if it is."""
        if time.monotonic() - self._status_at < SILENT_AFTER:
            return ""
        topic = self._status.topic_name
        if self._node.count_publishers(topic):
            return f"the commentator is silent: nothing on {topic}; see its log"
        return (
            f"there is no commentator called {self._name}: start it with "
            "ros2 launch video_commentary commentary.launch.py"
        )

    def _on_comment(self, message: Commentary) -> None:
        self._gateway.publish(comment(message))

    def _on_sound(self, message: AudioDataStamped) -> None:
        stamp = to_seconds(message.header.stamp)
        if not len(message.audio.data):
            self._gateway.publish(Cut(stamp))
            return
        samples = np.frombuffer(message.audio.data, "<i2").astype(np.int16, copy=False)
        heard_at = self._to_our_clock(stamp)
        self._gateway.publish(Sound(Pcm(samples, OUTPUT_FORMAT), heard_at, next(self._blocks)))

    def _to_our_clock(self, stamp: float) -> float:
        """Return when sound is due.

        If the clocks differ, the first block is due now, and the next ones in step with it.
        """
        now = self._gateway.robot.now()
        if abs(stamp - now) < _CLOCK_TOLERANCE:
            self._clock_offset = 0.0
        elif abs(stamp - self._clock_offset - now) >= _CLOCK_TOLERANCE:
            self._clock_offset = stamp - now
        return stamp - self._clock_offset

    def _on_status(self, message: Status) -> None:
        self._status_at = time.monotonic()
        self.report = commentator_status(message)
        self._on_cameras(self.report.cameras)
