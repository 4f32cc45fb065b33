from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from video_commentary.engines.minicpmo.vision.bicubic import bicubic_resize


def check(width: int, height: int, target: tuple[int, int], seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    # extremes as well as noise: overshoot is clipped in both passes
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    image[rng.random((height, width)) < 0.3] = rng.choice([0, 255])
    # one axis after the other: Pillow 13 begins with the other one where that is cheaper
    across = Image.fromarray(image).resize((target[0], height), Image.Resampling.BICUBIC)
    expected = np.array(across.resize(target, Image.Resampling.BICUBIC))
    made = bicubic_resize(torch.from_numpy(image), target)
    assert made.shape == expected.shape
    assert np.array_equal(made.numpy(), expected)


@pytest.mark.parametrize(
    ("size", "target"),
    [
        ((640, 480), (518, 392)),
        ((1280, 720), (602, 336)),
        ((320, 240), (518, 392)),
        ((1920, 1080), (602, 336)),
        ((518, 480), (518, 392)),
        ((640, 392), (518, 392)),
        ((518, 392), (518, 392)),
    ],
)
def test_usual_cameras_are_resized_as_by_pillow(
    size: tuple[int, int], target: tuple[int, int]
) -> None:
    check(*size, target)


SIDE = st.integers(1, 90)


@settings(max_examples=60, deadline=None)
@given(SIDE, SIDE, SIDE, SIDE, st.integers(0, 2**32 - 1))
def test_any_size_is_resized_as_by_pillow(
    width: int, height: int, to_width: int, to_height: int, seed: int
) -> None:
    check(width, height, (to_width, to_height), seed)
