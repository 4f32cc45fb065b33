"""A clock in the picture that people and programs can read: which frame is this?

Along the bottom edge lie 32 small blocks, black for 0 and white for 1: two for orientation (1, 0),
24 bits of the frame's index and 6 bits of a check sum, the highest bit first. All sizes are
fractions of the picture's, so it survives scaling and JPEG.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_INDEX_BITS = 24
_CHECK_BITS = 6
_BITS = 2 + _INDEX_BITS + _CHECK_BITS
_WIDTH = 0.4
_HEIGHT = 1 / 80


def draw_clock(image: NDArray[np.uint8], index: int, seconds: float) -> None:
    """Draw `index` as blocks and `seconds` as digits into uint8 RGB `image`, in place."""
    height, width = image.shape[:2]
    bits = np.array([int(bit) for bit in _code(index)], np.uint8) * 235 + 10
    top = height - max(1, round(_HEIGHT * height))
    columns = np.arange(round(_WIDTH * width)) * _BITS // round(_WIDTH * width)
    image[top:, : len(columns)] = bits[columns][None, :, None]
    minutes, rest = divmod(seconds, 60)
    text = f"{int(minutes):02d}:{int(rest):02d}"
    place = round(0.01 * width), round(top - 0.012 * height)
    scale = height / 1000
    for colour, thick in (((20, 20, 20), 3), ((235, 235, 235), 1)):
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thick, cv2.LINE_AA)


def read_clock(image: NDArray[np.uint8]) -> int | None:
    """Return the frame index drawn into `image` (uint8, [H, W, 3]), None where there is none."""
    height, width = image.shape[:2]
    row = min(height - 1, int(height * (1 - _HEIGHT / 2)))
    columns = ((np.arange(_BITS) + 0.5) / _BITS * round(_WIDTH * width)).astype(int)
    bits = "".join("1" if image[row, column].mean() > 127 else "0" for column in columns)
    index = int(bits[2 : 2 + _INDEX_BITS], 2)
    return index if bits == _code(index) else None


def _code(index: int) -> str:
    index %= 2**_INDEX_BITS
    # A prime modulus, and never all zeros or all ones: a black or white bar is no clock.
    return f"10{index:0{_INDEX_BITS}b}{index * 7 % 61 + 1:0{_CHECK_BITS}b}"
