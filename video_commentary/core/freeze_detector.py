"""For how long a camera has shown exactly the same picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .stamp import Stamp, to_seconds

_STRIDE = 32
"""Of so many rows one is compared first: noise changes each, and the rest need not be looked at."""


class FreezeDetector:
    """Compares each picture of a camera with the one before, by value.

    One thread adds, any may read `seconds`.
    """

    def __init__(self) -> None:
        self._picture: NDArray[Any] | None = None
        self._first: Stamp = 0
        self.seconds = 0.0
        """From the stamp of the first to that of the newest of the same pictures."""

    def add(self, picture: NDArray[Any], stamp: Stamp) -> None:
        """Take a picture, as pixels or as the bytes of a JPEG; it is kept and must not change."""
        if self._picture is None or stamp < self._first or not _same(picture, self._picture):
            self._picture, self._first = picture, stamp
        self.seconds = to_seconds(stamp - self._first)

    def clear(self) -> None:
        """Start over, with another camera."""
        self._picture = None
        self.seconds = 0.0


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.array_equal(one[::_STRIDE], other[::_STRIDE]) and np.array_equal(one, other)
