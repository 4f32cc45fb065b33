"""Processes for the ROS benches: a camera, a plain subscriber, a commentator that says nothing."""

from __future__ import annotations

import array
import sys
import time
from collections.abc import Iterator

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Image

from bench.stub_engine import StubEngine
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Request
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.frames import Frame
from video_commentary.core.stamp import Stamp, to_seconds
from video_commentary.nodes.commentator.node import CommentatorNode
from video_commentary.ros.images import to_rgb
from video_commentary.ros.running import run
from video_commentary.ros.time import to_stamp
from video_commentary.wiring import Assembly


class Camera(Node):
    """Publishes bgr8 pictures of a size at 30 Hz, reliably."""

    def __init__(self, width: int, height: int, durability: DurabilityPolicy) -> None:
        super().__init__("camera")
        random = np.random.default_rng(0)
        pictures = [random.integers(0, 255, (height, width, 3), np.uint8) for _ in range(4)]
        self._messages = [
            Image(
                height=height,
                width=width,
                step=width * 3,
                encoding="bgr8",
                data=array.array("B", picture.tobytes()),
            )
            for picture in pictures
        ]
        self._count = 0
        qos = QoSProfile(depth=5, durability=durability)
        self._publisher = self.create_publisher(Image, "/camera/image_raw", qos)
        self.create_timer(1 / 30, self._publish)

    def _publish(self) -> None:
        message = self._messages[self._count % len(self._messages)]
        self._count += 1
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = "camera"
        self._publisher.publish(message)


class Subscriber(Node):
    """Converts every picture, as a simple node would, and prints how many and how late."""

    def __init__(self) -> None:
        super().__init__("subscriber")
        # Best effort, as the commentator.
        self.create_subscription(Image, "/camera/image_raw", self._convert, qos_profile_sensor_data)

    def _convert(self, message: Image) -> None:
        to_rgb(message)
        late(to_stamp(message.header.stamp))


class QuietEngine(StubEngine):
    """Has nothing to say; prints how late each frame reached the window."""

    description = "nothing to say"

    def look(self, frame: Frame) -> None:
        late(frame.stamp)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        yield Delta(silent=True, last=True)


def late(stamp: Stamp) -> None:
    print(f"late {to_seconds(time.time_ns() - stamp):.6f}", flush=True)


def quiet(settings: CommentatorSettings) -> Assembly:
    engine = QuietEngine()
    return Assembly(EngineGuard(engine, settings.engine_timeout), engine, None, "none")


def camera() -> None:
    """Run the camera: ros_nodes camera WIDTH HEIGHT [VOLATILE|TRANSIENT_LOCAL]."""
    durability = DurabilityPolicy[sys.argv[4] if len(sys.argv) > 4 else "VOLATILE"]
    rclpy.init()
    rclpy.spin(Camera(int(sys.argv[2]), int(sys.argv[3]), durability))


if __name__ == "__main__":
    if sys.argv[1] == "camera":
        camera()
    elif sys.argv[1] == "subscriber":
        run(Subscriber)
    else:
        run(lambda: CommentatorNode(quiet))
