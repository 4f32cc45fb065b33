from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from video_commentary.engines.builtin.ego_motion import CameraMoves, EgoMotion, Shift
from video_commentary.engines.builtin.geometry import Box

from .conftest import Image

Path = Callable[[int], tuple[float, float, float]]
"""Picture number to what of the landscape the camera sees: x, y, magnification."""


def view(landscape: Image, x: float, y: float, zoom: float) -> Image:
    matrix = np.array([[zoom, 0, -x * zoom], [0, zoom, -y * zoom]])
    gray = landscape[:, :, 1]
    return np.asarray(cv2.warpAffine(gray, matrix, (320, 240)), np.uint8)


def watch(landscape: Image, path: Path, pictures: int = 12) -> list[str]:
    ego, moves = EgoMotion(), CameraMoves()
    found = []
    for number in range(pictures):
        shift = ego.observe(view(landscape, *path(number)), [])
        found.append(moves.observe(number * 0.2, shift, 4 / 3))
    return found


def shake(number: int) -> tuple[float, float, float]:
    return 300 + 5 * (-1) ** number, 200 + 4 * (-1) ** (number // 2), 1.0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (lambda n: (200 + 6 * n, 200.0, 1.0), "right"),
        (lambda n: (300 - 6 * n, 200.0, 1.0), "left"),
        (lambda n: (300.0, 150 + 6 * n, 1.0), "down"),
        (lambda n: (300.0, 250 - 6 * n, 1.0), "up"),
        (lambda n: (300 - 160 / 1.03**n, 250 - 120 / 1.03**n, 1.03**n), "in"),
        (lambda n: (300 - 160 * 1.03**n, 250 - 120 * 1.03**n, 1.03**-n), "out"),
        (shake, "shake"),
        (lambda n: (300.0, 200.0, 1.0), ""),
    ],
)
def test_moves_are_named(landscape: Image, path: Path, name: str) -> None:
    found = watch(landscape, path)
    assert found[-1] == name
    assert set(found) <= {"", name}


def test_a_shift_is_measured(landscape: Image) -> None:
    ego = EgoMotion()
    assert not ego.observe(view(landscape, 300, 200, 1.0), []).known
    shift = ego.observe(view(landscape, 306, 197, 1.0), [])
    assert (shift.dx, shift.dy) == pytest.approx((-6 / 240, 3 / 240), abs=0.002)
    moved = shift.apply(Box(0.5, 0.5, 0.7, 0.9))
    assert moved.left == pytest.approx(0.475, abs=0.004)


def test_something_large_that_passes_is_no_pan(landscape: Image) -> None:
    ego = EgoMotion()
    still, train = view(landscape, 300, 200, 1.0), view(landscape, 0, 400, 1.0)
    for number in range(8):
        image = still.copy()
        image[60:180] = np.roll(train, 9 * number, axis=1)[60:180]
        shift = ego.observe(image, [])
        assert number == 0 or shift.still


@pytest.mark.parametrize("shape", [(1, 1), (240, 320), (10, 300)])
def test_pictures_without_corners_tell_nothing(shape: tuple[int, int]) -> None:
    ego = EgoMotion()
    flat = np.full(shape, 80, np.uint8)
    ego.observe(flat, [])
    assert ego.observe(flat, []) == Shift(known=False)
