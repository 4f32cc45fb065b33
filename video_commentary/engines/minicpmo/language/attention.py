"""Grouped-query attention with rotary positions over a static KV cache."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.backends.cuda import SDPAParams, can_use_flash_attention
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..kernels.reference import RMSNorm

SDPA_BACKENDS = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
]
"""Not cuDNN's attention: on Hopper it plans again for every KV length, 27 ms a token."""


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

    def __call__(self, x: Tensor, positions: slice) -> Tensor:
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

    def prefill(self, qkv: Tensor, start_pos: int) -> Tensor:
        """Attend causally with rows [n, q+k+v] at `start_pos` and on; append their keys, values.

        [n, num_heads * head_dim] comes out, in the cache's dtype.
        """
        n = len(qkv)
        end_pos = start_pos + n
        q, k, v = self._split_heads(qkv)
        if self.q_norm is not None and self.k_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        positions = slice(start_pos, end_pos)
        q, k = self.rotary(q, positions), self.rotary(k, positions)
        cache = self.kv_cache
        cache.k_cache[:, positions] = k.transpose(0, 1)
        cache.v_cache[:, positions] = v.transpose(0, 1)
        keys, values = cache.k_cache[None, :, :end_pos], cache.v_cache[None, :, :end_pos]
        out = attend_causally(q.transpose(0, 1)[None].to(keys.dtype), keys, values)
        return out[0].transpose(0, 1).reshape(n, -1)

    def decode(self, qkv: Tensor, position: Tensor) -> Tensor:
        """Attend with one float32 row [1, q+k+v] at `position` (int32 [1]): float32 [1, ...].

        On a GPU, nothing depends on the position's value on the host.
        """
        if not qkv.is_cuda:
            return self.prefill(qkv, int(position)).float()
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


def attend_causally(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attend with the last rows of a sequence, each to what is not after it.

    `q`: [1, num_heads, n, head_dim]; `k`, `v`: [1, num_kv_heads, end, head_dim], of which the last
    n rows are those of `q`. What `torch.nn.attention.bias.causal_lower_right` does, whose module
    imports torch's compiler, for two to four seconds.
    """
    n, end = q.shape[2], k.shape[2]
    with sdpa_kernel(SDPA_BACKENDS):
        if n in (1, end):
            return F.scaled_dot_product_attention(q, k, v, is_causal=n > 1, enable_gqa=True)
        # a mask tensor would rule out flash attention, whose own causal mask ends in the corner
        if _takes_flash(q, k, v):
            out: Tensor = torch.ops.aten._scaled_dot_product_flash_attention(
                q, k, v, is_causal=True
            )[0]
            return out
        mask = torch.ones(n, end, dtype=torch.bool, device=q.device).tril(end - n)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)


def _takes_flash(q: Tensor, k: Tensor, v: Tensor) -> bool:
    """Return whether flash attention serves these; unpadded, heads are a multiple of 8 wide."""
    fits = q.is_cuda and q.shape[-1] % 8 == 0
    return fits and can_use_flash_attention(SDPAParams(q, k, v, None, 0.0, False, True))
