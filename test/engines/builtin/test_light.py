from __future__ import annotations

import numpy as np

from video_commentary.engines.builtin.light import CutWatch, LightWatch

from .conftest import Image


def gray(landscape: Image) -> Image:
    return np.ascontiguousarray(landscape[:240, :320, 1])


def watch(levels: list[float], picture: Image) -> list[str]:
    light = LightWatch()
    shown = (np.clip(picture * level, 0, 255).astype(np.uint8) for level in levels)
    return [light.observe(index * 0.2, image) for index, image in enumerate(shown)]


def test_lamps_are_noticed_once(landscape: Image) -> None:
    found = watch([1.0] * 10 + [0.4] * 20 + [1.0] * 20, gray(landscape))
    assert [what for what in found if what] == ["darker", "brighter"]


def test_dusk_within_seconds_is_noticed(landscape: Image) -> None:
    levels = [1.0] * 5 + [1.0 - 0.03 * step for step in range(20)] + [0.4] * 5
    assert "darker" in watch(levels, gray(landscape))


def test_flashes_and_small_drifts_are_no_light_change(landscape: Image) -> None:
    assert not any(watch([1.0] * 10 + [1.6] + [1.0] * 10, gray(landscape)))
    assert not any(watch([1.0 + 0.005 * step for step in range(40)], gray(landscape)))


def test_something_white_passing_close_is_no_light_change(landscape: Image) -> None:
    light, picture = LightWatch(), gray(landscape)
    for index in range(30):
        image = picture.copy()
        if 10 < index < 20:
            image[:, :150] = 255
        assert light.observe(index * 0.2, image) == ""


def test_a_cut_is_told_from_light_and_from_what_passes(landscape: Image) -> None:
    picture = gray(landscape)
    passing = picture.copy()
    passing[60:, 100:] = 230
    other = np.ascontiguousarray(255 - landscape[400:640, 500:820, 1] // 3)
    cuts = CutWatch()
    shown = (picture, picture // 2, picture, passing, picture, other, other)
    assert [cuts.observe(image) for image in shown] == [False] * 5 + [True, False]


def test_blank_pictures_are_no_cuts(landscape: Image) -> None:
    cuts, black = CutWatch(), np.zeros((240, 320), np.uint8)
    assert not any(cuts.observe(image) for image in (black, gray(landscape), black, black))
