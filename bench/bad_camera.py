"""A second publisher on the camera's topics that sends what no driver should.

python -m bench.bad_camera KIND SECONDS [--topic /camera/image_raw] [--fps 15]
"""

from __future__ import annotations

import argparse
import array
import time

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


def messages(kind: str, image: Picture, stamp: float) -> list[Image | CompressedImage]:
    """Return what is published for a picture."""
    if kind == "truncated":
        jpeg = encode_jpeg(image, 80)
        return [compressed(jpeg[: len(jpeg) // 2], stamp)]
    if kind == "unknown_encoding":
        return [raw(image, stamp, "hsv9")]
    if kind == "stamps_back":
        stamp -= BACK
    if kind == "large":
        image = np.ascontiguousarray(image.repeat(6, 1).repeat(5, 0)[:2160])
    return [raw(image, stamp), compressed(encode_jpeg(image, 80), stamp)]


KINDS = ("truncated", "unknown_encoding", "stamps_back", "large", "frozen")
FROZEN_AT = 90
"""The picture of the scene that `frozen` repeats."""


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
    scene = StreetScene(640, 480, given.fps)
    qos = QoSProfile(depth=2, reliability=ReliabilityPolicy.BEST_EFFORT)
    publishers = {
        Image: node.create_publisher(Image, given.topic, qos),
        CompressedImage: node.create_publisher(CompressedImage, f"{given.topic}/compressed", qos),
    }
    print("ready", flush=True)
    begun, index = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < given.seconds:
        image = scene.frame(FROZEN_AT if given.kind == "frozen" else index)[0]
        for message in messages(given.kind, image, time.time()):
            publishers[type(message)].publish(message)
        index += 1
        time.sleep(max(0.0, index / given.fps - passed))
    node.destroy_node()
    rclpy.shutdown()


if __name__ == "__main__":
    main()
