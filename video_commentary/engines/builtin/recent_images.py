"""The newest images of each camera, for what only a question makes worth a look."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
from numpy.typing import NDArray

_KEPT = 6  # about a second


class RecentImages:
    """Keeps a few images of each camera. Thread-safe."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._images: dict[str, deque[tuple[float, NDArray[np.uint8]]]] = {}

    def add(self, camera: str, stamp: float, image: NDArray[np.uint8]) -> None:
        """Add an image, uint8 RGB (H, W, 3), and its stamp in seconds."""
        with self._lock:
            images = self._images.setdefault(camera, deque(maxlen=_KEPT))
            if images and stamp < images[-1][0]:
                images.clear()  # a recording in a loop
            images.append((stamp, image))

    def of(self, camera: str) -> list[tuple[float, NDArray[np.uint8]]]:
        """Return a camera's images with their stamps, the oldest first."""
        with self._lock:
            return list(self._images.get(camera, ()))
