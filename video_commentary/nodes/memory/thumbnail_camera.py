"""A camera topic as the memory sees it: a few small pictures a second."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node

from ...core.stamp import Stamp
from ...memory.thumbnails import WIDTH, ThumbnailBuffer
from ...ros.image_topic import ImageTopicOptions
from ...ros.images import ImageError, shrink
from ...ros.images_out import encode_jpeg
from ...ros.threaded_topic import ThreadedImageTopic

JPEG_QUALITY = 70
QUEUE_SIZE = 2
SUFFICIENT_FPS = 2.0
_MAX_SIDE = 1280
"""Pixels, before the picture is made small: a portrait's width must not fall below `WIDTH`."""


class ThumbnailCamera(ThreadedImageTopic):
    """Keeps the pictures of the last half minute; converts them on a thread of its own."""

    parameter = "memory_topics"

    def __init__(self, node: Node, topic: str) -> None:
        self._buffer = ThumbnailBuffer(lambda image: encode_jpeg(image, JPEG_QUALITY))
        options = ImageTopicOptions(
            "auto", _MAX_SIDE, SUFFICIENT_FPS, QUEUE_SIZE, prefer_compressed=True
        )
        super().__init__(node, topic, options, "thumbnails")

    def find(self, stamp: Stamp) -> bytes:
        """Return the JPEG of the newest picture up to a stamp; empty if there is none near it."""
        return self._buffer.find(stamp)

    def _on_image(self, message: Any, stamp: Stamp) -> None:
        self.frame_id = message.header.frame_id or self.topic
        if self._buffer.wants(stamp):
            self._enqueue((message, stamp))

    def _handle(self, message: Any, stamp: Stamp) -> None:
        try:
            image = self._to_rgb(message)
        except ImageError as error:
            self._report(str(error))
            return
        self.trouble = ""
        self._buffer.add(stamp, _narrowed(image))


def _narrowed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 RGB, shape [H, W, 3], with a width of at most `WIDTH`."""
    height, width, _ = image.shape
    return shrink(image, round(WIDTH * max(1.0, height / width)))
