"""Motion detection by background subtraction, for what the object detector has no label for."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BoundingBox

_HISTORY = 40  # images, 8 s: what is still for that long becomes background
_WARM_UP = 8  # images before the background model is good enough
_MIN_AREA = 0.0012  # of the image
_MAX_FOREGROUND = 0.4  # of the image; more is a change of light, or the camera
_MAX_REGIONS = 5
_MIN_LIKENESS = 0.8  # correlation with the background, of a region that only the light changed
_PLAIN = 5.0  # grey levels of deviation, below which a region has nothing to compare
_FOREGROUND = 255  # in OpenCV's mask; shadows are 127
_OPEN_KERNEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_CLOSE_KERNEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))


class MotionDetector:
    """Finds moving regions with a mixture of Gaussians for each pixel (MOG2)."""

    def __init__(self) -> None:
        """Start without a background model."""
        self.reset()

    def reset(self) -> None:
        """Discard the background model: the camera moved, or the scene changed."""
        self._model = cv2.createBackgroundSubtractorMOG2(_HISTORY, 25, detectShadows=True)
        self._images = 0
        self._shape: tuple[int, ...] = ()

    def observe(self, gray: NDArray[np.uint8], known: Sequence[BoundingBox]) -> list[BoundingBox]:
        """Process the next image, uint8 (H, W); return moving regions, the largest first.

        Regions that belong to one of the `known` boxes are left out.
        """
        if gray.shape != self._shape:
            self.reset()
            self._shape = gray.shape
        self._images += 1
        background = gray
        if self._images > 1:
            background = np.asarray(self._model.getBackgroundImage(), np.uint8)
        mask = np.asarray(self._model.apply(gray), np.uint8)
        if self._images < _WARM_UP:
            return []
        mask = np.asarray(np.where(mask == _FOREGROUND, 255, 0), np.uint8)
        if np.mean(mask > 0) > _MAX_FOREGROUND:
            self.reset()
            return []
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, _OPEN_KERNEL, dst=mask)
        cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _CLOSE_KERNEL, dst=mask)
        height, width = gray.shape
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = [
            BoundingBox(x / height, y / height, (x + w) / height, (y + h) / height)
            for x, y, w, h, area in stats[1:].tolist()
            if area >= _MIN_AREA * width * height
        ]
        unknown = [
            box
            for box in boxes
            if not _belongs_to(box, known) and not _only_lit(gray, background, box)
        ]
        return sorted(unknown, key=lambda box: -box.area)[:_MAX_REGIONS]


def _belongs_to(box: BoundingBox, known: Sequence[BoundingBox]) -> bool:
    """Return whether a region is a part, shadow or reflection of a known object."""
    return any(
        box.intersection(other.expanded(0.3 * other.height)) > 0.1 * box.area for other in known
    )


def _only_lit(gray: NDArray[np.uint8], background: NDArray[np.uint8], box: BoundingBox) -> bool:
    """Return whether a region shows what it showed before, in another light: the sun comes out."""
    height = gray.shape[0]
    left, top, right, bottom = (
        round(edge * height) for edge in (box.left, box.top, box.right, box.bottom)
    )
    now, before = (
        np.asarray(image[top:bottom, left:right], np.float64) for image in (gray, background)
    )
    if max(now.std(), before.std()) < _PLAIN:
        return True
    if min(now.std(), before.std()) < 1e-6:
        return False
    return float(np.corrcoef(now.ravel(), before.ravel())[0, 1]) > _MIN_LIKENESS
