"""Scene cuts: an image that has nothing in common with the previous one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .light import THUMBNAIL

_MIN_POWER = 4.0  # of two images' product, a pixel; less in a blank image
_MAX_CORRELATION = 0.4  # between the images, pixel by pixel
_CHANGED_LEVEL, _MIN_CHANGED = 20, 0.6  # grey levels; share of the pixels
_MAX_HISTOGRAM_CORRELATION = 0.85


class SceneCutDetector:
    """Compares each image with the previous one."""

    def __init__(self) -> None:
        """Start without an image."""
        self._previous: NDArray[np.float32] | None = None

    def observe(self, gray: NDArray[np.uint8]) -> bool:
        """Process the next image, uint8 (H, W); return whether another scene begins with it."""
        small = np.asarray(cv2.resize(gray, THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32)
        before, self._previous = self._previous, small
        if before is None:
            return False
        one, other = before - before.mean(), small - small.mean()
        power = float(np.linalg.norm(one) * np.linalg.norm(other))
        if power < _MIN_POWER * small.size:  # one is blank: the light went out, or a covered lens
            return False
        correlation = float((one * other).sum()) / power
        changed = float(np.mean(np.abs(before - small) > _CHANGED_LEVEL))
        # An object that passes close by covers much, but most grey levels stay.
        return (
            correlation < _MAX_CORRELATION
            and changed > _MIN_CHANGED
            and _histogram_correlation(before, small) < _MAX_HISTOGRAM_CORRELATION
        )


def _histogram_correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    counts = [np.histogram(image, 16, (0, 256))[0] for image in (one, other)]
    return float(np.corrcoef(counts[0], counts[1])[0, 1])
