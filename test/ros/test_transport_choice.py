"""Which of a camera's two topics is watched."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from video_commentary.ros.transport_choice import (
    MAX_PATIENCE,
    PATIENCE,
    Publishers,
    TransportChoice,
)

RAW, COMPRESSED, NONE = frozenset({b"raw"}), frozenset({b"jpeg"}), frozenset[bytes]()


class Camera:
    """A camera of whose two topics not both may arrive."""

    def __init__(self, prefer: bool = False) -> None:
        self.choice = TransportChoice(prefer)
        self.now = 100.0
        self.received = 0.0
        self.switched: list[float] = []

    def run(
        self,
        seconds: float,
        publishers: Publishers,
        rate: Callable[[bool], float] = lambda _: 15.0,
        missing: Callable[[bool], float] = lambda _: 0.0,
    ) -> str:
        for _ in range(int(seconds)):
            before = self.choice.compressed
            lost = missing(before)
            self.choice.update(self.now, int(self.received), lost, publishers)
            if self.choice.compressed != before:
                self.switched.append(self.now)
            self.now += 1.0
            self.received += rate(self.choice.compressed)
        return "compressed" if self.choice.compressed else "raw"


@pytest.mark.parametrize(
    ("publishers", "chosen"),
    [
        (Publishers(RAW, COMPRESSED, False), "raw"),
        (Publishers(RAW, COMPRESSED, True), "compressed"),
        (Publishers(RAW, COMPRESSED, None), "raw"),
        (Publishers(RAW, NONE, True), "raw"),
        (Publishers(NONE, COMPRESSED, None), "compressed"),
        (Publishers(NONE, NONE, None), "raw"),
    ],
)
def test_compressed_is_for_other_machines(publishers: Publishers, chosen: str) -> None:
    assert Camera().run(1, publishers) == chosen
    assert Camera().run(300, publishers) == chosen


def test_viewers_prefer_compressed_on_one_machine_too() -> None:
    assert Camera(prefer=True).run(1, Publishers(RAW, COMPRESSED, False)) == "compressed"
    assert Camera(prefer=True).run(1, Publishers(RAW, NONE, False)) == "raw"


@pytest.mark.parametrize("remote", [False, None])
def test_raw_images_that_do_not_arrive_are_left(remote: bool | None) -> None:
    camera = Camera()
    both = Publishers(RAW, COMPRESSED, remote)
    assert camera.run(PATIENCE, both, lambda compressed: 15.0 * compressed) == "raw"
    assert camera.run(300, both, lambda compressed: 15.0 * compressed) == "compressed"
    assert len(camera.switched) == 1


def test_compressed_images_that_do_not_arrive_are_left_too() -> None:
    camera = Camera()
    both = Publishers(RAW, COMPRESSED, True)
    assert camera.run(300, both, lambda compressed: 0.0 if compressed else 2.0) == "raw"


def test_a_stream_that_stops_is_tried_the_other_way_ever_more_rarely_but_for_ever() -> None:
    camera = Camera()
    both = Publishers(RAW, COMPRESSED, False)
    camera.run(30, both)
    camera.run(600, both, lambda _: 0.0)
    steps = [b - a for a, b in pairwise(camera.switched)]
    assert max(steps) == MAX_PATIENCE
    assert len(steps) > 600 / MAX_PATIENCE - 2
    received = camera.received
    camera.run(MAX_PATIENCE + 1, both)
    assert camera.received > received


def test_raw_images_of_which_most_are_lost_are_left_once() -> None:
    camera = Camera()
    both = Publishers(RAW, COMPRESSED, None)
    assert camera.run(300, both, missing=lambda _: 0.6) == "compressed"
    assert len(camera.switched) == 1


def test_a_publisher_that_comes_back_is_chosen_for_again() -> None:
    camera = Camera()
    assert camera.run(30, Publishers(RAW, COMPRESSED, True)) == "compressed"
    assert camera.run(30, Publishers(NONE, NONE, None)) == "compressed", "nobody to follow"
    assert camera.run(30, Publishers(frozenset({b"new"}), COMPRESSED, False)) == "raw"
