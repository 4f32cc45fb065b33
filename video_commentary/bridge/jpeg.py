"""JPEGs made smaller."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np


class ScaledJpeg(NamedTuple):
    """A JPEG, its width and height in pixels, and those of the picture it was made from."""

    jpeg: bytes
    size: tuple[int, int]
    original_size: tuple[int, int]


def scaled_down(jpeg: bytes, max_side: int, quality: int) -> ScaledJpeg | None:
    """Return a JPEG of at most `max_side` pixels; None if it can't be decoded.

    A smaller one is encoded again too, with `quality`, 1 to 100.
    """
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    height, width = image.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return ScaledJpeg(encoded.tobytes(), size, (width, height))
