"""Images to embeddings: SigLIP with fused attention, then the resampler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import VisionConfig
from ..kernels.reference import LayerNorm
from ..language.cuda_graph import CudaGraphed
from .image_processing import position_ids
from .layers import add_layer_norm, linear_gelu, multi_head_attention, patchify, self_attention

MAX_CAPTURED = 8
"""Sizes and numbers of images whose CUDA graph is kept; others are encoded without."""
RESAMPLER_HEAD_DIM = 128
"""The same at every hidden size."""
RESAMPLER_EPS = 1e-6
"""Of its layer norms."""

LoadTensor = Callable[[str], Tensor]
WeightAndBias = tuple[Tensor, Tensor]


class VisionEncoder:
    """The vision tower and the resampler: images in, `num_queries` embeddings each out."""

    def __init__(self, load: LoadTensor, config: VisionConfig) -> None:
        """Take weights from `load`, in the dtype to compute in."""
        self._tower = SiglipTower(load, config)
        self._resampler = QueryResampler(load)
        self._patch_size = config.patch_size
        self._encode = CudaGraphed(self._encode_batch, share_memory=True)

    @torch.inference_mode()
    def __call__(self, images: Sequence[Tensor]) -> list[Tensor]:
        """Encode uint8 RGB images [H, W, 3] to embeddings [num_queries, hidden_size] each.

        Sides are multiples of a patch. Neighbours of one size are encoded as a batch. On a GPU the
        first sizes that come are captured as CUDA graphs.
        """
        embeds: list[Tensor] = []
        for (height, width, _), batch in groupby(images, key=lambda image: image.shape):
            pixels = torch.stack(list(batch))
            grid = height // self._patch_size, width // self._patch_size
            self._tower.prepare(grid)
            self._resampler.prepare(grid)
            if len(self._encode.shapes) < MAX_CAPTURED:
                (encoded,) = self._encode.capture(pixels)
            else:
                (encoded,) = self._encode(pixels)
            # the next replay overwrites what a graph gives
            embeds += list(encoded.clone())
        return embeds

    def _encode_batch(self, pixels: Tensor) -> tuple[Tensor, ...]:
        grid = pixels.shape[1] // self._patch_size, pixels.shape[2] // self._patch_size
        return (self._resampler(self._tower(pixels), grid),)


class SiglipTower:
    """SigLIP's encoder."""

    def __init__(self, load: LoadTensor, config: VisionConfig) -> None:
        self._patch_size = config.patch_size
        weight = load("vpm.embeddings.patch_embedding.weight").flatten(1)
        # a multiple of eight inputs, as tensor cores need them
        weight = F.pad(weight, (0, -weight.shape[1] % 8))
        self._patch_embedding = weight, load("vpm.embeddings.patch_embedding.bias")
        self._position_embedding = load("vpm.embeddings.position_embedding.weight")
        self._layers = [
            _SiglipLayer(load, f"vpm.encoder.layers.{i}", config) for i in range(config.num_layers)
        ]
        self._post_layernorm = _layer_norm(load, "vpm.post_layernorm", config.layer_norm_eps)
        self._positions: dict[tuple[int, int], Tensor] = {}

    def prepare(self, grid: tuple[int, int]) -> None:
        """Make what images of `grid` (rows, columns of patches) need, once."""
        if grid not in self._positions:
            ids = torch.from_numpy(position_ids(*grid)).to(self._position_embedding.device)
            self._positions[grid] = self._position_embedding[ids]

    def __call__(self, images: Tensor) -> Tensor:
        """Encode images [n, H, W, 3] of one size to [n, patches, hidden_size]."""
        x, y = self._embed(images)
        for layer in self._layers:
            y = layer(x, y)
        return add_layer_norm(x, y, self._post_layernorm)

    def embed(self, images: Tensor) -> Tensor:
        """Embed the patches of images [n, H, W, 3] with their positions."""
        x, positions = self._embed(images)
        return x + positions

    def _embed(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the patches' embeddings [n, patches, hidden_size] and their positions'."""
        grid = images.shape[1] // self._patch_size, images.shape[2] // self._patch_size
        self.prepare(grid)
        weight, bias = self._patch_embedding
        patches = patchify(images, self._patch_size, weight.shape[1], weight.dtype)
        return F.linear(patches, weight, bias), self._positions[grid]


class _SiglipLayer:
    def __init__(self, load: LoadTensor, name: str, config: VisionConfig) -> None:
        self._num_heads = config.num_heads
        parts = [_weight_and_bias(load, f"{name}.self_attn.{part}_proj") for part in "qkv"]
        self._qkv_proj = torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])
        self._out_proj = _weight_and_bias(load, f"{name}.self_attn.out_proj")
        self._layer_norm1 = _layer_norm(load, f"{name}.layer_norm1", config.layer_norm_eps)
        self._layer_norm2 = _layer_norm(load, f"{name}.layer_norm2", config.layer_norm_eps)
        self._fc1 = _weight_and_bias(load, f"{name}.mlp.fc1")
        self._fc2 = _weight_and_bias(load, f"{name}.mlp.fc2")

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """Run the layer on `x` + `y` [n, rows, hidden_size].

        `x` is changed in place, and what comes out is still to be added to it: the next norm does.
        """
        qkv = F.linear(add_layer_norm(x, y, self._layer_norm1), *self._qkv_proj)
        y = F.linear(self_attention(qkv, self._num_heads), *self._out_proj)
        h = add_layer_norm(x, y, self._layer_norm2)
        return F.linear(linear_gelu(h, *self._fc1), *self._fc2)


class QueryResampler:
    """Cross attention from learned queries to the patches of an image: `resampler.*`."""

    def __init__(self, load: LoadTensor) -> None:
        self._kv_proj = load("resampler.kv_proj.weight")
        self._ln_kv = _weight_and_bias(load, "resampler.ln_kv")
        self._ln_post = _weight_and_bias(load, "resampler.ln_post")
        self._out_proj = _weight_and_bias(load, "resampler.attn.out_proj")
        self._proj = load("resampler.proj")
        query = load("resampler.query")
        ln_q = _weight_and_bias(load, "resampler.ln_q")
        query = F.layer_norm(query, query.shape[-1:], *ln_q, RESAMPLER_EPS)
        weights = load("resampler.attn.in_proj_weight").chunk(3)
        biases = load("resampler.attn.in_proj_bias").chunk(3)
        self._query = F.linear(query, weights[0], biases[0])
        self._k_proj, self._v_proj = zip(weights[1:], biases[1:], strict=True)
        self._positions: dict[tuple[int, int], Tensor] = {}

    def prepare(self, grid: tuple[int, int]) -> None:
        """Make what images of `grid` need, once."""
        if grid not in self._positions:
            # few grids in practice: one or two for each camera
            self._positions[grid] = sincos_positions(*grid, self._query.shape[-1]).to(self._query)

    def __call__(self, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """Map [n, patches, vision hidden_size] to [n, num_queries, hidden_size].

        `grid`: rows and columns of the patches.
        """
        hidden_size = self._query.shape[-1]
        kv = F.layer_norm(F.linear(x, self._kv_proj), (hidden_size,), *self._ln_kv, RESAMPLER_EPS)
        self.prepare(grid)
        k = F.linear(kv + self._positions[grid], *self._k_proj)
        v = F.linear(kv, *self._v_proj)
        q = self._query.expand(len(x), -1, -1)
        attn_out = multi_head_attention(q, k, v, hidden_size // RESAMPLER_HEAD_DIM)
        y = F.linear(attn_out, *self._out_proj)
        y = F.layer_norm(y, (hidden_size,), *self._ln_post, RESAMPLER_EPS)
        return y @ self._proj


def sincos_positions(rows: int, columns: int, width: int) -> Tensor:
    """Return the resampler's 2D positions [rows * columns, width]: first columns, then rows."""
    frequencies = 1.0 / 10000 ** (torch.arange(width // 4, dtype=torch.float32) / (width / 4))

    def sincos(count: int) -> Tensor:
        angles = torch.arange(count, dtype=torch.float32)[:, None] * frequencies
        return torch.cat([angles.sin(), angles.cos()], 1)

    across = sincos(columns)[None].expand(rows, -1, -1)
    down = sincos(rows)[:, None].expand(-1, columns, -1)
    return torch.cat([across, down], 2).flatten(0, 1)


def _layer_norm(load: LoadTensor, name: str, eps: float) -> LayerNorm:
    return LayerNorm(*_weight_and_bias(load, name), eps)


def _weight_and_bias(load: LoadTensor, name: str) -> WeightAndBias:
    return load(f"{name}.weight"), load(f"{name}.bias")
