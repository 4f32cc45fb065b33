"""A camera topic as viewers watch it: JPEGs at its full rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage

from ..core.stamp import Stamp, from_seconds, to_seconds
from .image_topic import ImageTopicOptions
from .images import ImageError, is_whole_jpeg
from .images_out import encode_jpeg
from .threaded_topic import ThreadedImageTopic

QUEUE_SIZE = 2
IDLE_PERIOD = from_seconds(0.5)
"""Nanoseconds between compressed images without viewers: a new viewer, who sees the picture
delayed, then starts with the last few seconds."""
SUFFICIENT_FPS = 8.0
"""Enough to show movement: a camera of 10 images a second needs no trial."""


@dataclass(frozen=True)
class FeedOptions:
    """How images are received and compressed. `transport`: auto, raw or compressed.

    `max_side`: pixels on the longer side. `quality` returns the JPEG quality, 1 to 100.
    """

    transport: str
    max_side: int
    quality: Callable[[], int]


class Feed(ThreadedImageTopic):
    """Delivers the images of a topic as (JPEG, stamp in seconds, width and height of the image).

    The size is None for an image that came compressed. JPEGs are passed through on the ROS thread,
    other images compressed on another thread.
    """

    parameter = "view_topic"

    def __init__(
        self,
        node: Node,
        topic: str,
        options: FeedOptions,
        deliver: Callable[[bytes, float, tuple[int, int] | None], None],
        wanted: Callable[[], bool],
    ) -> None:
        """Subscribe; `wanted` returns whether there are viewers."""
        self._quality = options.quality
        self._deliver = deliver
        self._wanted = wanted
        self._compressed_at: Stamp = 0
        topic_options = ImageTopicOptions(
            options.transport, options.max_side, SUFFICIENT_FPS, QUEUE_SIZE, prefer_compressed=True
        )
        super().__init__(node, topic, topic_options, "feed")

    def _on_image(self, message: Any, stamp: Stamp) -> None:
        self.frame_id = message.header.frame_id
        if isinstance(message, CompressedImage) and is_whole_jpeg(message.data):
            self._pass_on(message.data.tobytes(), stamp, None)
            return
        if not self._wanted() and abs(stamp - self._compressed_at) < IDLE_PERIOD:
            return
        self._compressed_at = stamp
        self._enqueue((message, stamp))

    def _handle(self, message: Any, stamp: Stamp) -> None:
        try:
            jpeg = encode_jpeg(self._to_rgb(message), self._quality())
        except (ImageError, ValueError) as error:
            self._report(str(error))
            return
        raw = not isinstance(message, CompressedImage)
        self._pass_on(jpeg, stamp, (message.width, message.height) if raw else None)

    def _pass_on(self, jpeg: bytes, stamp: Stamp, size: tuple[int, int] | None) -> None:
        self.trouble = ""
        self._freeze.add(np.frombuffer(jpeg, np.uint8), stamp)
        self._deliver(jpeg, to_seconds(stamp), size)
