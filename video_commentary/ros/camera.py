"""One camera topic, read only as far as it is of use."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from ..core.frames import Frame
from ..core.scene_monitor import Use
from ..core.stamp import Stamp
from .image_subscription import ImageSubscription
from .images import ImageError, Rgb, decode, shrink, to_rgb
from .time import to_stamp

QUEUE = 4
"""Wanted images that may wait for conversion; when one more comes, the oldest is dropped."""
ENOUGH = 4.0
"""Images a second that leave no engine short: the built-in one looks at 5, others at 2."""


@dataclass(frozen=True)
class Arrival:
    """A wanted image message, not converted yet."""

    message: Any
    stamp: Stamp
    use: Use


class Camera:
    """Takes a topic's images in and gives them out as frames.

    Callbacks only store; `next_frame` converts, on the caller's thread. `trouble` says what is
    wrong with the images themselves; empty when the last one was fine.
    """

    parameter = "image_topics"

    def __init__(
        self,
        node: Node,
        topic: str,
        transport: str,
        longest: int,
        use: Callable[[str, Stamp], Use],
        arrived: threading.Event,
    ) -> None:
        """Subscribe; `use` says what a stamp is wanted for, `arrived` is set for each wanted."""
        self._node = node
        self._compressed = transport == "compressed"
        self.topic = topic
        self.full_topic = node.resolve_topic_name(
            f"{topic}/compressed" if self._compressed else topic
        )
        self._longest = longest
        self._use = use
        self._arrived = arrived
        self._queue: deque[Arrival] = deque(maxlen=QUEUE)
        self._index = 0
        self.dropped = 0
        self.seen_at: float | None = None
        self.trouble = ""
        self.frame_id = ""
        kind = CompressedImage if self._compressed else Image
        self._subscription = ImageSubscription(node, kind, self.full_topic, ENOUGH, self._store)

    @property
    def received(self) -> int:
        """How many images came."""
        return self._subscription.received

    @property
    def publishers(self) -> int:
        """How many publish on the topic."""
        return int(self._node.count_publishers(self.full_topic))

    def follow_publishers(self) -> None:
        """Keep the subscription as it is best for who publishes."""
        self._subscription.follow_publishers()

    def close(self) -> None:
        """Unsubscribe."""
        self._subscription.close()
        self._queue.clear()

    def next_frame(self) -> tuple[Frame, Use] | None:
        """Convert the oldest image that waits; None where none does, or it can't be read."""
        try:
            arrival = self._queue.popleft()
        except IndexError:
            return None
        try:
            image = self._convert(arrival.message)
        except ImageError as error:
            self._say(str(error))
            return None
        self.trouble = ""
        camera = arrival.message.header.frame_id or self.topic
        small = shrink(image, self._longest)
        frame = Frame(small, arrival.stamp, camera, self._index)
        self._index += 1
        self.frame_id = camera
        return frame, arrival.use

    def _store(self, message: Any) -> None:
        self.seen_at = time.monotonic()
        stamp = to_stamp(message.header.stamp)
        if stamp == 0:
            # Some drivers leave it empty; the time of arrival is the best that is left.
            stamp = self._node.get_clock().now().nanoseconds
        use = self._use(self.topic, stamp)
        if use is Use.NONE:
            return
        if len(self._queue) == QUEUE:
            self.dropped += 1
        self._queue.append(Arrival(message, stamp, use))
        self._arrived.set()

    def _convert(self, message: Any) -> Rgb:
        return decode(message) if self._compressed else to_rgb(message)

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            self._node.get_logger().warning(f"{self.full_topic}: {trouble}")
        self.trouble = trouble
