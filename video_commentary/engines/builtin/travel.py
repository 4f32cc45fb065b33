"""Travel: how fast the camera drives forward or backward, from flow out of, or into, one point.

Near things flow faster than far ones then, so that no similarity transform fits: a zoom has one
magnification for the whole image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MIN_FLOW = 0.6  # pixels; less has no reliable direction
_MIN_MOVING = 0.4  # of the points
_MIN_POINTS = 20
_TRIALS = 120
_MIN_COSINE = 0.93  # between a point's flow and the ray from the common point
_MIN_SHARE = 0.65  # of the moving points that flow along their ray, all outward or all inward
_MARGIN = 0.3  # of the image around it, where the common point may be too
_MAX_RATE = 0.3  # e-folds an image; faster is a blurred image
_MIN_PARALLAX = 0.3  # spread of the points' rates, in their median; a zoom has one rate for all
_MIN_SECTORS = 5  # of 8 around the common point: a pan's flow fills few


def travel_rate(
    start: NDArray[np.float32], end: NDArray[np.float32], shape: tuple[int, ...]
) -> float:
    """Return the expansion of a flow from `start` to `end`, pixels (N, 2), in e-folds an image.

    Above 0 the camera drives forward, below 0 backward. 0 if the flow has no common point in the
    image of this `shape` or close to it.
    """
    flow = (end - start).astype(np.float64)
    speed = np.linalg.norm(flow, axis=1)
    moving = speed > _MIN_FLOW
    if moving.sum() < _MIN_POINTS or moving.mean() < _MIN_MOVING:
        return 0.0
    points, flow, speed = start[moving].astype(np.float64), flow[moving], speed[moving]
    best, sign, center = 0.0, 1.0, np.zeros(2)
    for candidate in _crossings(points, flow, speed, shape):
        cosine = _cosines(points - candidate, flow, speed)
        outward, inward = (
            float(np.mean(cosine > _MIN_COSINE)),
            float(np.mean(-cosine > _MIN_COSINE)),
        )
        if max(outward, inward) > best:
            best, sign, center = max(outward, inward), 1.0 if outward > inward else -1.0, candidate
    if best < _MIN_SHARE:
        return 0.0
    rays = points - center
    along = sign * _cosines(rays, flow, speed) > _MIN_COSINE
    sectors = np.floor(np.arctan2(rays[along, 1], rays[along, 0]) / (np.pi / 4)).astype(int)
    if len(np.unique(sectors)) < _MIN_SECTORS:
        return 0.0
    distance = np.maximum(np.linalg.norm(rays[along], axis=1), 1.0)
    low, rate, high = np.percentile(np.log1p(speed[along] / distance), (25, 50, 75))
    if high - low < _MIN_PARALLAX * rate or rate > _MAX_RATE:
        return 0.0
    return sign * float(rate)


def _crossings(
    points: NDArray[np.float64],
    flow: NDArray[np.float64],
    speed: NDArray[np.float64],
    shape: tuple[int, ...],
) -> NDArray[np.float64]:
    """Return where the lines of random pairs of flow vectors cross, in or near the image (M, 2)."""
    random = np.random.default_rng(1)
    one, other = random.integers(0, len(points), (2, _TRIALS))
    normals = np.stack([-flow[:, 1], flow[:, 0]], axis=1) / speed[:, None]
    offsets = (normals * points).sum(axis=1)
    across = normals[one, 0] * normals[other, 1] - normals[one, 1] * normals[other, 0]
    crossing = np.abs(across) > 0.1
    one, other, across = one[crossing], other[crossing], across[crossing]
    x = (offsets[one] * normals[other, 1] - offsets[other] * normals[one, 1]) / across
    y = (offsets[other] * normals[one, 0] - offsets[one] * normals[other, 0]) / across
    height, width = shape[:2]
    near = (np.abs(x / width - 0.5) < 0.5 + _MARGIN) & (np.abs(y / height - 0.5) < 0.5 + _MARGIN)
    return np.stack([x[near], y[near]], axis=1)


def _cosines(
    rays: NDArray[np.float64], flow: NDArray[np.float64], speed: NDArray[np.float64]
) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rays, axis=1) * speed
    return np.asarray((rays * flow).sum(axis=1) / np.maximum(lengths, 1e-9), np.float64)
