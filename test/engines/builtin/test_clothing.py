from __future__ import annotations

import numpy as np
import pytest

from video_commentary.engines.builtin.clothing import clothing_phrase, torso_colour
from video_commentary.engines.builtin.geometry import BoundingBox

PERSON = BoundingBox(0.4, 0.2, 0.6, 0.8)


@pytest.mark.parametrize(
    ("coat", "name"),
    [
        ((200, 30, 30), "red"),
        ((30, 60, 190), "blue"),
        ((230, 210, 30), "yellow"),
        ((20, 20, 25), "dark"),
        ((150, 150, 150), ""),
        ((150, 130, 120), ""),
    ],
)
def test_coats(coat: tuple[int, int, int], name: str) -> None:
    image = np.full((240, 320, 3), 120, np.uint8)
    image[60:150, 100:140] = coat
    assert torso_colour(image, PERSON) == name


def test_a_bag_or_a_few_pixels_are_no_coat() -> None:
    image = np.full((240, 320, 3), 120, np.uint8)
    image[80:95, 110:125] = 200, 30, 30
    assert torso_colour(image, PERSON) == ""
    assert torso_colour(image, BoundingBox(0.4, 0.4, 0.41, 0.43)) == ""


def test_a_colour_is_named_once_it_has_been_seen_often_and_no_other() -> None:
    assert clothing_phrase({"red": 3}, 128) == ""
    assert clothing_phrase({"red": 6, "": 2}, 128) == "in red"
    assert clothing_phrase({"red": 4, "blue": 4}, 128) == ""
    assert clothing_phrase({"dark": 8}, 128) == "in dark clothes"
    assert clothing_phrase({"dark": 8}, 60) == ""
