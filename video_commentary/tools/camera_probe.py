"""Measures the cameras on the ROS graph: rate, loss, bandwidth, clock, and who sends them how."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from ..core.stamp import Stamp, to_seconds
from ..ros.health import LARGEST_MESSAGE
from ..ros.image_topic import COMPRESSED, ImageTopic, ImageTopicOptions
from ..ros.machines import is_remote

_IMAGES = {
    f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}" for kind in (Image, CompressedImage)
}
_DEPTH = "/compressedDepth"
"""Ending of the topics of image_transport's compressed_depth, which hold no JPEG."""
_FIND_PERIOD = 0.5
"""Seconds between looks for new cameras."""


@dataclass(frozen=True)
class Measurement:
    """One camera since it was measured last.

    `topic`: the one received. `reliable`: whether lost images are sent again. `remote`: whether it
    comes from another machine, None if unknown. `fps`: images a second that arrived. `missing`: the
    part that was lost, 0 to 1. `mbit`: megabits a second. `offset`: smallest seconds from stamp to
    arrival, None without images; `correction`: the part of it that is a clock that differs.
    `message_size`: bytes that its sender sends at once, as the senders' /diagnostics say; empty if
    none does.
    """

    topic: str
    reliable: bool
    remote: bool | None
    fps: float
    missing: float
    mbit: float
    offset: float | None
    correction: float
    message_size: str


class _MeasuredTopic(ImageTopic[None]):
    parameter = "image_topics"

    def __init__(self, node: Node, topic: str) -> None:
        self.bytes = 0
        self._first_at: float | None = None
        super().__init__(node, topic, ImageTopicOptions("auto", 64, 4.0, 1), threading.Event())
        self._since = (time.monotonic(), 0, 0)

    def _on_image(self, message: Any, stamp: Stamp) -> None:
        del stamp
        if self._first_at is None:  # what discovery took doesn't count
            self._first_at = time.monotonic()
            self._since = self._first_at, self.received, 0
            return
        self.bytes += len(message.data)

    def measure(self, message_size: str) -> Measurement:
        """Return what came since the last call."""
        now, received, size = time.monotonic(), self.received, self.bytes
        began, received_then, size_then = self._since
        self._since = now, received, size
        seconds = max(now - began, 1e-6)
        return Measurement(
            topic=self.full_topic,
            reliable=self.reliable,
            remote=is_remote(self._node, self.full_topic),
            fps=(received - received_then) / seconds,
            missing=self.missing,
            mbit=8e-6 * (size - size_then) / seconds,
            offset=self.clock.smallest,
            correction=to_seconds(self.clock.correction),
            message_size=message_size,
        )


class CameraProbe:
    """Finds cameras and receives each as the commentator does."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self._node = node
        self._executor = executor
        self._cameras: dict[str, _MeasuredTopic] = {}
        self._message_sizes: set[str] = set()
        node.create_subscription(DiagnosticArray, "/diagnostics", self._read, 10)

    def spin(self, seconds: float) -> bool:
        """Receive for `seconds`; return False when ROS is shut down."""
        end = time.monotonic() + seconds
        find_at = 0.0
        while (now := time.monotonic()) < end:
            if now >= find_at:
                find_at = now + _FIND_PERIOD
                self._find()
            self._executor.spin_once(timeout_sec=min(0.1, end - now))
        for camera in self._cameras.values():
            camera.follow_publishers()
        return bool(self._node.context.ok())

    def measure(self) -> list[Measurement]:
        """Return what came of each camera since the last call, by name."""
        size = ", ".join(sorted(self._message_sizes))
        return [camera.measure(size) for _, camera in sorted(self._cameras.items())]

    def close(self) -> None:
        """Unsubscribe."""
        for camera in self._cameras.values():
            camera.close()

    def _find(self) -> None:
        for name, types in self._node.get_topic_names_and_types():
            camera = name.removesuffix(COMPRESSED)
            if camera in self._cameras or not _IMAGES & set(types) or name.endswith(_DEPTH):
                continue
            if self._node.count_publishers(name):
                self._cameras[camera] = _MeasuredTopic(self._node, camera)

    def _read(self, array: DiagnosticArray) -> None:
        for status in array.status:
            for pair in status.values:
                if pair.key == LARGEST_MESSAGE:
                    self._message_sizes.add(f"{status.hardware_id}: {pair.value}")


@contextmanager
def camera_probe() -> Iterator[CameraProbe]:
    """Give a probe with a ROS context of its own, for the length of a block."""
    context = Context()
    context.init()
    node = Node("doctor", context=context, use_global_arguments=False)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    probe = CameraProbe(node, executor)
    try:
        yield probe
    finally:
        probe.close()
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()
