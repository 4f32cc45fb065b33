from __future__ import annotations

import numpy as np

from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.light import LightChangeDetector

from .conftest import Image


def gray(landscape: Image) -> Image:
    return np.ascontiguousarray(landscape[:240, :320, 1])


def watch(levels: list[float], picture: Image) -> list[EventKind | None]:
    light = LightChangeDetector()
    shown = (np.clip(picture * level, 0, 255).astype(np.uint8) for level in levels)
    return [light.observe(index * 0.2, image) for index, image in enumerate(shown)]


def test_lamps_are_noticed_once(landscape: Image) -> None:
    found = watch([1.0] * 10 + [0.4] * 20 + [1.0] * 20, gray(landscape))
    assert [what for what in found if what] == [EventKind.DARKER, EventKind.BRIGHTER]


def test_dusk_within_seconds_is_noticed(landscape: Image) -> None:
    levels = [1.0] * 5 + [1.0 - 0.03 * step for step in range(20)] + [0.4] * 5
    assert EventKind.DARKER in watch(levels, gray(landscape))


def test_flashes_and_small_drifts_are_no_light_change(landscape: Image) -> None:
    assert not any(watch([1.0] * 10 + [1.6] + [1.0] * 10, gray(landscape)))
    assert not any(watch([1.0 + 0.005 * step for step in range(40)], gray(landscape)))


def test_something_white_passing_close_is_no_light_change(landscape: Image) -> None:
    light, picture = LightChangeDetector(), gray(landscape)
    for index in range(30):
        image = picture.copy()
        if 10 < index < 20:
            image[:, :150] = 255
        assert light.observe(index * 0.2, image) is None


def test_an_exposure_that_makes_room_for_something_bright_is_no_light_change(
    landscape: Image,
) -> None:
    light, picture = LightChangeDetector(), gray(landscape)
    for index in range(30):
        image = picture.copy()
        if index > 10:
            image = np.asarray(image * 0.6, np.uint8)
            image[:, :70] = 255
        assert light.observe(index * 0.2, image) is None
