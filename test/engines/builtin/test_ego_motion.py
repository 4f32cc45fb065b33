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


def road(travelled: float) -> Image:
    """What a camera sees that has driven so far between poles: near ones flow faster."""
    random = np.random.default_rng(5)
    image = np.full((240, 320), 120, np.uint8)
    places = np.stack(
        [random.uniform(-6, 6, 500), random.uniform(-4, 4, 500), random.uniform(2, 40, 500)], 1
    )
    for number in np.argsort(-places[:, 2]).tolist():
        x, y, depth = (places[number] - (0, 0, travelled)).tolist()
        if depth > 1:
            column, row = round(160 + 200 * x / depth), round(120 + 200 * y / depth)
            corner = column + 3 + round(12 / depth), row + 3 + round(12 / depth)
            cv2.rectangle(image, (column, row), corner, 40 + number % 5 * 45, -1)
    return image


@pytest.mark.parametrize(
    ("step", "move"), [(0.25, CameraMove.FORWARD), (-0.25, CameraMove.BACKWARD)]
)
def test_driving_is_no_zoom(step: float, move: CameraMove) -> None:
    estimator, moves = EgoMotionEstimator(), CameraMoveClassifier()
    found = []
    for number in range(12):
        motion = estimator.observe(road(4 + step * number), [])
        assert motion.travel * step >= 0
        found.append(moves.observe(number * 0.2, motion, 4 / 3))
    assert found[-1] is move


def wall(shift: int) -> Image:
    """A door in a plain wall: two upright and one level edge, no texture."""
    image = np.full((240, 320), 150, np.uint8)
    image[60:, 60 + shift : 260 + shift] = 100
    noise = np.random.default_rng(shift).normal(0, 1.5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_a_camera_before_a_plain_wall_is_known_to_stand_still() -> None:
    estimator = EgoMotionEstimator()
    visitor = BoundingBox(0.5, 0.3, 0.8, 1.0)
    estimator.observe(wall(0), [visitor])
    image = wall(0)
    image[80:, 130:190] = 20
    assert estimator.observe(image, [visitor]) == EgoMotion()
    moved = estimator.observe(wall(9), [visitor])
    assert not (moved.known and moved.still)


def test_a_fast_pan_is_measured_where_corners_are_lost(landscape: Image) -> None:
    estimator = EgoMotionEstimator()
    blurred = np.asarray(cv2.GaussianBlur(landscape[:, :, 1], (31, 31), 0), np.uint8)
    estimator.observe(np.ascontiguousarray(blurred[100:340, 200:520]), [])
    motion = estimator.observe(np.ascontiguousarray(blurred[100:340, 230:550]), [])
    assert motion.known
    assert motion.dx == pytest.approx(-30 / 240, abs=0.02)
