"""One topic of sound, of whichever of the two types its publisher has."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from ..core.audio import AudioFormat, Pcm, from_bytes
from ..core.stamp import Stamp
from .health import Check
from .time import to_stamp

STALLED_AFTER = 2.0
"""Seconds without sound after which a stream has ended or stalled."""

ASSUMED_FORMAT = AudioFormat(16_000, 1)
"""Of a topic beside which no AudioInfo is published: what the bridge and most microphones send."""
_TYPES = {
    "audio_common_msgs/msg/AudioData": AudioData,
    "audio_common_msgs/msg/AudioDataStamped": AudioDataStamped,
}
_DEPTH = 50
"""Blocks that may wait for the ROS thread; of 20 ms they are a second."""
_RATES = (4_000, 384_000)
_MAX_CHANNELS = 16


class SoundTopic:
    """Subscribes to a topic as soon as somebody publishes it.

    Its format is that of `audio_info` beside it; without that, 16 kHz mono. Samples are int16.
    `hear` gets the stream's name, sound, stamp and time of arrival (monotonic, s).
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        hear: Callable[[str, Pcm, Stamp, float], None],
        *,
        gaps: bool = False,
    ) -> None:
        """Follow a topic. `gaps`: without AudioInfo beside it, no sound for a while is no trouble.

        The bridge publishes only while somebody's microphone is open.
        """
        self._node = node
        self._hear = hear
        self._gaps = gaps
        self.name = node.resolve_topic_name(topic)
        self._info_name = self.name.rsplit("/", 1)[0] + "/audio_info"
        self._sound: tuple[object, Any] | None = None
        self._info: tuple[object, Any] | None = None
        self._format = ASSUMED_FORMAT
        self._unreadable = ""
        self._heard_at: float | None = None
        self._publishers = 0

    def follow_publishers(self) -> None:
        """Subscribe to what is published now; call about once a second, on the ROS thread."""
        self._info = self._followed(self._info, self._info_name, {_INFO: AudioInfo}, self._on_info)
        self._sound = self._followed(self._sound, self.name, _TYPES, self._on_sound)

    def close(self) -> None:
        """Unsubscribe."""
        for subscribed in (self._info, self._sound):
            if subscribed is not None:
                self._node.destroy_subscription(subscribed[1])
        self._info = self._sound = None

    def check(self) -> Check:
        """Return the check for /diagnostics."""
        values = {
            "publishers": self._publishers,
            "Hz": self._format.rate,
            "channels": self._format.channels,
        }
        return Check(f"sound {self.name}", self._trouble(), False, values)

    def _trouble(self) -> str:
        if self._unreadable:
            return self._unreadable
        if not self._publishers or (self._gaps and self._info is None):
            return ""
        if self._heard_at is None or time.monotonic() - self._heard_at > STALLED_AFTER:
            lately = "yet" if self._heard_at is None else f"for {STALLED_AFTER:g} s"
            return f"no sound on {self.name} {lately}, though it has a publisher: check it"
        return ""

    def _followed(
        self,
        subscribed: tuple[object, Any] | None,
        name: str,
        types: dict[str, Any],
        callback: Callable[[Any], None],
    ) -> tuple[object, Any] | None:
        """Return what is subscribed to, and the subscription, after a look at the publishers."""
        publishers = self._node.get_publishers_info_by_topic(name)
        offers = [offer for offer in publishers if offer.topic_type in types]
        if name == self.name:
            self._publishers = len(offers)
        if not offers:
            return subscribed
        offer = offers[0]
        reliable = all(o.qos_profile.reliability is ReliabilityPolicy.RELIABLE for o in offers)
        latched = offer.qos_profile.durability is DurabilityPolicy.TRANSIENT_LOCAL
        wanted = (offer.topic_type, reliable, latched)
        if subscribed is not None:
            if subscribed[0] == wanted:
                return subscribed
            self._node.destroy_subscription(subscribed[1])
        qos = QoSProfile(
            depth=_DEPTH,
            reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=(DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE),
        )
        made = self._node.create_subscription(types[offer.topic_type], name, callback, qos)
        return wanted, made

    def _on_info(self, message: AudioInfo) -> None:
        wrong = []
        if message.coding_format.lower() not in ("", "wave", "wav", "raw", "pcm"):
            wrong.append(f"coding format {message.coding_format}")
        if message.sample_format.upper() not in ("", "S16LE"):
            wrong.append(f"sample format {message.sample_format}")
        if not _RATES[0] <= message.sample_rate <= _RATES[1]:
            wrong.append(f"{message.sample_rate} Hz")
        if not 1 <= message.channels <= _MAX_CHANNELS:
            wrong.append(f"{message.channels} channels")
        self._unreadable = ""
        if wrong:
            self._unreadable = (
                f"{self._info_name} says {', '.join(wrong)}: publish wave with S16LE samples, "
                "mono or stereo"
            )
            return
        self._format = AudioFormat(int(message.sample_rate), int(message.channels))

    def _on_sound(self, message: Any) -> None:
        at = time.monotonic()
        self._heard_at = at
        if self._unreadable:
            return
        stamp, name, data = 0, self.name, message
        if isinstance(message, AudioDataStamped):
            stamp, data = to_stamp(message.header.stamp), message.audio
            name = message.header.frame_id or self.name
        self._hear(name, from_bytes(bytes(data.data), self._format), stamp, at)


_INFO = "audio_common_msgs/msg/AudioInfo"
