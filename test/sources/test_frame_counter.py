from __future__ import annotations

import cv2
import numpy as np
import pytest

from video_commentary.sources.frame_counter import draw_clock, draw_index, read_index

SIZES = [(160, 120), (320, 240), (640, 480), (1280, 720), (1920, 1080), (641, 483)]


def background(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_reads_what_was_drawn(size: tuple[int, int]) -> None:
    some = np.random.default_rng(4).integers(0, 2**24, 50)
    for index in [0, 1, 2, 1799, 2**20 + 5, 2**24 - 1, *some]:
        image = background(*size)
        draw_index(image, int(index))
        assert read_index(image) == index


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5])
def test_survives_jpeg_and_scaling(scale: float) -> None:
    for index in range(0, 3000, 97):
        image = background(640, 480)
        draw_clock(image, index / 30)
        draw_index(image, index)
        jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
        seen = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert seen is not None
        seen = cv2.resize(seen, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        assert read_index(seen.astype(np.uint8)) == index


def test_other_images_have_no_index() -> None:
    assert read_index(np.zeros((480, 640, 3), np.uint8)) is None
    assert read_index(np.full((480, 640, 3), 255, np.uint8)) is None
    assert read_index(background(640, 480)) is None
