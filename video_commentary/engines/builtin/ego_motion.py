"""Ego motion: how the camera moves, from sparse optical flow of the background."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BoundingBox
from .stillness import stood_still
from .travel import travel_rate

_MAX_POINTS = 160
_MIN_INLIERS = 12
_MIN_INLIER_SHARE = 0.55  # below it something large moves, or the flow is noise
_MIN_CELLS = 5  # of the 12 cells of a 4 by 3 grid, that must contain inliers
_STILL_PIXELS = 0.35
_STILL = 0.002  # image heights, e-folds or radians an image; less is noise
_MIN_IMAGE_SIDE = 24  # pixels
_MIN_RESPONSE = 0.75  # of the phase correlation, 1 if the images differ by a shift alone
_MIN_SHIFT = 3.0  # pixels; a smaller shift is also what a driving camera's far background shows


@dataclass(frozen=True)
class EgoMotion:
    """How the image moved since the previous one: x' = a x - b y + dx, y' = b x + a y + dy.

    A similarity transform in image heights. `known` is False if it could not be estimated.
    `travel`: e-folds an image by which near and far flow out of one point, above 0 if the camera
    drives forward; 0 if it doesn't drive, or too slowly to measure.
    """

    a: float = 1.0
    b: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    known: bool = True
    travel: float = 0.0

    @property
    def still(self) -> bool:
        """Whether this is the identity."""
        return self == EgoMotion(known=self.known, travel=self.travel)

    @property
    def log_scale(self) -> float:
        """The natural logarithm of the magnification; above 0 the image zooms in."""
        return math.log(max(math.hypot(self.a, self.b), 1e-6))

    def apply(self, box: BoundingBox) -> BoundingBox:
        """Return where a box of the previous image is in this one, upright and scaled."""
        x = self.a * box.center_x - self.b * box.center_y + self.dx
        y = self.b * box.center_x + self.a * box.center_y + self.dy
        scale = math.hypot(self.a, self.b)
        half_width, half_height = box.width * scale / 2, box.height * scale / 2
        return BoundingBox(x - half_width, y - half_height, x + half_width, y + half_height)


class EgoMotionEstimator:
    """Tracks corners by pyramidal Lucas-Kanade and fits a similarity transform by RANSAC.

    Where that fails, edges may show that the camera stands still, or the flow that it drives.
    """

    def __init__(self) -> None:
        """Start without an image."""
        self._previous: NDArray[np.uint8] | None = None

    def observe(self, gray: NDArray[np.uint8], ignore: Sequence[BoundingBox]) -> EgoMotion:
        """Process the next image, uint8 (H, W); return the motion since the previous one.

        `ignore`: boxes of objects that may move by themselves.
        """
        before, self._previous = self._previous, gray
        if before is None or before.shape != gray.shape or min(gray.shape) < _MIN_IMAGE_SIDE:
            return EgoMotion(known=False)
        mask = _background_mask(gray.shape, ignore)
        start, end = _flow(before, gray, mask)
        motion = _fit_similarity(start, end, gray.shape)
        if not motion.known and stood_still(before, gray, mask):
            return EgoMotion()
        if motion.still and motion.known:
            return motion
        travel = travel_rate(start, end, gray.shape)
        if not (motion.known or travel):
            return _phase_shift(before, gray)
        return replace(motion, travel=travel)


def _phase_shift(before: NDArray[np.uint8], gray: NDArray[np.uint8]) -> EgoMotion:
    """Return a fast pan or tilt, whose flow is lost where the image has few or like corners."""
    height, width = gray.shape
    size = width // 2, height // 2
    one, other = (
        np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
        for image in (before, gray)
    )
    window = cv2.createHanningWindow(size, cv2.CV_32F)
    (dx, dy), response = cv2.phaseCorrelate(one, other, window)
    if response < _MIN_RESPONSE or math.hypot(dx, dy) * 2 < _MIN_SHIFT:
        return EgoMotion(known=False)
    return EgoMotion(dx=dx / size[1], dy=dy / size[1])


def _flow(
    before: NDArray[np.uint8], gray: NDArray[np.uint8], mask: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where corners of the background were and are, pixels (N, 2); none if too few."""
    none = np.zeros((0, 2), np.float32)
    points = cv2.goodFeaturesToTrack(before, _MAX_POINTS, 0.01, 6, mask=mask)
    if not isinstance(points, np.ndarray) or len(points) < _MIN_INLIERS:
        return none, none
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before, gray, points, np.empty_like(points), winSize=(15, 15), maxLevel=3
    )
    tracked = found.ravel() == 1
    start, end = points.reshape(-1, 2)[tracked], moved.reshape(-1, 2)[tracked]
    if len(start) < max(_MIN_INLIERS, len(points) // 2):
        return none, none
    return np.asarray(start, np.float32), np.asarray(end, np.float32)


def _background_mask(shape: tuple[int, ...], ignore: Sequence[BoundingBox]) -> NDArray[np.uint8]:
    height = shape[0]
    mask = np.full(shape, 255, np.uint8)
    for box in ignore:
        edges = box.left, box.top, box.right, box.bottom
        left, top, right, bottom = (round(edge * height) for edge in edges)
        mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 0
    return mask


def _fit_similarity(
    start: NDArray[np.float32], end: NDArray[np.float32], shape: tuple[int, ...]
) -> EgoMotion:
    height, width = shape
    if not len(start):
        return EgoMotion(known=False)
    still = np.abs(end - start).max(axis=1) < _STILL_PIXELS
    if _well_spread(start[still], width, height) and still.mean() > 0.4:
        return EgoMotion()
    # OpenCV's RANSAC draws from one generator for all threads; the seed keeps replays equal.
    cv2.setRNGSeed(1)
    fitted, inliers = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=1.0, maxIters=300
    )
    matrix = np.asarray(fitted)
    if matrix.shape != (2, 3):  # OpenCV returns None if nothing fits
        return EgoMotion(known=False)
    agree = inliers.ravel() == 1
    enough = agree.sum() >= _MIN_INLIERS and agree.mean() >= _MIN_INLIER_SHARE
    if not enough or not _well_spread(start[agree], width, height):
        return EgoMotion(known=False)
    a, b = float(matrix[0, 0]), float(matrix[1, 0])
    motion = EgoMotion(a, b, float(matrix[0, 2]) / height, float(matrix[1, 2]) / height)
    dx, dy = center_shift(motion, width / height)
    if max(abs(dx), abs(dy), abs(motion.log_scale), abs(b)) < _STILL:
        return EgoMotion()
    return motion


def center_shift(motion: EgoMotion, aspect: float) -> tuple[float, float]:
    """Return how far the image's center moved across and down, in image heights."""
    center = BoundingBox(aspect / 2, 0.5, aspect / 2, 0.5)
    moved = motion.apply(center)
    return moved.center_x - center.center_x, moved.center_y - center.center_y


def _well_spread(points: NDArray[np.float32], width: int, height: int) -> bool:
    """Return whether the points are spread over the image, as a background's are."""
    columns, rows = points[:, 0] * 4 // width, points[:, 1] * 3 // height
    cells = set(zip(columns.tolist(), rows.tolist(), strict=True))
    return len(points) >= _MIN_INLIERS and len(cells) >= _MIN_CELLS
