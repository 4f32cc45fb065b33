"""A camera topic whose images are handled on a thread of its own."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import Any

from rclpy.node import Node

from ..core.stamp import Stamp
from .image_topic import ImageTopic, ImageTopicOptions


class ThreadedImageTopic(ImageTopic[tuple[Any, Stamp]]):
    """Passes each queued message to `_handle`, on one thread, until it is closed."""

    def __init__(self, node: Node, topic: str, options: ImageTopicOptions, name: str) -> None:
        """Subscribe; `name` is the thread's."""
        self._stopping = False
        super().__init__(node, topic, options, threading.Event())
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Unsubscribe and stop the thread."""
        super().close()
        self._stopping = True
        self._arrived.set()
        self._thread.join()

    @abstractmethod
    def _handle(self, message: Any, stamp: Stamp) -> None:
        """Do what takes longer than the ROS thread may be kept."""

    def _run(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            if self._stopping:
                return
            while queued := self._dequeue():
                self._handle(*queued)
