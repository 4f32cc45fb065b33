from __future__ import annotations

import numpy as np

from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.motion import MotionDetector

from .conftest import Image


def scene(landscape: Image, number: int, x: int | None) -> Image:
    noise = np.random.default_rng(number).normal(0, 2, (240, 320))
    image = landscape[:240, :320, 1] + noise
    if x is not None:
        image[100:140, x : x + 30] = 20
    return np.clip(image, 0, 255).astype(np.uint8)


def test_noise_is_not_motion(landscape: Image) -> None:
    detector = MotionDetector()
    assert not any(detector.observe(scene(landscape, n, None), []) for n in range(40))


def test_what_moves_is_found_where_it_is(landscape: Image) -> None:
    detector = MotionDetector()
    for number in range(15):
        detector.observe(scene(landscape, number, None), [])
    for number in range(15, 25):
        x = 20 + 8 * (number - 15)
        boxes = detector.observe(scene(landscape, number, x), [])
        assert len(boxes) == 1
        assert boxes[0].iou(BoundingBox(x / 240, 100 / 240, (x + 30) / 240, 140 / 240)) > 0.6


def test_what_is_known_already_is_left_out(landscape: Image) -> None:
    detector = MotionDetector()
    for number in range(15):
        detector.observe(scene(landscape, number, None), [])
    known = BoundingBox(100 / 240, 100 / 240, 130 / 240, 140 / 240)
    assert detector.observe(scene(landscape, 15, 102), [known]) == []


def test_a_picture_that_changes_as_a_whole_is_not_motion(landscape: Image) -> None:
    detector = MotionDetector()
    for number in range(15):
        detector.observe(scene(landscape, number, None), [])
    assert detector.observe(scene(landscape, 15, None) + np.uint8(60), []) == []


def test_a_place_that_the_sun_lights_is_not_motion(landscape: Image) -> None:
    detector = MotionDetector()
    for number in range(15):
        detector.observe(scene(landscape, number, None), [])
    for number in range(15, 20):
        image = scene(landscape, number, None)
        lit = image[60:160, 60:200].astype(np.float64) * 1.4
        image[60:160, 60:200] = np.clip(lit, 0, 255).astype(np.uint8)
        assert detector.observe(image, []) == []
