"""Changes of light: most of the image becomes brighter or darker by the same ratio.

An automatic exposure does that too, because something bright or dark fills a part of the image: but
that part changes the other way, and the mean stays.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from .event_kinds import EventKind

THUMBNAIL = 32, 18
"""Width and height, in pixels, at which images are compared."""

_MIN_CHANGE = 0.3  # e-folds of brightness over most of the image: a third brighter or darker
_WINDOW = 4.0  # seconds
_MAX_OPPOSITE, _OPPOSITE = 0.05, 0.1  # share of the image that changed the other way; e-folds
_MIN_MEAN_CHANGE = 0.2  # e-folds of the mean grey level, which an automatic exposure keeps


class LightChangeDetector:
    """Detects that it got brighter or darker and stays so."""

    def __init__(self) -> None:
        """Start without history."""
        self._history: deque[tuple[float, NDArray[np.float32]]] = deque()
        self.brightness = 128.0
        """Mean grey level of the last image, 0 to 255."""

    def reset(self) -> None:
        """Discard the history: another scene begins."""
        self._history.clear()

    def observe(self, stamp: float, gray: NDArray[np.uint8]) -> EventKind | None:
        """Process the next image, uint8 (H, W); return BRIGHTER, DARKER or None."""
        small = np.asarray(cv2.resize(gray, THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32)
        self.brightness = float(small.mean())
        self._history.append((stamp, np.log(small + 8)))
        while self._history[0][0] < stamp - _WINDOW:
            self._history.popleft()
        if len(self._history) < 5 or stamp - self._history[0][0] < 0.8:
            return None
        # Two images must agree, so that a flash doesn't count as daylight.
        before = np.median([past for _, past in list(self._history)[:3]], axis=0)
        for _, after in list(self._history)[-2:]:
            low, high = np.percentile(after - before, (25, 75))
            if not (low > _MIN_CHANGE or high < -_MIN_CHANGE):
                return None
            if _is_exposure(before, after):
                return None
        newest = self._history[-1]
        self._history.clear()
        self._history.append(newest)
        return EventKind.BRIGHTER if low > _MIN_CHANGE else EventKind.DARKER


def _is_exposure(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Return whether the camera, not the light, changed these logarithms of grey levels."""
    way = np.sign(np.median(after - before))
    opposite = float(np.mean(way * (after - before) < -_OPPOSITE))
    mean_change = float(np.log(np.exp(after).mean()) - np.log(np.exp(before).mean()))
    return opposite > _MAX_OPPOSITE or way * mean_change < _MIN_MEAN_CHANGE
