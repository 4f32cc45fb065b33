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

from ..core.stamp import Stamp
from .image_subscription import ImageSubscription
from .images import Rgb, decode, shrink, to_rgb
from .time import to_stamp

COMPRESSED = "/compressed"
Queued = TypeVar("Queued")


@dataclass(frozen=True)
class ImageTopicOptions:
    """How images are received. `transport`: raw, compressed, or auto for whichever is published.

    `max_side`: pixels on the longer side after shrinking. `sufficient_fps`: images a second with
    which reliable delivery is not tried. `queue_size`: messages that may wait for conversion.
    """

    transport: str
    max_side: int
    sufficient_fps: float
    queue_size: int


class ImageTopic(ABC, Generic[Queued]):
    """Receives the images of a topic on the ROS thread; subclasses convert them on another.

    `topic` is the camera's topic as given, `full_topic` the one subscribed to. `received` and
    `dropped` count messages. `seen_at` is the monotonic time of the newest one, None before the
    first. `trouble` says what is wrong with the images themselves, empty if the last one was fine.
    `parameter` names the setting that chooses the topic.
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
        self.seen_at: float | None = None
        self.trouble = ""
        self.frame_id = ""
        self._subscribe(self._resolve())

    @property
    def publishers(self) -> int:
        """The number of publishers on the topic."""
        return int(self._node.count_publishers(self.full_topic))

    def follow_publishers(self) -> None:
        """Adapt to the publishers and to what arrives; call about once a second."""
        full = self._resolve()
        if full == self.full_topic:
            self._subscription.follow_publishers()
            return
        self._subscription.close()
        self._subscribe(full)

    def close(self) -> None:
        """Unsubscribe."""
        self._subscription.close()
        self._queue.clear()

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
        image = decode(message) if isinstance(message, CompressedImage) else to_rgb(message)
        return shrink(image, self._options.max_side)

    def _report(self, trouble: str) -> None:
        """Set `trouble`, and log it if it is new."""
        if trouble != self.trouble:
            self._node.get_logger().warning(f"{self.full_topic}: {trouble}")
        self.trouble = trouble

    def _resolve(self) -> str:
        raw = self._node.resolve_topic_name(self.topic)
        transport = self._options.transport
        if transport == "auto":
            published = self._node.count_publishers(raw + COMPRESSED)
            transport = "compressed" if published else "raw"
        return raw + COMPRESSED if transport == "compressed" else raw

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
        if stamp == 0:
            # Some drivers leave the stamp empty: the time of arrival is the best estimate.
            stamp = self._node.get_clock().now().nanoseconds
        self._on_image(message, stamp)
