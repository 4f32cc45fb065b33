"""Images to embeddings: SigLIP with fused attention, then the resampler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..config import VisionConfig
from ..language.cuda_graph import CudaGraphed
from .image_processing import position_ids

SDPA_BACKENDS = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
]
"""Not cuDNN's attention: it takes 27 ms to plan for a new shape on Hopper."""
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
        self._config = config
        self._patch_embedding = (
            load("vpm.embeddings.patch_embedding.weight").flatten(1),
            load("vpm.embeddings.patch_embedding.bias"),
        )
        self._position_embedding = load("vpm.embeddings.position_embedding.weight")
        self._layers = [
            _SiglipLayer(load, f"vpm.encoder.layers.{i}", config) for i in range(config.num_layers)
        ]
        self._post_layernorm = _weight_and_bias(load, "vpm.post_layernorm")
        self._position_ids: dict[tuple[int, int], Tensor] = {}

    def prepare(self, grid: tuple[int, int]) -> None:
        """Make what images of `grid` (rows, columns of patches) need, once."""
        if grid not in self._position_ids:
            ids = torch.from_numpy(position_ids(*grid))
            self._position_ids[grid] = ids.to(self._position_embedding.device)

    def __call__(self, images: Tensor) -> Tensor:
        """Encode images [n, H, W, 3] of one size to [n, patches, hidden_size]."""
        x = self.embed(images)
        for layer in self._layers:
            x = layer(x)
        return F.layer_norm(x, x.shape[-1:], *self._post_layernorm, self._config.layer_norm_eps)

    def embed(self, images: Tensor) -> Tensor:
        """Embed the patches of images [n, H, W, 3] with their positions."""
        n, height, width, _ = images.shape
        patch = self._config.patch_size
        rows, columns = height // patch, width // patch
        table = self._position_embedding
        self.prepare((rows, columns))
        pixels = normalize_pixels(images)
        patches = pixels.view(n, rows, patch, columns, patch, 3).permute(0, 1, 3, 5, 2, 4)
        patches = patches.reshape(n, rows * columns, -1).to(table.dtype)
        return F.linear(patches, *self._patch_embedding) + table[self._position_ids[rows, columns]]


def normalize_pixels(pixels: Tensor) -> Tensor:
    """Return bytes as float32 in [-1, 1], rounded as the published preprocessor does."""
    return (pixels.float() / 255 - 0.5) / 0.5


class _SiglipLayer:
    def __init__(self, load: LoadTensor, name: str, config: VisionConfig) -> None:
        self._num_heads = config.num_heads
        self._eps = config.layer_norm_eps
        parts = [_weight_and_bias(load, f"{name}.self_attn.{part}_proj") for part in "qkv"]
        self._qkv_proj = torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])
        self._out_proj = _weight_and_bias(load, f"{name}.self_attn.out_proj")
        self._layer_norm1 = _weight_and_bias(load, f"{name}.layer_norm1")
        self._layer_norm2 = _weight_and_bias(load, f"{name}.layer_norm2")
        self._fc1 = _weight_and_bias(load, f"{name}.mlp.fc1")
        self._fc2 = _weight_and_bias(load, f"{name}.mlp.fc2")

    def __call__(self, x: Tensor) -> Tensor:
        y = F.layer_norm(x, x.shape[-1:], *self._layer_norm1, self._eps)
        q, k, v = F.linear(y, *self._qkv_proj).chunk(3, -1)
        x = x + F.linear(multi_head_attention(q, k, v, self._num_heads), *self._out_proj)
        y = F.layer_norm(x, x.shape[-1:], *self._layer_norm2, self._eps)
        return x + F.linear(F.gelu(F.linear(y, *self._fc1), approximate="tanh"), *self._fc2)


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


def multi_head_attention(q: Tensor, k: Tensor, v: Tensor, num_heads: int) -> Tensor:
    """Attend without a mask; `q`, `k`, `v` and the result are [n, rows, num_heads * head_dim]."""
    q, k, v = (torch.unflatten(x, -1, (num_heads, -1)).transpose(1, 2) for x in (q, k, v))
    with sdpa_kernel(SDPA_BACKENDS):
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def sincos_positions(rows: int, columns: int, width: int) -> Tensor:
    """Return the resampler's 2D positions [rows * columns, width]: first columns, then rows."""
    frequencies = 1.0 / 10000 ** (torch.arange(width // 4, dtype=torch.float32) / (width / 4))

    def sincos(count: int) -> Tensor:
        angles = torch.arange(count, dtype=torch.float32)[:, None] * frequencies
        return torch.cat([angles.sin(), angles.cos()], 1)

    across = sincos(columns)[None].expand(rows, -1, -1)
    down = sincos(rows)[:, None].expand(-1, columns, -1)
    return torch.cat([across, down], 2).flatten(0, 1)


def _weight_and_bias(load: LoadTensor, name: str) -> WeightAndBias:
    return load(f"{name}.weight"), load(f"{name}.bias")
