"""What moves before a still background, for things the detector does not know."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Box

_HISTORY = 40  # pictures, 8 s: what stands that long belongs to the background
_LEARNING = 8  # pictures before it knows the background well enough
_LEAST = 0.0012  # of the picture's area
_MOST = 0.4  # more is light, or the camera
_BRIEF = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_JOIN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))


class MotionFinder:
    """Finds moving regions by a mixture of Gaussians for each pixel (MOG2)."""

    def __init__(self) -> None:
        """Start with no background."""
        self.reset()

    def reset(self) -> None:
        """Forget the background: the camera moved, or shows something else."""
        self._model = cv2.createBackgroundSubtractorMOG2(_HISTORY, 25, detectShadows=True)
        self._seen = 0
        self._shape: tuple[int, ...] = ()

    def observe(self, gray: NDArray[np.uint8], known: Sequence[Box]) -> list[Box]:
        """Return what moves outside the boxes of what is `known`, largest first."""
        if gray.shape != self._shape:
            self.reset()
            self._shape = gray.shape
        self._seen += 1
        mask = np.asarray(self._model.apply(gray), np.uint8)
        if self._seen < _LEARNING:
            return []
        mask = np.asarray(np.where(mask == 255, 255, 0), np.uint8)  # 127 is shadow
        if np.mean(mask > 0) > _MOST:
            self.reset()
            return []
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, _BRIEF, dst=mask)
        cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _JOIN, dst=mask)
        height, width = gray.shape
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = [
            Box(x / height, y / height, (x + w) / height, (y + h) / height)
            for x, y, w, h, area in stats[1:].tolist()
            if area >= _LEAST * width * height
        ]
        free = [box for box in boxes if not _belongs(box, known)]
        return sorted(free, key=lambda box: -box.area)[:5]


def _belongs(box: Box, known: Sequence[Box]) -> bool:
    """Return whether a region is part, shadow or reflection of something known."""
    return any(box.common(other.grown(0.3 * other.height)) > 0.1 * box.area for other in known)
