"""The bridge's way to the listener: sound there, what was understood back."""

from __future__ import annotations

from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node

from video_commentary.msg import Utterance

from ...bridge.items import HeardUtterance
from ...bridge.robot_gateway import RobotGateway
from ...core.audio import Pcm
from ...ros.qos import EVENTS
from ...ros.time import to_seconds, to_time


class MicrophonePublisher:
    """Publishes the sound of clients' microphones; the frame_id names the stream."""

    def __init__(self, node: Node) -> None:
        self._publisher = node.create_publisher(AudioDataStamped, "~/microphone", EVENTS)

    @property
    def listens(self) -> bool:
        """Whether anybody subscribes."""
        return bool(self._publisher.get_subscription_count())

    def publish(self, stream: str, pcm: Pcm, stamp: float) -> None:
        """Publish a block that begins at `stamp`, in seconds."""
        message = AudioDataStamped()
        message.header.stamp = to_time(stamp)
        message.header.frame_id = stream
        message.audio.data = pcm.tobytes()
        self._publisher.publish(message)


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
