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
_CALM = 0.65  # of the cut's change, at most, that the next image shows


class SceneCutDetector:
    """Compares each image with the previous one."""

    def __init__(self) -> None:
        """Start without an image."""
        self._previous: NDArray[np.float32] | None = None
        self._changed = 0.0

    def observe(self, gray: NDArray[np.uint8]) -> bool:
        """Process the next image, uint8 (H, W); return whether another scene began before it.

        With the last image: a cut differs from a commotion in what follows, which is calm.
        """
        small = np.asarray(cv2.resize(gray, THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32)
        before, self._previous = self._previous, small
        cut, self._changed = self._changed, 0.0
        if before is None:
            return False
        changed = float(np.mean(np.abs(before - small) > _CHANGED_LEVEL))
        if _has_nothing_in_common(before, small) and changed > _MIN_CHANGED:
            self._changed = changed
        return cut > 0 and changed < _CALM * cut


def _has_nothing_in_common(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    one, other = before - before.mean(), after - after.mean()
    power = float(np.linalg.norm(one) * np.linalg.norm(other))
    if power < _MIN_POWER * after.size:  # one is blank: the light went out, or a covered lens
        return False
    # An object that passes close by covers much, but most grey levels stay.
    return (
        float((one * other).sum()) / power < _MAX_CORRELATION
        and _histogram_correlation(before, after) < _MAX_HISTOGRAM_CORRELATION
    )


def _histogram_correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    counts = [np.histogram(image, 16, (0, 256))[0] for image in (one, other)]
    return float(np.corrcoef(counts[0], counts[1])[0, 1])
