"""The bridge's way to the listener: sound there, what was understood and what is wrong back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from video_commentary.msg import Utterance

from ...bridge.items import HeardUtterance
from ...bridge.robot_gateway import RobotGateway
from ...core.audio import Pcm
from ...ros.qos import EVENTS
from ...ros.time import to_seconds, to_time

_STALE_AFTER = 3.0
"""Seconds; a listener reports once a second."""


class MicrophonePublisher:
    """Publishes the sound of clients' microphones; the frame_id names the stream."""

    def __init__(self, node: Node) -> None:
        self._publisher = node.create_publisher(AudioDataStamped, "~/microphone", EVENTS)

    @property
    def listens(self) -> bool:
        """Whether anybody subscribes; a listener does once it can recognize speech."""
        return bool(self._publisher.get_subscription_count())

    def publish(self, stream: str, pcm: Pcm, stamp: float) -> None:
        """Publish a block that begins at `stamp`, in seconds."""
        message = AudioDataStamped()
        message.header.stamp = to_time(stamp)
        message.header.frame_id = stream
        message.audio.data = pcm.tobytes()
        self._publisher.publish(message)


class ListenerTrouble:
    """Why the listener called `name` can't recognize speech, as it says in /diagnostics.

    That topic carries the reports of the whole robot, so it is followed only while it can tell.
    """

    def __init__(self, node: Node, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`name`: empty for none."""
        self._node = node
        self._clock = clock
        self._heard = node.resolve_topic_name(f"{name}/heard") if name else ""
        self._check = f"{name.rpartition('/')[2]}: recognizer"
        self._subscription: Any = None
        self._trouble = ""
        self._reported_at = 0.0

    def follow(self, listens: bool) -> str:
        """Return why it can't; empty if it can, or is not there. Call about once a second.

        `listens`: whether it takes sound already.
        """
        wanted = bool(self._heard) and not listens and self._node.count_publishers(self._heard) > 0
        if wanted and self._subscription is None:
            self._subscription = self._node.create_subscription(
                DiagnosticArray, "/diagnostics", self._on_report, 10
            )
        elif not wanted and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription, self._trouble = None, ""
        return self._trouble if self._clock() - self._reported_at < _STALE_AFTER else ""

    def _on_report(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == self._check:
                is_fatal = status.level == DiagnosticStatus.ERROR
                self._trouble = status.message if is_fatal else ""
                self._reported_at = self._clock()


def follow_utterances(node: Node, name: str, gateway: RobotGateway) -> None:
    """Put what the listener called `name` hears into the gateway; empty for none."""

    def on_utterance(message: Utterance) -> None:
        gateway.publish(
            HeardUtterance(
                id=message.id,
                stream=message.header.frame_id,
                speaker=message.speaker,
                begin=to_seconds(message.header.stamp),
                text=message.text,
                final=message.final,
                intent=message.intent,
                confidence=message.confidence,
                outcome=message.outcome,
            )
        )

    if name:
        node.create_subscription(Utterance, f"{name}/heard", on_utterance, EVENTS)
