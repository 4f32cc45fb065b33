"""Pixels, positions, vision tower and resampler against recorded numbers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from video_commentary.engines.minicpmo.vision import pixels
from video_commentary.engines.minicpmo.vision.vision import Resampler, Tower, normalised, sine_table

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
        overview = pixels.cut(image).overview
        assert hashlib.sha256(overview.tobytes()).hexdigest() == facts["sha256_resized"]
        grid = overview.shape[0] // pixels.PATCH, overview.shape[1] // pixels.PATCH
        assert list(grid) == facts["grid"]
        if f"frame{i}/resized_u8" in arrays:
            assert np.array_equal(overview, arrays[f"frame{i}/resized_u8"])
        if f"frame{i}/position_ids" in arrays:
            assert np.array_equal(pixels.position_ids(*grid), arrays[f"frame{i}/position_ids"])


def test_target_sizes(arrays: dict[str, np.ndarray]) -> None:
    for width, height, *target in arrays["resize_table"].tolist():
        assert list(pixels.target_size(width, height)) == target


def test_buckets_of_every_count(arrays: dict[str, np.ndarray]) -> None:
    for n, row in enumerate(arrays["bucket_table"], 1):
        assert np.array_equal(pixels.buckets(n), row[:n])


def test_pixel_values(arrays: dict[str, np.ndarray]) -> None:
    values = normalised(torch.arange(256, dtype=torch.uint8)).numpy()
    np.testing.assert_allclose(values, arrays["pixel_lut"], rtol=0, atol=2e-7)


def test_sine_table(arrays: dict[str, np.ndarray]) -> None:
    expected = arrays["resampler/pos_3x5"]
    made = sine_table(3, 5, expected.shape[2]).unflatten(0, (3, 5)).numpy()
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-6)


def test_embeddings_of_frames(
    parts: Parts, parity: Path, golden: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    def load(name: str) -> torch.Tensor:
        return parts.tensors.load(name).float()

    tower, resampler = Tower(load, parts.config.vision), Resampler(load)
    for i, image in enumerate(frames(parity, golden)):
        overview = pixels.cut(image).overview
        with torch.inference_mode():
            rows = tower.embed(overview[None])[0]
            seen = tower(overview[None])
            grid = overview.shape[0] // pixels.PATCH, overview.shape[1] // pixels.PATCH
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
    image = pixels.cut(frames(parity, golden)[0]).overview
    other = np.ascontiguousarray(image[::-1])
    together = parts.vision([image, other, image])
    apart = [parts.vision([picture])[0] for picture in (image, other, image)]
    for a, b in zip(together, apart, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


def test_slices(parity: Path, golden: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    facts = golden["slice"]
    cut = pixels.cut(frames(parity, golden)[facts["frame"]], facts["max_slice_nums"])
    made = [cut.overview, *cut.slices]
    grids = [(p.shape[0] // pixels.PATCH, p.shape[1] // pixels.PATCH) for p in made]
    assert np.array_equal(grids, arrays["slice/grids"])
    means = [normalised(torch.from_numpy(p.copy())).mean((0, 1)).numpy() for p in made]
    np.testing.assert_allclose(means, arrays["slice/pixel_means"], rtol=0, atol=1e-4)
