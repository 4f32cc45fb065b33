"""Audio codes to the mean of the mel frames: a streaming conformer, 25 Hz in, 50 Hz out.

The modules carry the published names of `flow.pt`. A chunk attends to all of itself (no causal
mask), and to what came before through caches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOOKAHEAD = 3
"""Codes at the end of a chunk that are only context; the next chunk repeats them."""


@dataclass(frozen=True)
class EncoderCache:
    """The state between two chunks.

    `lookahead_conv` [C, 2] and `up_conv` [C, 4]: last inputs of the two causal convolutions.
    `token_kv` and `mel_kv` [blocks, num_heads, L, 2 * head_dim]: keys and values, oldest first, at
    the rate of codes (L) and of mel frames (2 L).
    """

    lookahead_conv: Tensor
    up_conv: Tensor
    token_kv: Tensor
    mel_kv: Tensor

    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return all four, in the order of the fields."""
        return self.lookahead_conv, self.up_conv, self.token_kv, self.mel_kv


class RelativeAttention(nn.Module):
    """Self-attention with relative positions, as in Transformer-XL (arXiv:1901.02860, 3.3)."""

    def __init__(self, hidden_size: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.linear_q = nn.Linear(hidden_size, hidden_size)
        self.linear_k = nn.Linear(hidden_size, hidden_size)
        self.linear_v = nn.Linear(hidden_size, hidden_size)
        self.linear_out = nn.Linear(hidden_size, hidden_size)
        self.linear_pos = nn.Linear(hidden_size, hidden_size, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(num_heads, hidden_size // num_heads))
        self.pos_bias_v = nn.Parameter(torch.zeros(num_heads, hidden_size // num_heads))

    def forward(self, x: Tensor, positions: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        """Map [t, C] to the same shape; return it and the grown cache [heads, T, 2 * head_dim].

        `positions`: see `relative_positions` for `total` T and `new` t.
        """

        def split(projected: Tensor) -> Tensor:
            return projected.view(len(projected), self.num_heads, -1).transpose(0, 1)

        q = split(self.linear_q(x))
        cache = torch.cat(
            [cache, torch.cat([split(self.linear_k(x)), split(self.linear_v(x))], dim=2)], dim=1
        )
        k, v = cache.chunk(2, dim=2)
        by_content = (q + self.pos_bias_u[:, None]) @ k.transpose(1, 2)
        by_distance = (q + self.pos_bias_v[:, None]) @ split(self.linear_pos(positions)).mT
        # row i of a chunk of t starts at distance T - t + i: t - 1 - i columns further right
        t, total, columns = len(x), k.shape[1], by_distance.shape[2]
        shifted = by_distance.contiguous().as_strided(
            by_content.shape, (t * columns, columns - 1, 1), by_distance.storage_offset() + t - 1
        )
        assert columns == total + t - 1
        scores = (by_content + shifted) / math.sqrt(q.shape[2])
        attn_out = (torch.softmax(scores, dim=2) @ v).transpose(0, 1).flatten(1)
        return self.linear_out(attn_out), cache


class ConformerBlock(nn.Module):
    """Attention and a feed-forward layer; this conformer has no convolution here."""

    def __init__(self, hidden_size: int, num_heads: int, intermediate_size: int) -> None:
        super().__init__()
        self.self_attn = RelativeAttention(hidden_size, num_heads)
        self.feed_forward = nn.ModuleDict(
            {
                "w_1": nn.Linear(hidden_size, intermediate_size),
                "w_2": nn.Linear(intermediate_size, hidden_size),
            }
        )
        self.norm_mha = nn.LayerNorm(hidden_size, eps=1e-12)
        self.norm_ff = nn.LayerNorm(hidden_size, eps=1e-12)

    def forward(self, x: Tensor, positions: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        """Map [t, C] to the same shape; see RelativeAttention for the rest."""
        attn_out, cache = self.self_attn(self.norm_mha(x), positions, cache)
        x = x + attn_out
        inner = F.silu(self.feed_forward["w_1"](self.norm_ff(x)))
        return x + self.feed_forward["w_2"](inner), cache


class _Embed(nn.Module):
    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.out = nn.Sequential(
            nn.Linear(hidden_size, hidden_size), nn.LayerNorm(hidden_size, eps=1e-5)
        )
        self.scale = math.sqrt(hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        scaled: Tensor = self.out(x) * self.scale
        return scaled


class FlowEncoder(nn.Module):
    """Embedded codes to hidden frames at twice their rate, chunk by chunk."""

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        intermediate_size: int,
        *,
        num_blocks: int,
        num_up_blocks: int,
    ) -> None:
        super().__init__()
        self.hidden_size, self.num_heads = hidden_size, num_heads
        self.embed, self.up_embed = _Embed(hidden_size), _Embed(hidden_size)
        self.pre_lookahead_layer = nn.ModuleDict(
            {
                "conv1": nn.Conv1d(hidden_size, hidden_size, LOOKAHEAD + 1),
                "conv2": nn.Conv1d(hidden_size, hidden_size, 3),
            }
        )
        self.up_layer = nn.ModuleDict({"conv": nn.Conv1d(hidden_size, hidden_size, 5)})
        self.encoders = nn.ModuleList(
            ConformerBlock(hidden_size, num_heads, intermediate_size) for _ in range(num_blocks)
        )
        self.up_encoders = nn.ModuleList(
            ConformerBlock(hidden_size, num_heads, intermediate_size) for _ in range(num_up_blocks)
        )
        self.after_norm = nn.LayerNorm(hidden_size, eps=1e-5)

    def empty_cache(self) -> EncoderCache:
        """Return the cache before the first chunk."""
        like = self.after_norm.weight
        kv_width = 2 * self.hidden_size // self.num_heads
        return EncoderCache(
            like.new_zeros(self.hidden_size, 2),
            like.new_zeros(self.hidden_size, 4),
            like.new_zeros(len(self.encoders), self.num_heads, 0, kv_width),
            like.new_zeros(len(self.up_encoders), self.num_heads, 0, kv_width),
        )

    def forward(self, x: Tensor, cache: EncoderCache, last: bool) -> tuple[Tensor, EncoderCache]:
        """Map embeddings [n, C] to [2 (n - LOOKAHEAD), C], or to [2 n, C] for the last chunk."""
        x = self.embed(x)
        if last:
            x = F.pad(x, (0, 0, 0, LOOKAHEAD))
        conv1, conv2 = self.pre_lookahead_layer["conv1"], self.pre_lookahead_layer["conv2"]
        lookahead = torch.cat([cache.lookahead_conv, F.leaky_relu(conv1(x.T), 0.01)], dim=1)
        x = x[:-LOOKAHEAD] + conv2(lookahead).T
        x, token_kv = self._run(self.encoders, x, cache.token_kv)
        up = torch.cat([cache.up_conv, x.repeat_interleave(2, dim=0).T], dim=1)
        x = self.up_embed(self.up_layer["conv"](up).T)
        x, mel_kv = self._run(self.up_encoders, x, cache.mel_kv)
        return self.after_norm(x), EncoderCache(lookahead[:, -2:], up[:, -4:], token_kv, mel_kv)

    def _run(self, blocks: nn.ModuleList, x: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        positions = relative_positions(cache.shape[2] + len(x), len(x), x)
        grown = []
        for block, kv in zip(blocks, cache, strict=True):
            x, kv_grown = block(x, positions, kv)
            grown.append(kv_grown)
        return x, torch.stack(grown)


def relative_positions(total: int, new: int, like: Tensor) -> Tensor:
    """Return sines of the distances total - 1 down to -(new - 1), [total + new - 1, C].

    Sine and cosine alternate; frequencies 10000^(-2m/C). Dtype, device and C as in `like`.
    """
    width = like.shape[-1]
    distance = torch.arange(total - 1, -new, -1, device=like.device, dtype=torch.float32)
    exponent = torch.arange(0, width, 2, device=like.device, dtype=torch.float32)
    angle = distance[:, None] * torch.exp(exponent * (-math.log(10_000.0) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1).to(like.dtype)
