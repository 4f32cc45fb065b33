"""What the robot itself says, so that the listener does not take it for somebody else."""

from __future__ import annotations

from typing import Protocol

from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node

from video_commentary.msg import Commentary

from ...core.audio import OUTPUT_FORMAT, Pcm, from_bytes
from ...core.pacing import LEAD
from ...core.stamp import NANOSECONDS, Stamp, from_seconds
from ...ros.qos import EVENTS
from ...ros.time import to_stamp

_FOREIGN_CLOCK = 1.0
"""Seconds; sound is sent just before it is due, so a larger difference means that clocks differ."""


class KnowingListener(Protocol):
    """The part of `Listener` that learns what the robot plays and says."""

    def played(self, pcm: Pcm, stamp: Stamp) -> None:
        """Take sound that is played."""
        ...

    def said(self, text: str, stamp: Stamp) -> None:
        """Take words that are said."""
        ...


class RobotSound:
    """Passes on the sound and the words of the commentator called `name`."""

    def __init__(self, node: Node, name: str, listener: KnowingListener) -> None:
        self._node = node
        self._listener = listener
        node.create_subscription(AudioDataStamped, f"{name}/audio_stamped", self._on_sound, EVENTS)
        node.create_subscription(Commentary, f"{name}/commentary_events", self._on_comment, EVENTS)

    def _now(self) -> Stamp:
        return int(self._node.get_clock().now().nanoseconds)

    def _on_sound(self, message: AudioDataStamped) -> None:
        if not len(message.audio.data):
            return
        due, expected = to_stamp(message.header.stamp), self._now() + from_seconds(LEAD)
        foreign = abs(due - expected) > _FOREIGN_CLOCK * NANOSECONDS
        pcm = from_bytes(bytes(message.audio.data), OUTPUT_FORMAT)
        self._listener.played(pcm, expected if foreign else due)

    def _on_comment(self, message: Commentary) -> None:
        if message.text:
            self._listener.said(message.text, self._now())
