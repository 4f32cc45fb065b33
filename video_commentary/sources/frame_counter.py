"""A frame counter burnt into the image: as blocks for programs, as a clock for people.

The counter is a row of 32 small blocks along the bottom edge: two for orientation (1, 0), 24 bits
of the frame's index and 6 bits of checksum, the highest bit first. A 1 is light above dark, a 0
dark above light. Their mean is the same, so that change detection doesn't see the counter. All
sizes are fractions of the image's, so the counter survives JPEG and scaling down to 160 pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_INDEX_BITS = 24
_CHECK_BITS = 6
_BITS = 2 + _INDEX_BITS + _CHECK_BITS
_WIDTH = 0.4
_HEIGHT = 1 / 60
_LIGHT, _DARK = 170, 90


def draw_index(image: NDArray[np.uint8], index: int) -> None:
    """Draw a frame's index as blocks into `image`, uint8 RGB (H, W, 3), in place."""
    height, width = image.shape[:2]
    half = max(1, round(_HEIGHT * height / 2))
    columns = np.arange(round(_WIDTH * width)) * _BITS // round(_WIDTH * width)
    ones = np.array([bit == "1" for bit in _code(index)])[columns]
    upper, lower = np.where(ones, _LIGHT, _DARK), np.where(ones, _DARK, _LIGHT)
    image[height - 2 * half : height - half, : len(columns)] = upper[:, None]
    image[height - half :, : len(columns)] = lower[:, None]


def draw_clock(image: NDArray[np.uint8], seconds: float) -> None:
    """Draw `seconds` as mm:ss into `image`, uint8 RGB (H, W, 3), in place."""
    height, width = image.shape[:2]
    minutes, rest = divmod(int(seconds), 60)
    place = round(0.01 * width), round((1 - 1.8 * _HEIGHT) * height)
    for colour, thick in (((20, 20, 20), 3), ((235, 235, 235), 1)):
        cv2.putText(
            image,
            f"{minutes:02d}:{rest:02d}",
            place,
            cv2.FONT_HERSHEY_SIMPLEX,
            height / 900,
            colour,
            thick,
            cv2.LINE_AA,
        )


def read_index(image: NDArray[np.uint8]) -> int | None:
    """Return the frame index drawn into `image`, uint8 (H, W, 3); None if there is none."""
    height, width = image.shape[:2]
    rows = [min(height - 1, int(height * (1 - _HEIGHT * part))) for part in (0.75, 0.25)]
    columns = ((np.arange(_BITS) + 0.5) / _BITS * _WIDTH * width).astype(int)
    upper, lower = (image[row, columns].astype(int).mean(axis=1) for row in rows)
    bits = "".join("1" if above > below else "0" for above, below in zip(upper, lower, strict=True))
    index = int(bits[2 : 2 + _INDEX_BITS], 2)
    return index if bits == _code(index) else None


def _code(index: int) -> str:
    index %= 2**_INDEX_BITS
    return f"10{index:0{_INDEX_BITS}b}{index * 7 % 61 + 1:0{_CHECK_BITS}b}"
