"""A camera topic as the commentator watches it: frames for the engine, only as many as needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from ..core.frames import Frame
from ..core.scene_monitor import Use
from ..core.stamp import Stamp
from .image_topic import ImageTopic, ImageTopicOptions
from .images import ImageError, shrink

QUEUE_SIZE = 4
SUFFICIENT_FPS = 4.0
"""The built-in engine looks at 5 images a second, others at 2."""


@dataclass(frozen=True)
class Arrival:
    """An image message that is wanted, not converted yet."""

    message: Any
    stamp: Stamp
    use: Use


class Camera(ImageTopic[Arrival]):
    """Queues the images that are wanted; `next_frame` converts them on the caller's thread."""

    parameter = "image_topics"

    def __init__(
        self,
        node: Node,
        topic: str,
        transport: str,
        max_side: int,
        use: Callable[[str, Stamp], Use],
        arrived: threading.Event,
    ) -> None:
        """Subscribe; `use` returns what an image of a topic and stamp is wanted for."""
        self._use = use
        self._index = 0
        options = ImageTopicOptions(transport, max_side, SUFFICIENT_FPS, QUEUE_SIZE)
        super().__init__(node, topic, options, arrived)

    def next_frame(self) -> tuple[Frame, Use] | None:
        """Convert the oldest queued image; None if there is none, or it can't be read."""
        arrival = self._dequeue()
        if arrival is None:
            return None
        try:
            full = self._full_rgb(arrival.message)
        except ImageError as error:
            self._report(str(error))
            return None
        self.trouble = ""
        self._freeze.add(full, arrival.stamp)
        self.frame_id = arrival.message.header.frame_id or self.topic
        image = shrink(full, self._options.max_side)
        height, width = full.shape[:2]
        frame = Frame(image, arrival.stamp, self.frame_id, self._index, (width, height))
        self._index += 1
        return frame, arrival.use

    def _on_image(self, message: Any, stamp: Stamp) -> None:
        use = self._use(self.topic, stamp)
        if use is not Use.NONE:
            self._enqueue(Arrival(message, stamp, use))
