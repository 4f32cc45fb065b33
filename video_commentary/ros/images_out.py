"""RGB arrays to image messages and JPEGs."""

from __future__ import annotations

import array

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header


def to_image(image: NDArray[np.uint8], stamp: Time, frame_id: str) -> Image:
    """Return uint8 RGB, shape [H, W, 3], as an rgb8 Image."""
    height, width, _ = image.shape
    message = Image(header=Header(stamp=stamp, frame_id=frame_id))
    message.height, message.width, message.step = height, width, 3 * width
    message.encoding = "rgb8"
    message.data = _bytes(np.ascontiguousarray(image))
    return message


def to_compressed(jpeg: bytes, stamp: Time, frame_id: str) -> CompressedImage:
    """Return a JPEG as a CompressedImage."""
    message = CompressedImage(header=Header(stamp=stamp, frame_id=frame_id), format="jpeg")
    message.data = _bytes(jpeg)
    return message


def _bytes(data: NDArray[np.uint8] | bytes) -> array.array[int]:
    # Messages take an array as it is, but check anything else byte by byte (rosidl_python#156).
    copy = array.array("B")
    copy.frombytes(data if isinstance(data, bytes) else data.data)
    return copy


def encode_jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """Return uint8 RGB, shape [H, W, 3], as a JPEG of `quality` 1 to 100. Raise ValueError."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    ok, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"can't compress a picture of shape {image.shape}")
    return jpeg.tobytes()
