"""Whether the camera stood still between two images, where corners are too few for optical flow.

The edges of a plain wall, of a face close up or between passing cars stay where they are. Their
normal flow shows it: the change of grey level, divided by the gradient.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_MIN_GRADIENT = 5.0  # grey levels a pixel, of an edge
_MAX_SHIFT = 0.4  # pixels across an edge
_DOMINANT = 2.0  # how much steeper an edge is across than along
_MIN_EDGES = 60  # pixels of edges upright, and as many level
_MIN_STILL = 0.62  # of the pixels on edges of each kind
_MIN_CELLS = 3  # of a 4 by 3 grid, that contain still edges of each kind
_QUIET_LEVEL, _MAX_CHANGED = 9.0, 0.02  # grey levels; share of all pixels that differ more


def stood_still(
    before: NDArray[np.uint8], after: NDArray[np.uint8], background: NDArray[np.uint8]
) -> bool:
    """Return whether edges of the background are where they were, uint8 (H, W) each.

    `background`: 0 where objects are that may move by themselves.
    """
    one, other = (np.asarray(cv2.GaussianBlur(i, (5, 5), 0), np.float32) for i in (before, after))
    change = other - one
    if float(np.mean(np.abs(change) > _QUIET_LEVEL)) < _MAX_CHANGED and _has_edges(one):
        return True
    outside = background > 0
    if not outside.any():
        return False
    exposure = np.float32(np.median(change[outside]))
    change = np.abs(change - exposure)
    across = np.abs(np.asarray(cv2.Sobel(one, cv2.CV_32F, 1, 0), np.float32)) / 8
    down = np.abs(np.asarray(cv2.Sobel(one, cv2.CV_32F, 0, 1), np.float32)) / 8
    upright = outside & (across > _MIN_GRADIENT) & (across > _DOMINANT * down)
    level = outside & (down > _MIN_GRADIENT) & (down > _DOMINANT * across)
    return _edges_rest(upright, change, across) and _edges_rest(level, change, down)


def _has_edges(image: NDArray[np.float32]) -> bool:
    """Return whether a shift would have changed much: a blank image looks the same everywhere."""
    shifted = np.abs(image[2:, 2:] - image[:-2, :-2])
    return float(np.mean(shifted > _QUIET_LEVEL)) > 2 * _MAX_CHANGED


def _edges_rest(
    edges: NDArray[np.bool_], change: NDArray[np.floating], gradient: NDArray[np.floating]
) -> bool:
    rows, columns = np.nonzero(edges)
    if len(rows) < _MIN_EDGES:
        return False
    still = change[rows, columns] < _MAX_SHIFT * gradient[rows, columns]
    height, width = edges.shape
    cells = set(
        zip(
            (rows[still] * 3 // height).tolist(),
            (columns[still] * 4 // width).tolist(),
            strict=True,
        )
    )
    return float(still.mean()) > _MIN_STILL and len(cells) >= _MIN_CELLS
