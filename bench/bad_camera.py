"""A second publisher on the camera's topics that sends what no driver should.

python -m bench.bad_camera KIND SECONDS [--topic /camera/image_raw] [--fps 15]
"""

from __future__ import annotations

import argparse
import array
import time
from collections.abc import Callable

import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from video_commentary.ros.images_out import encode_jpeg
from video_commentary.ros.time import to_time
from video_commentary.sources.scene import StreetScene

FPS = 15.0
BACK = 100.0
"""Seconds by which stamps jump back."""
Picture = NDArray[np.uint8]


def raw(image: Picture, stamp: float, encoding: str = "rgb8") -> Image:
    height, width = image.shape[:2]
    header = Header(stamp=to_time(stamp), frame_id="camera")
    data = array.array("B", image.tobytes())
    return Image(
        header=header, height=height, width=width, step=width * 3, encoding=encoding, data=data
    )


def compressed(jpeg: bytes, stamp: float) -> CompressedImage:
    header = Header(stamp=to_time(stamp), frame_id="camera")
    return CompressedImage(header=header, format="jpeg", data=array.array("B", jpeg))


def truncated(image: Picture, stamp: float) -> CompressedImage:
    jpeg = encode_jpeg(image, 80)
    return compressed(jpeg[: len(jpeg) // 2], stamp)


def unknown_encoding(image: Picture, stamp: float) -> Image:
    return raw(image, stamp, "hsv9")


def stamps_back(image: Picture, stamp: float) -> Image:
    return raw(image, stamp - BACK)


def large(image: Picture, stamp: float) -> Image:
    return raw(np.ascontiguousarray(image.repeat(6, 1).repeat(4, 0)[:2160]), stamp)


KINDS: dict[str, Callable[[Picture, float], Image | CompressedImage]] = {
    make.__name__: make for make in (truncated, unknown_encoding, stamps_back, large)
}


def main() -> None:
    """Publish for some seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--topic", default="/camera/image_raw")
    parser.add_argument("--fps", type=float, default=FPS)
    given = parser.parse_args()
    rclpy.init()
    node = Node(f"bad_camera_{time.monotonic_ns()}")
    make, scene = KINDS[given.kind], StreetScene(640, 480, given.fps)
    topic = f"{given.topic}/compressed" if make is truncated else given.topic
    kind = CompressedImage if make is truncated else Image
    qos = QoSProfile(depth=2, reliability=ReliabilityPolicy.BEST_EFFORT)
    publisher = node.create_publisher(kind, topic, qos)
    begun, index = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < given.seconds:
        publisher.publish(make(scene.frame(index)[0], time.time()))
        index += 1
        time.sleep(max(0.0, index / given.fps - passed))
    node.destroy_node()
    rclpy.shutdown()


if __name__ == "__main__":
    main()
