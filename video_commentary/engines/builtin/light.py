"""Light that changes, and cuts to another scene."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

_CELLS = 32, 18
_STEP = 0.3  # e-folds of brightness over most of the picture: a third brighter or darker
_LOOK_BACK = 4.0  # seconds
_DARK, _BRIGHT = 35.0, 215.0  # mean grey levels

Gray = NDArray[np.uint8]


class LightWatch:
    """Notices that most of the picture becomes brighter or darker by the same measure."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._past: deque[tuple[float, NDArray[np.float32]]] = deque()
        self.level = 128.0

    def reset(self) -> None:
        """Forget: another scene begins."""
        self._past.clear()

    @property
    def dark(self) -> bool:
        """Whether there is hardly any light."""
        return self.level < _DARK

    def observe(self, stamp: float, gray: Gray) -> str:
        """Take in the next picture; return "brighter" or "darker" once it is and stays so."""
        small = np.asarray(cv2.resize(gray, _CELLS, interpolation=cv2.INTER_AREA), np.float32)
        self.level = float(small.mean())
        self._past.append((stamp, np.log(small + 8)))
        while self._past[0][0] < stamp - _LOOK_BACK:
            self._past.popleft()
        if len(self._past) < 5 or stamp - self._past[0][0] < 0.8:
            return ""
        # Two pictures must agree, so that a flash is not taken for daylight.
        before = np.median([past for _, past in list(self._past)[:3]], axis=0)
        for _, after in list(self._past)[-2:]:
            low, high = np.percentile(after - before, (25, 75))
            if not (low > _STEP or high < -_STEP):
                return ""
        newest = self._past[-1]
        self._past.clear()
        self._past.append(newest)
        return "brighter" if low > _STEP else "darker"


def _shades(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the correlation of two pictures' histograms."""
    counts = [np.histogram(picture, 16, (0, 256))[0] for picture in (one, other)]
    return float(np.corrcoef(counts[0], counts[1])[0, 1])


class CutWatch:
    """Notices that a picture has nothing to do with the one before."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._before: NDArray[np.float32] | None = None

    def observe(self, gray: Gray) -> bool:
        """Take in the next picture; return whether another scene begins with it."""
        small = np.asarray(cv2.resize(gray, _CELLS, interpolation=cv2.INTER_AREA), np.float32)
        before, self._before = self._before, small
        if before is None:
            return False
        one, other = before - before.mean(), small - small.mean()
        power = float(np.linalg.norm(one) * np.linalg.norm(other))
        if power < 4.0 * small.size:  # one of them is blank: that may be light, or a covered lens
            return False
        alike = float((one * other).sum()) / power
        changed = float(np.mean(np.abs(before - small) > 20))
        # What passes close by covers much, but the picture keeps most of its shades.
        return alike < 0.4 and changed > 0.6 and _shades(before, small) < 0.85
