"""Pixels, positions, vision tower and resampler against recorded numbers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from video_commentary.engines.minicpmo.vision import image_processing
from video_commentary.engines.minicpmo.vision.encoder import (
    QueryResampler,
    SiglipTower,
    sincos_positions,
)
from video_commentary.engines.minicpmo.vision.layers import normalize_pixels

from .models import Parts, frames

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def parts(parity: Path) -> Parts:
    return Parts(parity / "checkpoint")


def test_resized_frames_match_to_the_byte(
    parity: Path, golden: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    for i, (image, facts) in enumerate(zip(frames(parity, golden), golden["frames"], strict=True)):
        assert hashlib.sha256(image.tobytes()).hexdigest() == facts["sha256_rgb"]
        overview = image_processing.slice_image(torch.from_numpy(image)).overview.numpy()
        assert hashlib.sha256(overview.tobytes()).hexdigest() == facts["sha256_resized"]
        grid = (
            overview.shape[0] // image_processing.PATCH_SIZE,
            overview.shape[1] // image_processing.PATCH_SIZE,
        )
        assert list(grid) == facts["grid"]
        if f"frame{i}/resized_u8" in arrays:
            assert np.array_equal(overview, arrays[f"frame{i}/resized_u8"])
        if f"frame{i}/position_ids" in arrays:
            assert np.array_equal(
                image_processing.position_ids(*grid), arrays[f"frame{i}/position_ids"]
            )


def test_target_sizes(arrays: dict[str, np.ndarray]) -> None:
    for width, height, *target in arrays["resize_table"].tolist():
        assert list(image_processing.find_best_resize(width, height)) == target


def test_buckets_of_every_count(arrays: dict[str, np.ndarray]) -> None:
    for n, row in enumerate(arrays["bucket_table"], 1):
        assert np.array_equal(image_processing.bucketize(n), row[:n])


def test_pixel_values(arrays: dict[str, np.ndarray]) -> None:
    values = normalize_pixels(torch.arange(256, dtype=torch.uint8)).numpy()
    np.testing.assert_allclose(values, arrays["pixel_lut"], rtol=0, atol=2e-7)


def test_sincos_positions(arrays: dict[str, np.ndarray]) -> None:
    expected = arrays["resampler/pos_3x5"]
    made = sincos_positions(3, 5, expected.shape[2]).unflatten(0, (3, 5)).numpy()
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-6)


def test_embeddings_of_frames(
    parts: Parts, parity: Path, golden: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    def load(name: str) -> torch.Tensor:
        return parts.tensors.load(name).float()

    tower, resampler = SiglipTower(load, parts.config.vision), QueryResampler(load)
    for i, image in enumerate(frames(parity, golden)):
        overview = image_processing.slice_image(torch.from_numpy(image)).overview
        with torch.inference_mode():
            rows = tower.embed(overview[None])[0]
            seen = tower(overview[None])
            grid = (
                overview.shape[0] // image_processing.PATCH_SIZE,
                overview.shape[1] // image_processing.PATCH_SIZE,
            )
            embeddings = resampler(seen, grid)[0]
        for name, made, tolerance in (
            ("embed_rows", rows, 2e-5),
            ("vision", seen[0], 1e-4),
            ("resampled", embeddings, 1e-4),
        ):
            expected = arrays.get(f"frame{i}/{name}")
            if expected is not None:
                np.testing.assert_allclose(
                    made.numpy()[: len(expected)], expected, rtol=0, atol=tolerance
                )


def test_frames_of_one_size_are_encoded_together(parts: Parts, parity: Path, golden: Any) -> None:
    image = image_processing.slice_image(torch.from_numpy(frames(parity, golden)[0])).overview
    other = image.flip(0)
    together = parts.vision([image, other, image])
    apart = [parts.vision([picture])[0] for picture in (image, other, image)]
    for a, b in zip(together, apart, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


def test_slices(parity: Path, golden: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    facts = golden["slice"]
    sliced = image_processing.slice_image(
        torch.from_numpy(frames(parity, golden)[facts["frame"]]), facts["max_slice_nums"]
    )
    made = [sliced.overview, *sliced.slices]
    grids = [
        (p.shape[0] // image_processing.PATCH_SIZE, p.shape[1] // image_processing.PATCH_SIZE)
        for p in made
    ]
    assert np.array_equal(grids, arrays["slice/grids"])
    means = [normalize_pixels(p).mean((0, 1)).numpy() for p in made]
    np.testing.assert_allclose(means, arrays["slice/pixel_means"], rtol=0, atol=1e-4)
