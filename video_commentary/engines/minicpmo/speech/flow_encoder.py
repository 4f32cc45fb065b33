"""From audio codes to the mean of the mel frames: a streaming conformer, 25 Hz in, 50 Hz out.

The modules carry the published names of `flow.pt`. Chunks see themselves whole (no causal mask)
and what came before through caches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOOKAHEAD = 3
"""Codes at the end of a chunk that only prepare the next one, in which they come again."""


@dataclass(frozen=True)
class EncoderCache:
    """What a chunk hands to the next.

    `ahead` [C, 2] and `up` [C, 4]: last inputs of the two causal convolutions.
    `token` and `mel` [blocks, heads, L, 2 * head_dim]: keys and values, oldest first, at the rate
    of codes (L) and of mel frames (2 L).
    """

    ahead: Tensor
    up: Tensor
    token: Tensor
    mel: Tensor

    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return all four."""
        return self.ahead, self.up, self.token, self.mel


class RelativeAttention(nn.Module):
    """Self-attention that adds a learned score of the distance (arXiv:1901.02860, 3.3)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.linear_q = nn.Linear(width, width)
        self.linear_k = nn.Linear(width, width)
        self.linear_v = nn.Linear(width, width)
        self.linear_out = nn.Linear(width, width)
        self.linear_pos = nn.Linear(width, width, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(heads, width // heads))
        self.pos_bias_v = nn.Parameter(torch.zeros(heads, width // heads))

    def forward(self, x: Tensor, positions: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        """Return the attended [t, C] and the grown cache [heads, T, 2 * head_dim].

        `positions`: sines [T + t - 1, C] of the distances T - 1 down to -(t - 1).
        """

        def split(projected: Tensor) -> Tensor:
            return projected.view(len(projected), self.heads, -1).transpose(0, 1)

        q = split(self.linear_q(x))
        cache = torch.cat(
            [cache, torch.cat([split(self.linear_k(x)), split(self.linear_v(x))], dim=2)], dim=1
        )
        k, v = cache.chunk(2, dim=2)
        near = (q + self.pos_bias_u[:, None]) @ k.transpose(1, 2)
        by_distance = (q + self.pos_bias_v[:, None]) @ split(self.linear_pos(positions)).mT
        # row i of a chunk of t starts at distance T - t + i: t - 1 - i columns further right
        t, total, columns = len(x), k.shape[1], by_distance.shape[2]
        shifted = by_distance.contiguous().as_strided(
            near.shape, (t * columns, columns - 1, 1), by_distance.storage_offset() + t - 1
        )
        assert columns == total + t - 1
        scores = (near + shifted) / math.sqrt(q.shape[2])
        mixed = (torch.softmax(scores, dim=2) @ v).transpose(0, 1).flatten(1)
        return self.linear_out(mixed), cache


class ConformerBlock(nn.Module):
    """Attention and a feed-forward layer; no convolution in this one."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.self_attn = RelativeAttention(width, heads)
        self.feed_forward = nn.ModuleDict(
            {"w_1": nn.Linear(width, inner), "w_2": nn.Linear(inner, width)}
        )
        self.norm_mha = nn.LayerNorm(width, eps=1e-12)
        self.norm_ff = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: Tensor, positions: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        """Map [t, C] to the same shape; see RelativeAttention for the rest."""
        mixed, cache = self.self_attn(self.norm_mha(x), positions, cache)
        x = x + mixed
        inner = F.silu(self.feed_forward["w_1"](self.norm_ff(x)))
        return x + self.feed_forward["w_2"](inner), cache


class _Embed(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.out = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width, eps=1e-5))
        self.scale = math.sqrt(width)

    def forward(self, x: Tensor) -> Tensor:
        scaled: Tensor = self.out(x) * self.scale
        return scaled


class FlowEncoder(nn.Module):
    """Codes' embeddings to hidden frames at twice their rate, chunk by chunk."""

    def __init__(self, width: int, heads: int, inner: int, blocks: int, up_blocks: int) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.embed, self.up_embed = _Embed(width), _Embed(width)
        self.pre_lookahead_layer = nn.ModuleDict(
            {"conv1": nn.Conv1d(width, width, LOOKAHEAD + 1), "conv2": nn.Conv1d(width, width, 3)}
        )
        self.up_layer = nn.ModuleDict({"conv": nn.Conv1d(width, width, 5)})
        self.encoders = nn.ModuleList(ConformerBlock(width, heads, inner) for _ in range(blocks))
        self.up_encoders = nn.ModuleList(
            ConformerBlock(width, heads, inner) for _ in range(up_blocks)
        )
        self.after_norm = nn.LayerNorm(width, eps=1e-5)

    def empty_cache(self) -> EncoderCache:
        """Return the cache before anything was heard."""
        like = self.after_norm.weight
        head = 2 * self.width // self.heads
        return EncoderCache(
            like.new_zeros(self.width, 2),
            like.new_zeros(self.width, 4),
            like.new_zeros(len(self.encoders), self.heads, 0, head),
            like.new_zeros(len(self.up_encoders), self.heads, 0, head),
        )

    def forward(self, x: Tensor, cache: EncoderCache, last: bool) -> tuple[Tensor, EncoderCache]:
        """Map embeddings [n, C] to [2 (n - LOOKAHEAD), C], or to [2 n, C] for the last chunk."""
        x = self.embed(x)
        if last:
            x = F.pad(x, (0, 0, 0, LOOKAHEAD))
        conv1, conv2 = self.pre_lookahead_layer["conv1"], self.pre_lookahead_layer["conv2"]
        ahead = torch.cat([cache.ahead, F.leaky_relu(conv1(x.T), 0.01)], dim=1)
        x = x[:-LOOKAHEAD] + conv2(ahead).T
        x, token = self._blocks(self.encoders, x, cache.token)
        up = torch.cat([cache.up, x.repeat_interleave(2, dim=0).T], dim=1)
        x = self.up_embed(self.up_layer["conv"](up).T)
        x, mel = self._blocks(self.up_encoders, x, cache.mel)
        return self.after_norm(x), EncoderCache(ahead[:, -2:], up[:, -4:], token, mel)

    def _blocks(self, blocks: nn.ModuleList, x: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        positions = distance_sines(cache.shape[2] + len(x), len(x), x)
        grown = []
        for block, kept in zip(blocks, cache, strict=True):
            x, new = block(x, positions, kept)
            grown.append(new)
        return x, torch.stack(grown)


def distance_sines(total: int, new: int, like: Tensor) -> Tensor:
    """Return sines of the distances total - 1 down to -(new - 1), [total + new - 1, C].

    Sine and cosine alternate; frequencies 10000^(-2m/C). Dtype, device and C as in `like`.
    """
    width = like.shape[-1]
    distance = torch.arange(total - 1, -new, -1, device=like.device, dtype=torch.float32)
    exponent = torch.arange(0, width, 2, device=like.device, dtype=torch.float32)
    angle = distance[:, None] * torch.exp(exponent * (-math.log(10_000.0) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1).to(like.dtype)
