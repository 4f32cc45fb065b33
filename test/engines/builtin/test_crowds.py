from __future__ import annotations

import numpy as np

from video_commentary.engines.builtin.crowds import CrowdDetector
from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.geometry import BoundingBox

ASPECT = 4 / 3


def birds(count: int, number: int, size: float = 0.04, score: float = 0.25) -> list[Detection]:
    random = np.random.default_rng(number)
    cells = random.permutation(40)[:count].tolist()
    places = [(0.02 + 0.16 * (cell % 8), 0.02 + 0.19 * (cell // 8)) for cell in cells]
    return [Detection("bird", score, BoundingBox(x, y, x + size, y + size)) for x, y in places]


def watch(images: list[list[Detection]], followed: list[str]) -> list[SceneEvent]:
    crowds, events = CrowdDetector(), []
    for number, found in enumerate(images):
        events += crowds.observe(number / 5, found, followed, ASPECT)
    return events


def test_many_weak_birds_are_told_once() -> None:
    (event,) = watch([birds(15 + n % 3, n) for n in range(50)], [])
    assert (event.name, event.heading, event.at_least) == ("bird", "many", True)
    assert event.stamp >= 1.6


def test_several_are_fewer_than_many() -> None:
    (event,) = watch([birds(6, n) for n in range(20)], [])
    assert event.heading == "several"


def test_what_flickers_is_followed_one_by_one_or_is_one_large_thing_is_no_crowd() -> None:
    assert watch([birds(8, n) if n % 3 == 0 else [] for n in range(40)], []) == []
    assert watch([birds(6, n) for n in range(20)], ["bird"] * 4) == []
    twice = [Detection("bird", 0.4, BoundingBox(0.3, 0.3, 0.4 + 0.01 * i, 0.4)) for i in range(8)]
    assert watch([twice] * 20, []) == []
