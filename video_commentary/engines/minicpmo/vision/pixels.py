"""From a frame to what the vision tower sees: resized pictures, and where their patches lie.

Sizes, slices and positions follow the published preprocessor to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PATCH = 14
SIDE = 448
"""A picture is brought to the area of a square with this side."""
TABLE = 70
"""Rows and columns of the table of position embeddings."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """A frame's overview, uint8 [H, W, 3], and its slices row by row, `columns` in a row."""

    overview: NDArray[np.uint8]
    slices: tuple[NDArray[np.uint8], ...] = ()
    columns: int = 0

    @property
    def rows(self) -> int:
        """Rows of slices."""
        return len(self.slices) // self.columns if self.columns else 0


def target_size(width: int, height: int) -> tuple[int, int]:
    """Return width and height, multiples of a patch, that a picture is resized to."""
    return _fit(width, height)


def _fit(width: float, height: float) -> tuple[int, int]:
    ratio = width / height
    high = int(SIDE / math.sqrt(ratio))
    wide = int(high * ratio)
    return _multiple(wide, PATCH), _multiple(high, PATCH)


def _multiple(length: float, unit: int) -> int:
    return max(round(length / unit) * unit, unit)


def slice_grid(width: int, height: int, most: int) -> tuple[int, int] | None:
    """Return columns and rows a picture is cut into, None for not at all."""
    wanted = min(math.ceil(width * height / SIDE**2), most)
    if wanted <= 1:
        return None
    counts = [n for n in (wanted - 1, wanted, wanted + 1) if n != 1 and n <= most]
    grids = [(c, n // c) for n in counts for c in range(1, n + 1) if n % c == 0]
    ratio = math.log(width / height)
    return min(grids, key=lambda grid: abs(ratio - math.log(grid[0] / grid[1])))


def cut(image: NDArray[np.uint8], most_slices: int = 1) -> Pictures:
    """Resize an RGB image [H, W, 3], and cut it into up to `most_slices` slices if more than 1."""
    # Pillow's own rounding is a part of what the model was trained on
    picture = Image.fromarray(np.ascontiguousarray(image))
    overview = _resized(picture, _fit(*picture.size))
    grid = slice_grid(*picture.size, most_slices)
    if grid is None:
        return Pictures(overview)
    columns, rows = grid
    width, height = picture.size
    wide, high = _fit(_multiple(width, columns) / columns, _multiple(height, rows) / rows)
    large = _resized(picture, (wide * columns, high * rows))
    cells = [
        large[r * high : (r + 1) * high, c * wide : (c + 1) * wide]
        for r in range(rows)
        for c in range(columns)
    ]
    return Pictures(overview, tuple(cells), columns)


def _resized(picture: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.array(picture.resize(size, Image.Resampling.BICUBIC))


@lru_cache(maxsize=64)
def position_ids(rows: int, columns: int) -> NDArray[np.int64]:
    """Return the index into the table of position embeddings for each patch, row by row."""
    return (buckets(rows)[:, None] * TABLE + buckets(columns)).ravel()


@lru_cache(maxsize=256)
def buckets(count: int) -> NDArray[np.int64]:
    """Return which of the table's rows each of `count` patches in line belongs to.

    Ties are decided by float32's rounding, as a vectorised ramp (8 lanes) makes it.
    """
    places = _ramp(0.0, float(np.float32(1 / count)), count)
    bounds = _ramp(1 / TABLE, 1 / TABLE, TABLE - 1)
    return np.searchsorted(bounds, places, side="right").astype(np.int64)


def _ramp(start: float, step: float, count: int) -> NDArray[np.float32]:
    lane = np.arange(count)
    base = (start + step * (lane // 8 * 8)).astype(np.float32).astype(np.float64)
    whole = (base + lane % 8 * step).astype(np.float32)
    tail = (start + step * lane).astype(np.float32)
    ramp: NDArray[np.float32] = np.where(lane < count // 8 * 8, whole, tail)
    return ramp
