"""Grouped-query attention with rotary positions over a static KV cache."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kernels.reference import RMSNorm


@dataclass(frozen=True, kw_only=True)
class AttentionConfig:
    """Head counts, the width of one head, and the base of the rotary frequencies."""

    num_heads: int
    num_kv_heads: int
    head_dim: int
    rope_theta: float

    @property
    def qkv_sizes(self) -> tuple[int, int, int]:
        """Outputs of the q, k and v parts of `qkv_proj`."""
        kv_size = self.num_kv_heads * self.head_dim
        return self.num_heads * self.head_dim, kv_size, kv_size


class RotaryEmbedding:
    """Cosines and sines [max_seq_len, head_dim / 2], float32."""

    def __init__(self, config: AttentionConfig, max_seq_len: int, device: torch.device) -> None:
        exponents = (
            torch.arange(0, config.head_dim, 2, dtype=torch.float32, device=device)
            / config.head_dim
        )
        angles = torch.arange(max_seq_len, dtype=torch.float32, device=device)[:, None] * (
            1.0 / config.rope_theta**exponents
        )
        self.cos, self.sin = angles.cos(), angles.sin()

    def __call__(self, x: Tensor, positions: Tensor) -> Tensor:
        """Rotate the halves of `x` [tokens, heads, head_dim], which stand at `positions`."""
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        low, high = x.float().chunk(2, -1)
        return torch.cat([low * cos - high * sin, high * cos + low * sin], -1)


class LayerKVCache:
    """Keys and values [num_kv_heads, max_seq_len, head_dim] of one layer, written in place.

    `done_count` is scratch space of the flash-decode kernel.
    """

    def __init__(self, k_cache: Tensor, v_cache: Tensor) -> None:
        self.k_cache = k_cache
        self.v_cache = v_cache
        self.done_count = torch.zeros(len(k_cache), dtype=torch.int32, device=k_cache.device)


class Attention:
    """Attention between `qkv_proj` and `o_proj`, with q/k norms if the model has them."""

    def __init__(
        self,
        config: AttentionConfig,
        rotary: RotaryEmbedding,
        kv_cache: LayerKVCache,
        q_norm: RMSNorm | None,
        k_norm: RMSNorm | None,
    ) -> None:
        self.config = config
        self.rotary = rotary
        self.kv_cache = kv_cache
        self.q_norm = q_norm
        self.k_norm = k_norm

    def prefill(self, qkv: Tensor, start_pos: Tensor, sequence_len: int | None = None) -> Tensor:
        """Attend causally with rows [n, q+k+v] at `start_pos` (int32 [1]) and on.

        Their keys and values are appended to the cache. [n, num_heads * head_dim] comes out, in the
        cache's dtype. On a GPU, nothing depends on the position's value on the host.

        `sequence_len`: the rows are a batch of sequences of that length, which all follow the
        cached positions before `start_pos` (of which there must be one), and not each other.
        """
        if not qkv.is_cuda:
            return self._reference_prefill(qkv, int(start_pos), sequence_len)
        from ..kernels.flash_prefill import append_rows, flash_prefill

        shared = {
            "cos": self.rotary.cos,
            "sin": self.rotary.sin,
            "k_cache": self.kv_cache.k_cache,
            "v_cache": self.kv_cache.v_cache,
        }
        append_rows(qkv, start_pos, **shared, k_norm=self.k_norm, sequence_len=sequence_len)
        return flash_prefill(
            qkv, start_pos, **shared, q_norm=self.q_norm, sequence_len=sequence_len
        )

    def _reference_prefill(
        self, qkv: Tensor, start_pos: int, sequence_len: int | None = None
    ) -> Tensor:
        n = len(qkv)
        end_pos = start_pos + n
        q, k, v = self._split_heads(qkv)
        if self.q_norm is not None and self.k_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        rows = torch.arange(n)
        in_sequence = rows % (sequence_len or n)
        q, k = self.rotary(q, start_pos + in_sequence), self.rotary(k, start_pos + in_sequence)
        cache = self.kv_cache
        cache.k_cache[:, start_pos:end_pos] = k.transpose(0, 1)
        cache.v_cache[:, start_pos:end_pos] = v.transpose(0, 1)
        keys, values = cache.k_cache[None, :, :end_pos], cache.v_cache[None, :, :end_pos]
        cached, last = torch.arange(end_pos)[None], (start_pos + rows)[:, None]
        own = (cached < start_pos) | (cached >= last - in_sequence[:, None])
        out = F.scaled_dot_product_attention(
            q.transpose(0, 1)[None].to(keys.dtype),
            keys,
            values,
            attn_mask=(cached <= last) & own,
            enable_gqa=True,
        )
        return out[0].transpose(0, 1).reshape(n, -1)

    def decode(self, qkv: Tensor, position: Tensor) -> Tensor:
        """Attend with one float32 row [1, q+k+v] at `position` (int32 [1]): float32 [1, ...].

        On a GPU, nothing depends on the position's value on the host.
        """
        if not qkv.is_cuda:
            return self._reference_prefill(qkv, int(position)).float()
        from ..kernels.flash_decode import flash_decode

        return flash_decode(
            qkv,
            position,
            cos=self.rotary.cos,
            sin=self.rotary.sin,
            k_cache=self.kv_cache.k_cache,
            v_cache=self.kv_cache.v_cache,
            done_count=self.kv_cache.done_count,
            q_norm=self.q_norm,
            k_norm=self.k_norm,
        )

    def _split_heads(self, qkv: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = (
            torch.unflatten(part, -1, (-1, self.config.head_dim))
            for part in torch.split(qkv, list(self.config.qkv_sizes), dim=-1)
        )
        return q, k, v
