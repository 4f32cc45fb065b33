"""What the bridge hears of the commentator."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node

from video_commentary.msg import Commentary, Status

from ...bridge.items import Cut, Report, Sound
from ...bridge.robot_gateway import RobotGateway
from ...core.audio import OUTPUT_FORMAT, Pcm
from ...ros.messages import comment
from ...ros.qos import EVENTS, LATCHED
from ...ros.time import to_seconds

SILENT_AFTER = 3.0
"""Seconds without a status, which comes every second, after which the commentator is away."""
_OTHER_CLOCK = 1.0
"""Seconds by which sound, sent just before it is due, is off only where clocks differ."""
_NUMBERS = (
    "comments",
    "silent",
    "cancelled",
    "engine_errors",
    "frames_dropped",
    "words_delay",
    "sound_delay",
    "cycle_time",
)
_TEXTS = ("state", "detail", "engine", "voice", "speaks", "profile", "instruction", "enabled")


class CommentatorSubscriptions:
    """Puts comments and sound into the gateway; keeps the last status."""

    def __init__(
        self,
        node: Node,
        name: str,
        gateway: RobotGateway,
        watched: Callable[[tuple[str, ...]], None],
    ) -> None:
        """Listen to the commentator called `name`; `watched` is told its image topics."""
        self._node = node
        self._name = name
        self._gateway = gateway
        self._watched = watched
        self._blocks = count()
        self._ahead = 0.0
        self._heard_at = float("-inf")
        self.report = Report()
        hear = node.create_subscription
        hear(Commentary, f"{name}/commentary_events", self._comment, EVENTS)
        hear(AudioDataStamped, f"{name}/audio_stamped", self._sound, EVENTS)
        self._status = hear(Status, f"{name}/status", self._note, LATCHED)

    @property
    def trouble(self) -> str:
        """Whether the commentator is away, and what to do; empty when it is heard."""
        if time.monotonic() - self._heard_at < SILENT_AFTER:
            return ""
        topic = self._status.topic_name
        if self._node.count_publishers(topic):
            return f"the commentator is silent: nothing on {topic}; see its log"
        return (
            f"there is no commentator called {self._name}: start it with "
            "ros2 launch video_commentary commentary.launch.py"
        )

    def _comment(self, message: Commentary) -> None:
        self._gateway.publish(comment(message))

    def _sound(self, message: AudioDataStamped) -> None:
        stamp = to_seconds(message.header.stamp)
        if not len(message.audio.data):
            self._gateway.publish(Cut(stamp))
            return
        samples = np.frombuffer(message.audio.data, "<i2").astype(np.int16, copy=False)
        heard_at = self._by_our_clock(stamp)
        self._gateway.publish(Sound(Pcm(samples, OUTPUT_FORMAT), heard_at, next(self._blocks)))

    def _by_our_clock(self, stamp: float) -> float:
        """Return when sound is due; where clocks differ, now, and what follows in step with it."""
        now = self._gateway.robot.now()
        if abs(stamp - now) < _OTHER_CLOCK:
            self._ahead = 0.0
        elif abs(stamp - self._ahead - now) >= _OTHER_CLOCK:
            self._ahead = stamp - now
        return stamp - self._ahead

    def _note(self, message: Status) -> None:
        self._heard_at = time.monotonic()
        values: dict[str, Any] = {name: getattr(message, name) for name in (*_NUMBERS, *_TEXTS)}
        self.report = Report(cameras=tuple(message.cameras), **values)
        self._watched(self.report.cameras)
