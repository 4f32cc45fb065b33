"""How a box moves and grows over time, where the image may cut some of its edges off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .geometry import BoundingBox

_MIN_POINTS = 3  # of a velocity
_MIN_SIZES = 4  # of a growth
_BENDS = 0.86  # how much narrower a box gets, while it gets higher, that only stretches


@dataclass(frozen=True)
class StampedBox:
    """Where a track was at `stamp`, in seconds; `cut`: which edges the image cut off then."""

    stamp: float
    box: BoundingBox
    cut: frozenset[str] = frozenset()


def velocity(points: Sequence[StampedBox]) -> tuple[float, float]:
    """Return the velocity of a trajectory, in image heights a second.

    Across, of the boxes' centers; down, of their bottoms. Where an edge is cut off in any of them,
    of the opposite edge; 0 if both are.
    """
    if len(points) < _MIN_POINTS:
        return 0.0, 0.0
    stamps = np.array([point.stamp for point in points])
    stamps -= stamps.mean()
    power = float(stamps @ stamps)
    if power < 1e-6:
        return 0.0, 0.0
    across, down = places(points)
    return float(stamps @ np.array(across)) / power, float(stamps @ np.array(down)) / power


def places(points: Sequence[StampedBox]) -> tuple[list[float], list[float]]:
    """Return where boxes are, across and down, by edges that none of them has cut off."""
    cut = frozenset[str]().union(*(point.cut for point in points))
    if {"left", "right"} <= cut:
        across = [0.0] * len(points)
    elif "left" in cut:
        across = [point.box.right for point in points]
    elif "right" in cut:
        across = [point.box.left for point in points]
    else:
        across = [point.box.center_x for point in points]
    if {"bottom", "top"} <= cut:
        down = [0.0] * len(points)
    elif "bottom" in cut:
        down = [point.box.top for point in points]
    else:
        down = [point.box.bottom for point in points]
    return across, down


def growth(points: Sequence[StampedBox]) -> float:
    """Return the ratio of the last boxes' size to the first ones'; 1 if unknown."""
    if len(points) < _MIN_SIZES or len({point.cut for point in points}) > 1:
        return 1.0
    cut = points[-1].cut
    wider, higher = (_ratio(sizes) for sizes in zip(*_sizes(points), strict=True))
    if cut & {"left", "right"}:
        return 1.0 if cut & {"bottom", "top"} else higher
    if cut:  # the image hides how much higher it is
        return (wider * higher) ** 0.5 if (wider - 1) * (higher - 1) > 0 else 1.0
    stretches = higher > 1 and wider < _BENDS or higher < 1 and wider > 1 / _BENDS
    return 1.0 if stretches else higher


def _sizes(points: Sequence[StampedBox]) -> list[tuple[float, float]]:
    return [(point.box.width, point.box.height) for point in points]


def _ratio(sizes: Sequence[float]) -> float:
    third = max(1, len(sizes) // 3)
    return float(np.median(sizes[-third:])) / max(float(np.median(sizes[:third])), 1e-6)
