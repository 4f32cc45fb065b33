"""How the camera itself moves: pan, tilt, zoom and shake, from the flow of the background."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Box

_POINTS = 160
_LEAST = 12  # points that agree
_AGREE = 0.55  # of the points: fewer, and something large moves, or the flow is noise
_SPREAD = 5  # of the 12 fields of a 4 by 3 grid that agreeing points must lie in
_STILL = 0.002  # units a picture: less is noise


@dataclass(frozen=True)
class Shift:
    """How the picture moved from the one before: x' = a x - b y + dx, y' = b x + a y + dy.

    `known` is False where that could not be told.
    """

    a: float = 1.0
    b: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    known: bool = True

    @property
    def still(self) -> bool:
        """Whether nothing moved."""
        return self == Shift(known=self.known)

    @property
    def zoom(self) -> float:
        """The logarithm of the magnification."""
        return math.log(max(math.hypot(self.a, self.b), 1e-6))

    def apply(self, box: Box) -> Box:
        """Move a box along."""
        x = self.a * box.x - self.b * box.y + self.dx
        y = self.b * box.x + self.a * box.y + self.dy
        scale = math.hypot(self.a, self.b)
        half_width, half_height = box.width * scale / 2, box.height * scale / 2
        return Box(x - half_width, y - half_height, x + half_width, y + half_height)


class EgoMotion:
    """Follows corners of the background (pyramidal Lucas-Kanade, RANSAC over similarities)."""

    def __init__(self) -> None:
        """Start with no picture."""
        self._before: NDArray[np.uint8] | None = None

    def observe(self, gray: NDArray[np.uint8], ignore: Sequence[Box]) -> Shift:
        """Return the shift since the last picture; `ignore` covers what moves by itself."""
        before, self._before = self._before, gray
        if before is None or before.shape != gray.shape or min(gray.shape) < 24:
            return Shift(known=False)
        height = gray.shape[0]
        mask = np.full(gray.shape, 255, np.uint8)
        for box in ignore:
            left, top, right, bottom = (round(v * height) for v in _corners(box))
            mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 0
        points = cv2.goodFeaturesToTrack(before, _POINTS, 0.01, 6, mask=mask)
        if not isinstance(points, np.ndarray) or len(points) < _LEAST:
            return Shift(known=False)
        moved, found, _ = cv2.calcOpticalFlowPyrLK(
            before, gray, points, np.empty_like(points), winSize=(15, 15), maxLevel=3
        )
        good = found.ravel() == 1
        start, end = points.reshape(-1, 2)[good], moved.reshape(-1, 2)[good]
        if len(start) < max(_LEAST, len(points) // 2):
            return Shift(known=False)
        return _fit(start, end, gray.shape)


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _fit(start: NDArray[np.float32], end: NDArray[np.float32], shape: tuple[int, ...]) -> Shift:
    height, width = shape
    resting = np.abs(end - start).max(axis=1) < 0.35
    if _wide(start[resting], width, height) and resting.mean() > 0.4:
        return Shift()
    # OpenCV's RANSAC draws from one generator for all threads; the seed keeps replays equal.
    cv2.setRNGSeed(1)
    fitted, inliers = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=1.0, maxIters=300
    )
    matrix = np.asarray(fitted)
    if matrix.shape != (2, 3):  # None where nothing fits
        return Shift(known=False)
    agree = inliers.ravel() == 1
    if agree.sum() < _LEAST or agree.mean() < _AGREE or not _wide(start[agree], width, height):
        return Shift(known=False)
    a, b = float(matrix[0, 0]), float(matrix[1, 0])
    shift = Shift(a, b, float(matrix[0, 2]) / height, float(matrix[1, 2]) / height)
    middle = Box(width / height / 2, 0.5, width / height / 2, 0.5)
    there = shift.apply(middle)
    if max(abs(there.x - middle.x), abs(there.y - 0.5), abs(shift.zoom), abs(b)) < _STILL:
        return Shift()
    return shift


def _wide(points: NDArray[np.float32], width: int, height: int) -> bool:
    """Return whether the points lie all over the picture, as those of a background do."""
    fields = set(
        zip(
            (points[:, 0] * 4 // width).tolist(), (points[:, 1] * 3 // height).tolist(), strict=True
        )
    )
    return len(points) >= _LEAST and len(fields) >= _SPREAD


class CameraMoves:
    """Tells from shifts what the camera does now: pan left, zoom in, shake... or "" for nothing."""

    def __init__(self) -> None:
        """Start at rest."""
        self._shifts: deque[tuple[float, float, float, float, bool]] = deque()

    def observe(self, stamp: float, shift: Shift, aspect: float) -> str:
        """Take in the next shift; return what the camera has been doing for a second.

        One of: "", "unknown", "left", "right", "up", "down", "in", "out", "shake".
        """
        middle = Box(aspect / 2, 0.5, aspect / 2, 0.5)
        there = shift.apply(middle)
        step = (stamp, there.x - middle.x, there.y - middle.y, shift.zoom, shift.known)
        self._shifts.append(step)
        while self._shifts[0][0] < stamp - 1.01:
            self._shifts.popleft()
        span = stamp - self._shifts[0][0]
        if span < 0.7 or len(self._shifts) < 4:
            return ""
        steps = np.array([s[1:4] for s in list(self._shifts)[1:]])
        known = np.mean([s[4] for s in list(self._shifts)[1:]])
        if known < 0.75:
            return "unknown"
        return _named(steps, span)


def _named(steps: NDArray[np.float64], span: float) -> str:
    speed = steps.sum(axis=0) / span
    steady = np.abs(np.sign(steps).sum(axis=0)) / len(steps)
    names = (("right", "left"), ("down", "up"), ("out", "in"))
    least = (0.08, 0.08, 0.06)  # picture heights and e-folds a second
    strengths = [
        abs(float(v)) / limit if constant > 0.7 else 0.0
        for v, limit, constant in zip(speed, least, steady, strict=True)
    ]
    strongest = int(np.argmax(strengths))
    if strengths[strongest] > 1:
        return names[strongest][int(speed[strongest] > 0)]
    # Most steps are large and turn back on the one before.
    large = np.abs(steps[:, :2]) > 0.006
    turns = (steps[1:, :2] * steps[:-1, :2] < 0) & large[1:] & large[:-1]
    return "shake" if turns.mean(axis=0).max() >= 0.5 else ""
