"""From pictures to embeddings: SigLIP with fused attention, then the resampler."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.attention import sdpa_kernel

from ..config import VisionSizes
from ..language.attention import FUSED
from .pixels import position_ids

HEAD_WIDTH = 128
"""Width of one of the resampler's attention heads, whatever its size."""
EPS = 1e-6
"""Of the resampler's layer norms."""

Load = Callable[[str], Tensor]
Affine = tuple[Tensor, Tensor]


class Vision:
    """Pictures in, `queries` embeddings each out."""

    def __init__(self, load: Load, sizes: VisionSizes) -> None:
        """Take weights from `load`, in the dtype to compute in."""
        self._tower = Tower(load, sizes)
        self._resampler = Resampler(load)
        self._patch = sizes.patch

    @torch.inference_mode()
    def __call__(self, pictures: list[NDArray[np.uint8]]) -> list[Tensor]:
        """Encode pictures [H, W, 3] whose sides are multiples of a patch; give [queries, hidden].

        Neighbours of one size are encoded together.
        """
        embeddings: list[Tensor] = []
        for (height, width), group in groupby(pictures, key=lambda picture: picture.shape[:2]):
            grid = height // self._patch, width // self._patch
            embeddings += self._resampler(self._tower(np.stack(list(group))), grid)
        return embeddings


class Tower:
    """SigLIP's encoder."""

    def __init__(self, load: Load, sizes: VisionSizes) -> None:
        self._sizes = sizes
        self._patches = (
            load("vpm.embeddings.patch_embedding.weight").flatten(1),
            load("vpm.embeddings.patch_embedding.bias"),
        )
        self._positions = load("vpm.embeddings.position_embedding.weight")
        self._layers = [_Layer(load, f"vpm.encoder.layers.{i}", sizes) for i in range(sizes.layers)]
        self._norm = _affine(load, "vpm.post_layernorm")

    def __call__(self, pictures: NDArray[np.uint8]) -> Tensor:
        """Encode pictures [n, H, W, 3] of one size to [n, patches, hidden]."""
        x = self.embed(pictures)
        for layer in self._layers:
            x = layer(x)
        return F.layer_norm(x, x.shape[-1:], *self._norm, self._sizes.eps)

    def embed(self, pictures: NDArray[np.uint8]) -> Tensor:
        """Embed the patches of pictures [n, H, W, 3] with their positions."""
        n, height, width, _ = pictures.shape
        patch = self._sizes.patch
        rows, columns = height // patch, width // patch
        weight = self._positions
        ids = torch.from_numpy(position_ids(rows, columns)).to(weight.device)
        pixels = normalised(torch.from_numpy(pictures).to(weight.device))
        cells = pixels.view(n, rows, patch, columns, patch, 3).permute(0, 1, 3, 5, 2, 4)
        cells = cells.reshape(n, rows * columns, -1).to(weight.dtype)
        return F.linear(cells, *self._patches) + weight[ids]


def normalised(pixels: Tensor) -> Tensor:
    """Return bytes as float32 in [-1, 1], rounded as the published preprocessor does."""
    return (pixels.float() / 255 - 0.5) / 0.5


class _Layer:
    def __init__(self, load: Load, name: str, sizes: VisionSizes) -> None:
        self._heads = sizes.heads
        self._eps = sizes.eps
        parts = [_affine(load, f"{name}.self_attn.{part}_proj") for part in "qkv"]
        self._qkv = torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])
        self._out = _affine(load, f"{name}.self_attn.out_proj")
        self._norm1, self._norm2 = (_affine(load, f"{name}.layer_norm{i}") for i in (1, 2))
        self._fc1, self._fc2 = (_affine(load, f"{name}.mlp.fc{i}") for i in (1, 2))

    def __call__(self, x: Tensor) -> Tensor:
        y = F.layer_norm(x, x.shape[-1:], *self._norm1, self._eps)
        q, k, v = F.linear(y, *self._qkv).chunk(3, -1)
        x = x + F.linear(attend(q, k, v, self._heads), *self._out)
        y = F.layer_norm(x, x.shape[-1:], *self._norm2, self._eps)
        return x + F.linear(F.gelu(F.linear(y, *self._fc1), approximate="tanh"), *self._fc2)


class Resampler:
    """Cross attention from learned queries to the patches of a picture."""

    def __init__(self, load: Load) -> None:
        self._kv = load("resampler.kv_proj.weight")
        self._norm_kv = _affine(load, "resampler.ln_kv")
        self._norm_post = _affine(load, "resampler.ln_post")
        self._out = _affine(load, "resampler.attn.out_proj")
        self._project = load("resampler.proj")
        query = load("resampler.query")
        query = F.layer_norm(query, query.shape[-1:], *_affine(load, "resampler.ln_q"), EPS)
        weights = load("resampler.attn.in_proj_weight").chunk(3)
        biases = load("resampler.attn.in_proj_bias").chunk(3)
        self._query = F.linear(query, weights[0], biases[0])
        self._key, self._value = zip(weights[1:], biases[1:], strict=True)
        self._places: dict[tuple[int, int], Tensor] = {}

    def __call__(self, x: Tensor, grid: tuple[int, int]) -> list[Tensor]:
        """Resample [n, patches, vision width]; `grid`: rows and columns of the patches."""
        width = self._query.shape[-1]
        kv = F.layer_norm(F.linear(x, self._kv), (width,), *self._norm_kv, EPS)
        if grid not in self._places:
            # few grids in practice: one or two for each camera
            self._places[grid] = sine_table(*grid, width).to(kv)
        keys = F.linear(kv + self._places[grid], *self._key)
        values = F.linear(kv, *self._value)
        queries = self._query.expand(len(x), -1, -1)
        y = F.linear(attend(queries, keys, values, width // HEAD_WIDTH), *self._out)
        y = F.layer_norm(y, (width,), *self._norm_post, EPS)
        return list(y @ self._project)


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """Attend with all of [n, rows, width] to all."""
    q, k, v = (torch.unflatten(x, -1, (heads, -1)).transpose(1, 2) for x in (q, k, v))
    with sdpa_kernel(FUSED):
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def sine_table(rows: int, columns: int, width: int) -> Tensor:
    """Return the resampler's positions [rows * columns, width]: column's half, then row's."""
    rates = 1.0 / 10000 ** (torch.arange(width // 4, dtype=torch.float32) / (width / 4))

    def encoded(count: int) -> Tensor:
        angles = torch.arange(count, dtype=torch.float32)[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], 1)

    across = encoded(columns)[None].expand(rows, -1, -1)
    down = encoded(rows)[:, None].expand(-1, columns, -1)
    return torch.cat([across, down], 2).flatten(0, 1)


def _affine(load: Load, name: str) -> Affine:
    return load(f"{name}.weight"), load(f"{name}.bias")
