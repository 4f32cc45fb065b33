from __future__ import annotations

import array

import numpy as np
import pytest
from builtin_interfaces.msg import Time

from video_commentary.ros.images import decode_jpeg
from video_commentary.ros.images_out import encode_jpeg, to_compressed, to_image

IMAGE = np.random.default_rng(5).integers(0, 255, (12, 16, 3)).astype(np.uint8).repeat(8, 0)


def test_an_image_keeps_every_pixel() -> None:
    message = to_image(IMAGE[:, ::-1], Time(sec=3, nanosec=4), "eye")
    assert (message.encoding, message.width, message.height, message.step) == ("rgb8", 16, 96, 48)
    assert (message.header.stamp, message.header.frame_id) == (Time(sec=3, nanosec=4), "eye")
    assert isinstance(message.data, array.array)
    pixels = np.frombuffer(message.data, np.uint8).reshape(96, 16, 3)
    np.testing.assert_array_equal(pixels, IMAGE[:, ::-1])


def test_a_jpeg_passes_unchanged_and_red_stays_red() -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, :, 0] = 200
    jpeg = encode_jpeg(red, 90)
    message = to_compressed(jpeg, Time(), "eye")
    assert message.format == "jpeg" and message.data.tobytes() == jpeg
    back = decode_jpeg(jpeg)
    assert back is not None
    np.testing.assert_allclose(back, red, atol=6)


def test_quality_counts() -> None:
    assert len(encode_jpeg(IMAGE, 10)) < len(encode_jpeg(IMAGE, 95))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xd9", b"no picture"])
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert decode_jpeg(data) is None
