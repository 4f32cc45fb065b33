from __future__ import annotations

import numpy as np

from video_commentary.engines.builtin.scene_cut import SceneCutDetector

from .conftest import Image


def gray(landscape: Image) -> Image:
    return np.ascontiguousarray(landscape[:240, :320, 1])


def test_neither_light_nor_what_passes_close_by_is_a_cut(landscape: Image) -> None:
    picture = gray(landscape)
    passing = picture.copy()
    passing[60:, 100:] = 230
    other = np.ascontiguousarray(255 - landscape[400:640, 500:820, 1] // 3)
    cuts = SceneCutDetector()
    shown = (picture, picture // 2, picture, passing, picture, other, other, other)
    assert [cuts.observe(image) for image in shown] == [False] * 6 + [True, False]


def test_a_commotion_that_goes_on_is_no_cut(landscape: Image) -> None:
    cuts = SceneCutDetector()
    close, parts = gray(landscape) // 3, [(400, 500), (100, 40), (300, 200), (450, 20)]
    swinging = [np.ascontiguousarray(landscape[y : y + 240, x : x + 320, 1]) for x, y in parts]
    assert not any(cuts.observe(image) for image in (close, close, *swinging))


def test_blank_pictures_are_no_cuts(landscape: Image) -> None:
    cuts, black = SceneCutDetector(), np.zeros((240, 320), np.uint8)
    assert not any(cuts.observe(image) for image in (black, gray(landscape), black, black))
