"""A closer look at one image: the detector on its parts, enlarged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .detector import Detection, ObjectDetector, resize_to_input
from .geometry import BoundingBox

_PARTS = 2  # across and down
_OVERLAP = 0.25  # of a part, shared with its neighbour
_CUT = 0.01  # of the image height: a box so near to a part's inner edge is cut off there
_WHOLE = 0.9  # of a part: a box that fills it shows only a piece of something


def close_look(detector: ObjectDetector, image: NDArray[np.uint8]) -> list[Detection]:
    """Return what the detector finds in the overlapping quarters of uint8 RGB (H, W, 3)."""
    height, width = image.shape[:2]
    return [
        detection
        for part in _quarters(width / height)
        for detection in look_into(detector, image, part)
    ]


def look_into(
    detector: ObjectDetector, image: NDArray[np.uint8], part: BoundingBox
) -> list[Detection]:
    """Return what the detector finds in a part of uint8 RGB (H, W, 3), unless it is cut off."""
    height, width = image.shape[:2]
    left, top = round(part.left * height), round(part.top * height)
    right, bottom = round(part.right * height), round(part.bottom * height)
    pixels = np.ascontiguousarray(image[top:bottom, left:right])
    inner = BoundingBox(left / height, top / height, right / height, bottom / height)
    scale = inner.height
    found = []
    for detection in detector.detect(resize_to_input(pixels)):
        box = detection.box
        whole = BoundingBox(
            inner.left + box.left * scale,
            inner.top + box.top * scale,
            inner.left + box.right * scale,
            inner.top + box.bottom * scale,
        )
        if not _is_cut(whole, inner, width / height):
            found.append(Detection(detection.label, detection.score, whole, close=True))
    return found


def _quarters(aspect: float) -> Iterator[BoundingBox]:
    rows, columns = (side / _PARTS * (1 + _OVERLAP) for side in (1.0, aspect))
    for top in (0.0, 1 - rows):
        for left in (0.0, aspect - columns):
            yield BoundingBox(left, top, left + columns, top + rows)


def _is_cut(box: BoundingBox, part: BoundingBox, aspect: float) -> bool:
    """Return whether a box ends where its part of the image does, so that it may go on."""
    fills = box.width > _WHOLE * part.width or box.height > _WHOLE * part.height
    return (
        fills
        or (box.left < part.left + _CUT and part.left > _CUT)
        or (box.top < part.top + _CUT and part.top > _CUT)
        or (box.right > part.right - _CUT and part.right < aspect - _CUT)
        or (box.bottom > part.bottom - _CUT and part.bottom < 1 - _CUT)
    )
