"""One camera topic at its full rate, as JPEG: passed through where it is one, else compressed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from .image_subscription import ImageSubscription
from .images import ImageError, Rgb, decode, is_whole_jpeg, shrink, to_rgb
from .images_out import encode_jpeg
from .time import to_seconds

QUEUE = 2
"""Images that may wait for compression; when one more comes, the oldest is dropped."""
IDLE_PERIOD = 0.5
"""Seconds between compressed images while nobody watches: who comes then sees the last seconds."""
ENOUGH = 8.0
"""Images a second that still show movement: a camera of 10 a second needs no trial."""


@dataclass(frozen=True)
class FeedOptions:
    """How images are taken in. `transport`: auto, raw or compressed."""

    transport: str
    longest: int
    quality: Callable[[], int]


class Feed:
    """Gives out each image of a topic as (JPEG, stamp), on the ROS thread or its own.

    The attributes are those that `ros.health` reads of a camera.
    """

    parameter = "view_topic"

    def __init__(
        self,
        node: Node,
        topic: str,
        options: FeedOptions,
        deliver: Callable[[bytes, float], None],
        wanted: Callable[[], bool],
    ) -> None:
        """Subscribe; `wanted` says whether anybody watches."""
        self._node = node
        self._topic = topic
        self._options = options
        self._deliver = deliver
        self._wanted = wanted
        self._queue: deque[tuple[Any, float]] = deque(maxlen=QUEUE)
        self._taken = 0.0
        self.received = 0
        self.dropped = 0
        self.seen_at: float | None = None
        self.trouble = ""
        self.frame_id = ""
        self._subscribe(self._find())
        self._arrived = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    @property
    def publishers(self) -> int:
        """How many publish on the topic."""
        return int(self._node.count_publishers(self.full_topic))

    def follow_publishers(self) -> None:
        """Subscribe anew where publishers offer another transport, or images come better so."""
        full = self._find()
        if full == self.full_topic:
            self._subscription.follow_publishers()
            return
        self._subscription.close()
        self._subscribe(full)

    def switch(self, topic: str) -> None:
        """Take in another topic from now on; call on the ROS thread."""
        self._topic = topic
        self.seen_at = None
        self.follow_publishers()

    def close(self) -> None:
        """Unsubscribe and stop."""
        self._subscription.close()
        self._stopping = True
        self._arrived.set()
        self._thread.join()

    def _find(self) -> str:
        raw = self._node.resolve_topic_name(self._topic)
        transport = self._options.transport
        if transport == "auto":
            published = self._node.count_publishers(f"{raw}/compressed")
            transport = "compressed" if published else "raw"
        return f"{raw}/compressed" if transport == "compressed" else raw

    def _subscribe(self, full: str) -> None:
        self.full_topic = full
        kind = CompressedImage if full.endswith("/compressed") else Image
        self._subscription = ImageSubscription(self._node, kind, full, ENOUGH, self._store)

    def _store(self, message: Any) -> None:
        self.received += 1
        self.seen_at = time.monotonic()
        self.frame_id = message.header.frame_id
        stamp = to_seconds(message.header.stamp)
        if stamp == 0.0:
            # Some drivers leave it empty; the time of arrival is the best that is left.
            stamp = self._node.get_clock().now().nanoseconds / 1e9
        if isinstance(message, CompressedImage) and is_whole_jpeg(message.data):
            self.trouble = ""
            self._deliver(message.data.tobytes(), stamp)
            return
        if not self._wanted() and abs(stamp - self._taken) < IDLE_PERIOD:
            return
        self._taken = stamp
        self.dropped += len(self._queue) == QUEUE
        self._queue.append((message, stamp))
        self._arrived.set()

    def _run(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            if self._stopping:
                return
            while self._queue:
                self._compress(*self._queue.popleft())

    def _compress(self, message: Any, stamp: float) -> None:
        try:
            image = shrink(_rgb(message), self._options.longest)
            jpeg = encode_jpeg(image, self._options.quality())
        except (ImageError, ValueError) as error:
            self._say(str(error))
            return
        self.trouble = ""
        self._deliver(jpeg, stamp)

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            self._node.get_logger().warning(f"{self.full_topic}: {trouble}")
        self.trouble = trouble


def _rgb(message: Any) -> Rgb:
    return decode(message) if isinstance(message, CompressedImage) else to_rgb(message)
