"""Where something moved in the image lately, and how alike two pieces of it look."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BoundingBox

_CELL = 8  # pixels, width and height of a cell
_CHANGED_LEVEL = 14  # grey levels
_MIN_CHANGED = 0.15  # of a cell's pixels
_MIN_SHARE = 0.15  # of a box's cells
_SIDE = 16  # pixels, width and height of a thumbnail
_COVERED_LEVEL = 20  # grey levels
_MIN_CONTRAST = 2.0  # grey levels; below it looks say nothing


class ActivityMap:
    """Remembers for each part of a still camera's image when it last changed."""

    def __init__(self) -> None:
        """Start without an image."""
        self._previous: NDArray[np.uint8] | None = None
        self._changed_at = np.empty((0, 0))
        self._now = np.empty((0, 0), bool)

    def observe(self, stamp: float, gray: NDArray[np.uint8], camera_moved: bool) -> None:
        """Add an image, uint8 (H, W), of `stamp` seconds."""
        before, self._previous = self._previous, gray
        size = gray.shape[1] // _CELL, gray.shape[0] // _CELL
        if before is None or before.shape != gray.shape or min(size) < 1:
            self._changed_at = np.full((max(size[1], 1), max(size[0], 1)), -np.inf)
            self._now = np.zeros(self._changed_at.shape, bool)
            return
        if camera_moved:
            self._now[:] = False
            return
        changed = np.asarray(cv2.absdiff(before, gray) > _CHANGED_LEVEL, np.float32)
        self._now = np.asarray(cv2.resize(changed, size, interpolation=cv2.INTER_AREA)) > (
            _MIN_CHANGED
        )
        self._changed_at[self._now] = stamp

    def moves_now(self, box: BoundingBox) -> bool:
        """Return whether a good part of a box changes in the newest image."""
        cells = self._now[self._cells(box)]
        return bool(cells.size) and float(cells.mean()) > _MIN_SHARE

    def seconds_since(self, box: BoundingBox, stamp: float, share: float = _MIN_SHARE) -> float:
        """Return how long ago a good part of a box last changed, infinite if never."""
        cells = np.sort(self._changed_at[self._cells(box)], axis=None)
        if not cells.size:
            return float("inf")
        return float(stamp - cells[int((1 - share) * (cells.size - 1))])

    def _cells(self, box: BoundingBox) -> tuple[slice, slice]:
        rows, columns = self._changed_at.shape
        left, right = int(box.left * rows), int(np.ceil(box.right * rows))
        top, bottom = int(box.top * rows), int(np.ceil(box.bottom * rows))
        return slice(max(0, top), min(rows, bottom)), slice(max(0, left), min(columns, right))


def thumbnail(gray: NDArray[np.uint8], box: BoundingBox) -> NDArray[np.float32] | None:
    """Return what a box shows, normalised for light, (16, 16); None if it shows next to nothing."""
    height = gray.shape[0]
    left, top = max(0, round(box.left * height)), max(0, round(box.top * height))
    part = gray[top : round(box.bottom * height), left : round(box.right * height)]
    if min(part.shape) < 4:
        return None
    small = np.asarray(cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
    spread = float(small.std())
    return (small - small.mean()) / spread if spread > _MIN_CONTRAST else None


def surroundings(gray: NDArray[np.uint8], box: BoundingBox) -> NDArray[np.float32]:
    """Return what lies in and round a box, (16, 16) grey levels; the box is its middle half."""
    height, width = gray.shape
    across, down = box.width / 2, box.height / 2
    left, right = round((box.left - across) * height), round((box.right + across) * height)
    top, bottom = round((box.top - down) * height), round((box.bottom + down) * height)
    rows = np.clip(np.linspace(top, bottom - 1, _SIDE).astype(int), 0, height - 1)
    columns = np.clip(np.linspace(left, right - 1, _SIDE).astype(int), 0, width - 1)
    smooth = cv2.blur(gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], (3, 3))
    return np.asarray(smooth[np.ix_(rows - rows[0], columns - columns[0])], np.float32)


def covered_share(before: NDArray[np.float32], now: NDArray[np.float32]) -> float:
    """Return how much of what lies round a box has changed, apart from the light, 0 to 1."""
    quarter = _SIDE // 4
    ring = np.ones((_SIDE, _SIDE), bool)
    ring[quarter - 1 : _SIDE - quarter + 1, quarter - 1 : _SIDE - quarter + 1] = False
    change = (now - before)[ring]
    return float(np.mean(np.abs(change - np.median(change)) > _COVERED_LEVEL))


def similarity(one: NDArray[np.float32], other: NDArray[np.float32] | None) -> float:
    """Return the correlation of two thumbnails, -1 to 1; 0 if there is none."""
    return float((one * other).mean()) if other is not None else 0.0
