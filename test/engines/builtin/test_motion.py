from __future__ import annotations

import numpy as np

from video_commentary.engines.builtin.geometry import Box
from video_commentary.engines.builtin.motion import MotionFinder

from .conftest import Image


def scene(landscape: Image, number: int, x: int | None) -> Image:
    noise = np.random.default_rng(number).normal(0, 2, (240, 320))
    image = landscape[:240, :320, 1] + noise
    if x is not None:
        image[100:140, x : x + 30] = 20
    return np.clip(image, 0, 255).astype(np.uint8)


def test_noise_is_not_motion(landscape: Image) -> None:
    finder = MotionFinder()
    assert not any(finder.observe(scene(landscape, n, None), []) for n in range(40))


def test_what_moves_is_found_where_it_is(landscape: Image) -> None:
    finder = MotionFinder()
    for number in range(15):
        finder.observe(scene(landscape, number, None), [])
    for number in range(15, 25):
        x = 20 + 8 * (number - 15)
        boxes = finder.observe(scene(landscape, number, x), [])
        assert len(boxes) == 1
        assert boxes[0].iou(Box(x / 240, 100 / 240, (x + 30) / 240, 140 / 240)) > 0.6


def test_what_is_known_already_is_left_out(landscape: Image) -> None:
    finder = MotionFinder()
    for number in range(15):
        finder.observe(scene(landscape, number, None), [])
    known = Box(100 / 240, 100 / 240, 130 / 240, 140 / 240)
    assert finder.observe(scene(landscape, 15, 102), [known]) == []


def test_a_picture_that_changes_as_a_whole_is_not_motion(landscape: Image) -> None:
    finder = MotionFinder()
    for number in range(15):
        finder.observe(scene(landscape, number, None), [])
    assert finder.observe(scene(landscape, 15, None) + np.uint8(60), []) == []
