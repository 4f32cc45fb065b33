"""For how long a picture counts as the same."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from video_commentary.core.freeze_detector import FreezeDetector
from video_commentary.core.stamp import from_seconds

STREET = np.random.default_rng(7).integers(0, 255, (48, 64, 3), np.uint8)


def with_one_pixel(row: int) -> NDArray[np.uint8]:
    changed = STREET.copy()
    changed[row, 5, 1] ^= 1
    return changed


def watched(pictures: Iterable[NDArray[np.uint8]], start: float = 100.0) -> FreezeDetector:
    """Return what has seen the pictures, one a second."""
    detector = FreezeDetector()
    for second, picture in enumerate(pictures):
        detector.add(picture, from_seconds(start + second))
    return detector


def test_the_same_picture_again_and_again_is_timed_by_its_stamps() -> None:
    assert watched([STREET.copy() for _ in range(12)]).seconds == 11.0
    assert watched([STREET, STREET, with_one_pixel(0), STREET, STREET]).seconds == 1.0


def test_one_bit_in_any_row_makes_another_picture() -> None:
    for row in range(len(STREET)):
        assert watched([STREET, STREET, with_one_pixel(row)]).seconds == 0.0


def test_a_picture_of_another_size_is_another_picture() -> None:
    assert watched([STREET, STREET[:, :32], STREET[:24]]).seconds == 0.0


def test_jpegs_are_compared_as_they_are() -> None:
    jpeg, longer = np.arange(200, dtype=np.uint8), np.arange(201, dtype=np.uint8)
    assert watched([jpeg, jpeg.copy()]).seconds == 1.0
    assert watched([jpeg, longer]).seconds == 0.0


def test_stamps_that_stand_still_or_jump_back_are_no_freeze() -> None:
    detector = watched([STREET] * 5)
    detector.add(STREET, from_seconds(50.0))
    assert detector.seconds == 0.0
    for _ in range(30):
        detector.add(STREET, from_seconds(50.0))
    assert detector.seconds == 0.0


def test_another_camera_starts_over() -> None:
    detector = watched([STREET] * 15)
    detector.clear()
    assert detector.seconds == 0.0
    detector.add(STREET, from_seconds(200.0))
    assert detector.seconds == 0.0
