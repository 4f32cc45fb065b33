"""A camera topic: its subscription, a bounded queue of messages, and how it is doing."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from ..core.clock_offset import ClockOffset
from ..core.freeze_detector import FreezeDetector
from ..core.stamp import Stamp
from .image_subscription import ImageSubscription
from .images import Rgb, decode, shrink, to_rgb
from .machines import all_remote, own_gids
from .time import to_stamp
from .timers import every
from .transport_choice import Publishers, TransportChoice

COMPRESSED = "/compressed"
DISCOVERY_PERIOD = 0.1
"""Seconds between looks for the camera's publishers until one is there."""
Queued = TypeVar("Queued")


@dataclass(frozen=True)
class ImageTopicOptions:
    """How images are received.

    `transport`: raw, compressed, or auto. `prefer_compressed`: auto takes compressed images from
    this machine too. `max_side`: pixels on the longer side after shrinking. `sufficient_fps`:
    images a second with which reliable delivery is not tried. `queue_size`: messages that may
    wait for conversion.
    """

    transport: str
    max_side: int
    sufficient_fps: float
    queue_size: int
    prefer_compressed: bool = False


class ImageTopic(ABC, Generic[Queued]):
    """Receives the images of a topic on the ROS thread; subclasses convert them on another.

    `topic` is the camera's topic as given, `full_topic` the one subscribed to. `received` and
    `dropped` count messages. `clock` compares the camera's clock with ours. `seen_at` is the
    monotonic time of the newest message, None before the first. `trouble` says what is wrong with
    the images themselves, empty if the last one was fine. `parameter` names the setting that
    chooses the topic.
    """

    parameter: ClassVar[str]

    def __init__(
        self, node: Node, topic: str, options: ImageTopicOptions, arrived: threading.Event
    ) -> None:
        """Subscribe; `arrived` is set whenever a message is queued."""
        self._node = node
        self._options = options
        self._arrived = arrived
        self._queue: deque[Queued] = deque(maxlen=options.queue_size)
        self.topic = topic
        self.received = 0
        self.dropped = 0
        self.clock = ClockOffset()
        self.seen_at: float | None = None
        self.trouble = ""
        self.frame_id = ""
        self._freeze = FreezeDetector()
        self._choice = TransportChoice(options.prefer_compressed)
        self._discovery = every(node, DISCOVERY_PERIOD, self._discover)
        self._subscribe(self._resolve(missing=0.0))

    @property
    def publishers(self) -> int:
        """The number of publishers on the topic."""
        return int(self._node.count_publishers(self.full_topic))

    @property
    def reliable(self) -> bool:
        """Whether lost images are sent again."""
        return self._subscription.reliable

    @property
    def changing(self) -> bool:
        """Whether no images are to be expected: it is being subscribed to another way."""
        return self._subscription.changing

    @property
    def missing(self) -> float:
        """The part of the images that is lost on the way, 0 to 1, as gaps in the stamps show."""
        return self._subscription.missing

    @property
    def frozen_for(self) -> float:
        """The seconds for which the picture has been exactly the same, by the stamps."""
        return self._freeze.seconds

    def follow_publishers(self) -> None:
        """Adapt to the publishers and to what arrives; call about once a second."""
        full = self._resolve(self.missing)
        if full == self.full_topic:
            self._subscription.follow_publishers()
            return
        self._subscription.close()
        self._subscribe(full)

    def switch(self, topic: str) -> None:
        """Receive another topic from now on; call on the ROS thread."""
        self.topic = topic
        self.seen_at = None
        self.clock.clear()
        self._freeze.clear()
        self._choice = TransportChoice(self._options.prefer_compressed)
        self._discovery.reset()
        self.follow_publishers()

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_timer(self._discovery)
        self._subscription.close()
        self._queue.clear()

    def _discover(self) -> None:
        raw = self._raw_topic
        if self._node.count_publishers(raw) or self._node.count_publishers(raw + COMPRESSED):
            self._discovery.cancel()
            self.follow_publishers()

    @abstractmethod
    def _on_image(self, message: Any, stamp: Stamp) -> None:
        """Take a message, on the ROS thread."""

    def _enqueue(self, item: Queued) -> None:
        """Queue an item for conversion; if the queue is full, its oldest one is dropped."""
        self.dropped += len(self._queue) == self._queue.maxlen
        self._queue.append(item)
        self._arrived.set()

    def _dequeue(self) -> Queued | None:
        """Return the oldest queued item, None if there is none; may be called on any thread."""
        try:
            return self._queue.popleft()
        except IndexError:
            return None

    def _to_rgb(self, message: Any) -> Rgb:
        """Return the image as uint8 [H, W, 3], shrunk to `max_side`. Raise ImageError."""
        return shrink(self._full_rgb(message), self._options.max_side)

    def _full_rgb(self, message: Any) -> Rgb:
        """Return the image as uint8 [H, W, 3]. Raise ImageError."""
        return decode(message) if isinstance(message, CompressedImage) else to_rgb(message)

    def _report(self, trouble: str) -> None:
        """Set `trouble`, and log it if it is new."""
        if trouble != self.trouble:
            self._node.get_logger().warning(f"{self.full_topic}: {trouble}")
        self.trouble = trouble

    @property
    def _raw_topic(self) -> str:
        return str(self._node.resolve_topic_name(self.topic))

    def _resolve(self, missing: float) -> str:
        """Return the topic to subscribe to."""
        raw = self._raw_topic
        transport = self._options.transport
        if transport == "auto":
            publishers = self._find_publishers(raw)
            self._choice.update(time.monotonic(), self.received, missing, publishers)
            transport = "compressed" if self._choice.compressed else "raw"
        return raw + COMPRESSED if transport == "compressed" else raw

    def _find_publishers(self, raw: str) -> Publishers:
        of_raw, of_compressed = (
            [bytes(info.endpoint_gid) for info in self._node.get_publishers_info_by_topic(topic)]
            for topic in (raw, raw + COMPRESSED)
        )
        remote = all_remote(own_gids(self._node), of_raw)
        return Publishers(frozenset(of_raw), frozenset(of_compressed), remote)

    def _subscribe(self, full_topic: str) -> None:
        self.full_topic = full_topic
        kind = CompressedImage if full_topic.endswith(COMPRESSED) else Image
        self._subscription = ImageSubscription(
            self._node, kind, full_topic, self._options.sufficient_fps, self._receive
        )

    def _receive(self, message: Any) -> None:
        self.received += 1
        self.seen_at = time.monotonic()
        stamp = to_stamp(message.header.stamp)
        arrived = self._node.get_clock().now().nanoseconds
        if stamp == 0:
            # Some drivers leave the stamp empty: the time of arrival is the best estimate.
            stamp = arrived
        self.clock.add(stamp, arrived, self.seen_at)
        self._on_image(message, stamp)
