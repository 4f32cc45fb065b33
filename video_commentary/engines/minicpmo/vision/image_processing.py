"""Frames to what the vision tower takes: resized images, slices, and positions of their patches.

Sizes, slices and positions follow the published preprocessor to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .bicubic import bicubic_resize

PATCH_SIZE = 14
SCALE_RESOLUTION = 448
"""An image is resized to the area of a square with this side."""
POSITION_TABLE_SIDE = 70
"""Rows and columns of the table of position embeddings."""


@dataclass(frozen=True, eq=False)
class SlicedImage:
    """A frame's overview, uint8 RGB [H, W, 3], and its slices row by row, `columns` in a row."""

    overview: Tensor
    slices: tuple[Tensor, ...] = ()
    columns: int = 0

    @property
    def rows(self) -> int:
        """Rows of slices."""
        return len(self.slices) // self.columns if self.columns else 0


def find_best_resize(width: float, height: float) -> tuple[int, int]:
    """Return width and height, multiples of a patch, that an image is resized to."""
    ratio = width / height
    new_height = int(SCALE_RESOLUTION / math.sqrt(ratio))
    new_width = int(new_height * ratio)
    return _round_to_multiple(new_width, PATCH_SIZE), _round_to_multiple(new_height, PATCH_SIZE)


def _round_to_multiple(length: float, unit: int) -> int:
    return max(round(length / unit) * unit, unit)


def find_slice_grid(width: int, height: int, max_slice_nums: int) -> tuple[int, int] | None:
    """Return columns and rows that an image is sliced into, None for no slices."""
    wanted = min(math.ceil(width * height / SCALE_RESOLUTION**2), max_slice_nums)
    if wanted <= 1:
        return None
    counts = [n for n in (wanted - 1, wanted, wanted + 1) if n != 1 and n <= max_slice_nums]
    grids = [(c, n // c) for n in counts for c in range(1, n + 1) if n % c == 0]
    ratio = math.log(width / height)
    return min(grids, key=lambda grid: abs(ratio - math.log(grid[0] / grid[1])))


def slice_image(image: Tensor, max_slice_nums: int = 1) -> SlicedImage:
    """Resize an RGB image [H, W, 3], with up to `max_slice_nums` slices if that is above 1."""
    height, width = image.shape[:2]
    overview = bicubic_resize(image, find_best_resize(width, height))
    grid = find_slice_grid(width, height, max_slice_nums)
    if grid is None:
        return SlicedImage(overview)
    columns, rows = grid
    slice_width, slice_height = find_best_resize(
        _round_to_multiple(width, columns) / columns, _round_to_multiple(height, rows) / rows
    )
    resized = bicubic_resize(image, (slice_width * columns, slice_height * rows))
    slices = [
        resized[
            row * slice_height : (row + 1) * slice_height,
            column * slice_width : (column + 1) * slice_width,
        ]
        for row in range(rows)
        for column in range(columns)
    ]
    return SlicedImage(overview, tuple(slices), columns)


@lru_cache(maxsize=64)
def position_ids(rows: int, columns: int) -> NDArray[np.int64]:
    """Return the index into the table of position embeddings of each patch, row by row."""
    return (bucketize(rows)[:, None] * POSITION_TABLE_SIDE + bucketize(columns)).ravel()


@lru_cache(maxsize=256)
def bucketize(count: int) -> NDArray[np.int64]:
    """Return the row of the table for each of `count` patches along one side.

    Ties are decided by the rounding of a vectorised float32 ramp (8 lanes), as upstream's are.
    """
    fractions = _ramp(0.0, float(np.float32(1 / count)), count)
    step = 1 / POSITION_TABLE_SIDE
    boundaries = _ramp(step, step, POSITION_TABLE_SIDE - 1)
    return np.searchsorted(boundaries, fractions, side="right").astype(np.int64)


def _ramp(start: float, step: float, count: int) -> NDArray[np.float32]:
    lane = np.arange(count)
    base = (start + step * (lane // 8 * 8)).astype(np.float32).astype(np.float64)
    whole = (base + lane % 8 * step).astype(np.float32)
    tail = (start + step * lane).astype(np.float32)
    ramp: NDArray[np.float32] = np.where(lane < count // 8 * 8, whole, tail)
    return ramp
