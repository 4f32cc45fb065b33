from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.memory.thumbnails import KEPT, ThumbnailBuffer

SECOND = 10**9


def encode(image: NDArray[np.uint8]) -> bytes:
    return bytes([int(image[0, 0, 0])])


@pytest.fixture
def buffer() -> ThumbnailBuffer:
    it = ThumbnailBuffer(encode)
    for i in range(10):
        it.add((100 + i) * SECOND, np.full((90, 160, 3), i, np.uint8))
    return it


@pytest.mark.parametrize(
    ("seconds", "found"),
    [(103.0, b"\3"), (103.9, b"\3"), (109.5, b"\11"), (99.0, b"\0"), (97.0, b""), (112.0, b"")],
)
def test_the_newest_picture_up_to_the_stamp_is_found(
    buffer: ThumbnailBuffer, seconds: float, found: bytes
) -> None:
    assert buffer.find(round(seconds * SECOND)) == found


def test_entries_about_one_picture_get_the_same_bytes(buffer: ThumbnailBuffer) -> None:
    assert buffer.find(104 * SECOND) is buffer.find(104 * SECOND + 1)


def test_a_few_pictures_a_second_are_wanted(buffer: ThumbnailBuffer) -> None:
    assert not buffer.wants(109 * SECOND + SECOND // 10)
    assert buffer.wants(109 * SECOND + SECOND // 2)


def test_a_camera_whose_clock_is_set_back_starts_again(buffer: ThumbnailBuffer) -> None:
    assert buffer.wants(50 * SECOND)
    buffer.add(50 * SECOND, np.full((90, 160, 3), 77, np.uint8))
    assert buffer.find(50 * SECOND) == b"M"
    assert buffer.find(105 * SECOND) == b""


def test_it_does_not_grow(buffer: ThumbnailBuffer) -> None:
    for i in range(KEPT):
        buffer.add((200 + i) * SECOND, np.zeros((90, 160, 3), np.uint8))
    assert buffer.find(105 * SECOND) == b""
