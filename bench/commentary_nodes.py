"""Processes for bench.commentary_cost: a camera that plays a video, a commentator without things.

python -m bench.commentary_nodes camera VIDEO
python -m bench.commentary_nodes without_things --ros-args ...
"""

from __future__ import annotations

import array
import sys
from collections.abc import Iterator

import cv2
import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from video_commentary.engines.builtin import perception
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.nodes.commentator.node import CommentatorNode
from video_commentary.ros.running import run

SIZE = 640, 480
RATE = 30.0
"""Hz."""


def pictures(video: str) -> Iterator[NDArray[np.uint8]]:
    """Yield what a video shows at each tick of the camera, over and over; BGR."""
    ticks = 0
    while True:
        capture = cv2.VideoCapture(video)
        rate = capture.get(cv2.CAP_PROP_FPS) or RATE
        index, begun = 0, ticks
        ok, picture = capture.read()
        if not ok:
            raise SystemExit(f"{video} can't be read")
        while ok:
            yield np.asarray(cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
            ticks += 1
            while ok and index + 1 <= (ticks - begun) / RATE * rate:
                ok, picture = capture.read()
                index += 1
        capture.release()


class VideoCamera(Node):
    """Publishes a video's pictures as bgr8 640x480 at 30 Hz."""

    def __init__(self, video: str) -> None:
        super().__init__("camera")
        self._pictures = pictures(video)
        self._publisher = self.create_publisher(Image, "/camera/image_raw", QoSProfile(depth=5))
        self.create_timer(1 / RATE, self._publish)

    def _publish(self) -> None:
        width, height = SIZE
        data = array.array("B", next(self._pictures).tobytes())
        message = Image(width=width, height=height, step=3 * width, encoding="bgr8", data=data)
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = "camera"
        self._publisher.publish(message)


class NoThings:
    """Stands in for ThingInventory."""

    def reset(self, stamp: float) -> None:
        pass

    def observe(self, *_: object) -> list[object]:
        return []

    def objects(self, *_: object) -> list[object]:
        return []

    def touched_by(self, box: BoundingBox) -> bool:
        return False

    def seconds_at_rest(self, box: BoundingBox) -> float:
        return float("inf")


def camera(video: str) -> None:
    """Run the camera."""
    rclpy.init()
    rclpy.spin(VideoCamera(video))


if __name__ == "__main__":
    if sys.argv[1] == "camera":
        camera(sys.argv[2])
    else:
        setattr(perception, "ThingInventory", NoThings)  # noqa: B010 - mypy: not the same class
        setattr(perception, "TableLook", lambda _: None)  # noqa: B010
        run(CommentatorNode)
