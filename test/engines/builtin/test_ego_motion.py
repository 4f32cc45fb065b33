from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from video_commentary.engines.builtin.camera_moves import CameraMove, CameraMoveClassifier
from video_commentary.engines.builtin.ego_motion import EgoMotion, EgoMotionEstimator
from video_commentary.engines.builtin.geometry import BoundingBox

from .conftest import Image

Path = Callable[[int], tuple[float, float, float]]
"""Image number to what of the landscape the camera sees: x, y, magnification."""


def view(landscape: Image, x: float, y: float, zoom: float) -> Image:
    matrix = np.array([[zoom, 0, -x * zoom], [0, zoom, -y * zoom]])
    gray = landscape[:, :, 1]
    return np.asarray(cv2.warpAffine(gray, matrix, (320, 240)), np.uint8)


def watch(landscape: Image, path: Path, images: int = 12) -> list[CameraMove]:
    estimator, moves = EgoMotionEstimator(), CameraMoveClassifier()
    found = []
    for number in range(images):
        motion = estimator.observe(view(landscape, *path(number)), [])
        found.append(moves.observe(number * 0.2, motion, 4 / 3))
    return found


def shake(number: int) -> tuple[float, float, float]:
    return 300 + 5 * (-1) ** number, 200 + 4 * (-1) ** (number // 2), 1.0


@pytest.mark.parametrize(
    ("path", "move"),
    [
        (lambda n: (200 + 6 * n, 200.0, 1.0), CameraMove.PAN_RIGHT),
        (lambda n: (300 - 6 * n, 200.0, 1.0), CameraMove.PAN_LEFT),
        (lambda n: (300.0, 150 + 6 * n, 1.0), CameraMove.TILT_DOWN),
        (lambda n: (300.0, 250 - 6 * n, 1.0), CameraMove.TILT_UP),
        (lambda n: (300 - 160 / 1.03**n, 250 - 120 / 1.03**n, 1.03**n), CameraMove.ZOOM_IN),
        (lambda n: (300 - 160 * 1.03**n, 250 - 120 * 1.03**n, 1.03**-n), CameraMove.ZOOM_OUT),
        (shake, CameraMove.SHAKE),
        (lambda n: (300.0, 200.0, 1.0), CameraMove.STILL),
    ],
)
def test_moves_are_named(landscape: Image, path: Path, move: CameraMove) -> None:
    found = watch(landscape, path)
    assert found[-1] is move
    assert set(found) <= {CameraMove.STILL, move}


def test_the_motion_is_measured(landscape: Image) -> None:
    estimator = EgoMotionEstimator()
    assert not estimator.observe(view(landscape, 300, 200, 1.0), []).known
    motion = estimator.observe(view(landscape, 306, 197, 1.0), [])
    assert (motion.dx, motion.dy) == pytest.approx((-6 / 240, 3 / 240), abs=0.002)
    moved = motion.apply(BoundingBox(0.5, 0.5, 0.7, 0.9))
    assert moved.left == pytest.approx(0.475, abs=0.004)


def test_something_large_that_passes_is_no_pan(landscape: Image) -> None:
    estimator = EgoMotionEstimator()
    still, train = view(landscape, 300, 200, 1.0), view(landscape, 0, 400, 1.0)
    for number in range(8):
        image = still.copy()
        image[60:180] = np.roll(train, 9 * number, axis=1)[60:180]
        motion = estimator.observe(image, [])
        assert number == 0 or motion.still


@pytest.mark.parametrize("shape", [(1, 1), (240, 320), (10, 300)])
def test_the_motion_without_corners_is_unknown(shape: tuple[int, int]) -> None:
    estimator = EgoMotionEstimator()
    flat = np.full(shape, 80, np.uint8)
    estimator.observe(flat, [])
    assert estimator.observe(flat, []) == EgoMotion(known=False)
