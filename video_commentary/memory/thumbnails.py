"""Small pictures of the last half minute, for entries that come after their frames."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.stamp import NANOSECONDS, Stamp

WIDTH = 160
"""Pixels."""
PERIOD = NANOSECONDS // 4
"""Between two pictures kept of a camera, in its time."""
KEPT = 120
"""Pictures kept of each camera."""
NEAREST = 2 * NANOSECONDS
"""How far a picture may be from the frame that it stands for."""


@dataclass
class _Picture:
    stamp: Stamp
    image: NDArray[np.uint8]
    jpeg: bytes = b""


class ThumbnailBuffer:
    """Keeps the newest pictures of one camera; safe on several threads."""

    def __init__(self, encode: Callable[[NDArray[np.uint8]], bytes]) -> None:
        """`encode` makes a JPEG of uint8 RGB, shape [H, W, 3]."""
        self._encode = encode
        self._lock = threading.Lock()
        self._pictures: deque[_Picture] = deque(maxlen=KEPT)

    def wants(self, stamp: Stamp) -> bool:
        """Return whether a picture of this stamp is to be kept: a few a second are."""
        with self._lock:
            return not self._pictures or not 0 <= stamp - self._pictures[-1].stamp < PERIOD

    def add(self, stamp: Stamp, image: NDArray[np.uint8]) -> None:
        """Keep a picture, uint8 RGB, shape [H, W, 3], at most `WIDTH` wide."""
        with self._lock:
            if self._pictures and stamp < self._pictures[-1].stamp:
                self._pictures.clear()  # the camera's clock was set back, or a recording restarted
            self._pictures.append(_Picture(stamp, image))

    def find(self, stamp: Stamp) -> bytes:
        """Return the JPEG of the newest picture up to a stamp, or else the next one after it.

        Empty if there is none within `NEAREST`.
        """
        with self._lock:
            until = [picture for picture in self._pictures if picture.stamp <= stamp]
            after = [picture for picture in self._pictures if picture.stamp > stamp]
        for picture in (*until[-1:], *after[:1]):
            if abs(picture.stamp - stamp) <= NEAREST:
                if not picture.jpeg:
                    picture.jpeg = self._encode(picture.image)
                return picture.jpeg
        return b""
