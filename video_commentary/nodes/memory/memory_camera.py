"""A camera topic as the memory sees it: small pictures for entries, and JPEGs for clips."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage

from ...core.stamp import Stamp
from ...memory.clip_buffer import ClipBuffer
from ...memory.thumbnails import WIDTH, ThumbnailBuffer
from ...ros.image_topic import ImageTopicOptions
from ...ros.images import ImageError, Rgb, is_whole_jpeg, shrink
from ...ros.images_out import encode_jpeg
from ...ros.threaded_topic import ThreadedImageTopic

JPEG_QUALITY = 70
QUEUE_SIZE = 2
SUFFICIENT_FPS = 2.0
_MAX_SIDE = 1280
"""Pixels, before the picture is made small: a portrait's width must not fall below `WIDTH`."""


@dataclass(frozen=True)
class _Wanted:
    message: Any
    thumbnail: bool
    clip: bool


class MemoryCamera(ThreadedImageTopic):
    """Keeps small pictures of the last half minute, and the pictures for clips.

    Whole JPEGs go into `clips` as they come, on the ROS thread. Other images are converted on a
    thread of the camera's own, once for both. `clips` is None without clips.
    """

    parameter = "memory_topics"

    def __init__(
        self,
        node: Node,
        topic: str,
        *,
        thumbnails: bool,
        clips: ClipBuffer | None,
        clip_max_side: int,
    ) -> None:
        """`clip_max_side`: pixels to which images that are no JPEG are scaled down for clips."""
        self._thumbnails = thumbnails
        self._buffer = ThumbnailBuffer(lambda image: encode_jpeg(image, JPEG_QUALITY))
        self.clips = clips
        self._clip_max_side = clip_max_side
        options = ImageTopicOptions(
            "auto",
            max(_MAX_SIDE, clip_max_side),
            SUFFICIENT_FPS,
            QUEUE_SIZE,
            prefer_compressed=True,
        )
        super().__init__(node, topic, options, "pictures")

    def find(self, stamp: Stamp) -> bytes:
        """Return the JPEG of the newest picture up to a stamp; empty if there is none near it."""
        return self._buffer.find(stamp)

    def _on_image(self, message: Any, stamp: Stamp) -> None:
        self.frame_id = message.header.frame_id or self.topic
        clip = self.clips is not None and self.clips.wants(stamp)
        if clip and isinstance(message, CompressedImage) and is_whole_jpeg(message.data):
            self._keep(stamp, message.data.tobytes())
            self.trouble, clip = "", False
        thumbnail = self._thumbnails and self._buffer.wants(stamp)
        if thumbnail or clip:
            self._enqueue((_Wanted(message, thumbnail, clip), stamp))

    def _handle(self, message: Any, stamp: Stamp) -> None:
        wanted: _Wanted = message
        try:
            image = self._to_rgb(wanted.message)
            if wanted.clip:
                self._keep(stamp, encode_jpeg(shrink(image, self._clip_max_side), JPEG_QUALITY))
        except (ImageError, ValueError) as error:
            self._report(str(error))
            return
        self.trouble = ""
        if wanted.thumbnail:
            self._buffer.add(stamp, _narrowed(image))

    def _keep(self, stamp: Stamp, jpeg: bytes) -> None:
        assert self.clips is not None
        self.clips.add_picture(self.frame_id, stamp, jpeg, time.monotonic())


def _narrowed(image: Rgb) -> NDArray[np.uint8]:
    """Return uint8 RGB, shape [H, W, 3], with a width of at most `WIDTH`."""
    height, width, _ = image.shape
    return shrink(image, round(WIDTH * max(1.0, height / width)))
