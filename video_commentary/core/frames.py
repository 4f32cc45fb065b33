"""A camera's frame, and the strided sliding window that requests are made from."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .stamp import Stamp, from_seconds


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture from one camera.

    Compared and hashed by identity, so it can key a `weakref.WeakKeyDictionary`: what an engine
    caches for a frame goes when the window lets go of the frame.

    `image`: uint8 RGB, shape [H, W, 3], never written to. `stamp`: the image's header stamp.
    `camera`: frame_id. `index`: counts a camera's kept frames from 0. `original_size`: width and
    height of the camera's picture, None if `image` has that size.
    """

    image: NDArray[np.uint8]
    stamp: Stamp
    camera: str
    index: int
    original_size: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the camera's picture, in pixels."""
        height, width = self.image.shape[:2]
        return self.original_size or (width, height)


JITTER: Stamp = 1_000_000
"""Nanoseconds by which a frame may come early: cameras do not keep their period exactly."""


class StampSampler:
    """Chooses frames at a steady rate by their stamps alone, so a replay chooses the same ones."""

    def __init__(self, fps: float) -> None:
        """Choose at most `fps` frames a second."""
        self._period = from_seconds(1.0 / fps)
        self._due: Stamp | None = None
        self._newest: Stamp = 0

    def take(self, stamp: Stamp) -> bool:
        """Return whether the frame of this stamp is chosen.

        After a stamp that jumps backwards the sampler starts over, with this frame.
        """
        if self._due is None or stamp < self._newest:
            self._due = stamp
        self._newest = stamp
        if stamp < self._due - JITTER:
            return False
        behind = stamp - self._due > self._period
        self._due = (stamp if behind else self._due) + self._period
        return True


class FrameWindow:
    """The newest frames of one camera, and the strided choice among them for a request."""

    def __init__(self, capacity: int, per_request: int, stride: int) -> None:
        """Keep `capacity` frames; a request takes `per_request` of them, `stride` apart."""
        self._frames: deque[Frame] = deque(maxlen=capacity)
        self._per_request = per_request
        self._stride = stride

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: Frame) -> None:
        """Keep a frame; one whose stamp jumps backwards (a bag looped) empties the window first."""
        if self._frames and frame.stamp < self._frames[-1].stamp:
            self._frames.clear()
        self._frames.append(frame)

    def select(self) -> tuple[Frame, ...]:
        """Return up to `per_request` frames, oldest first, the newest always among them."""
        newest_first = list(reversed(self._frames))[:: self._stride][: self._per_request]
        return tuple(reversed(newest_first))
