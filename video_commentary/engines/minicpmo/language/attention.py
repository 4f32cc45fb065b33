"""Rotary positions and attention of a decoder over its static KV cache."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.bias import causal_lower_right

from .heads import Heads, LayerCache, Rotary
from .norm import Norm

FUSED = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
"""Never cuDNN's attention: on Hopper it plans anew for every KV length, 27 ms a token."""


_KERNEL_WIDTH = 32
"""Heads narrower than this are less than a matrix instruction takes; only toy models have them."""


class Attention:
    """Grouped-query attention between the projections, with q/k norms where the model has them."""

    def __init__(
        self,
        heads: Heads,
        rotary: Rotary,
        cache: LayerCache,
        q_norm: Norm | None,
        k_norm: Norm | None,
    ) -> None:
        self._heads = heads
        self._rotary = rotary
        self._cache = cache
        self._q_norm = q_norm
        self._k_norm = k_norm

    def rows(self, qkv: Tensor, start: int) -> Tensor:
        """Attend causally with rows [n, q+k+v] that stand at `start` and on; keep their k, v."""
        n = len(qkv)
        stop = start + n
        q, k, v = self._heads_of(qkv, slice(start, stop))
        cache = self._cache
        cache.keys[:, start:stop] = k.transpose(0, 1)
        cache.values[:, start:stop] = v.transpose(0, 1)
        keys, values = cache.keys[None, :, :stop], cache.values[None, :, :stop]
        # no mask tensor, which would rule flash attention out
        mask = causal_lower_right(n, stop) if n > 1 else None
        with sdpa_kernel(FUSED):
            out = F.scaled_dot_product_attention(
                q.transpose(0, 1)[None].to(keys.dtype),
                keys,
                values,
                attn_mask=mask,
                enable_gqa=True,
            )
        return out[0].transpose(0, 1).reshape(n, -1)

    def row(self, qkv: Tensor, position: Tensor) -> Tensor:
        """Attend with one float32 row [1, q+k+v] that stands at `position` [1], int32."""
        if qkv.is_cuda and self._heads.width < _KERNEL_WIDTH:
            return self._masked_row(qkv, position)
        if qkv.is_cuda:
            from ..kernels.flash_decode import attend_row

            return attend_row(
                qkv, position, self._heads, self._rotary, self._cache, self._q_norm, self._k_norm
            )
        return self.rows(qkv, int(position)).float()

    def _masked_row(self, qkv: Tensor, position: Tensor) -> Tensor:
        """Do the same with the whole cache and a mask, which a CUDA graph can capture too."""
        q, k, v = self._heads_of(qkv, position)
        cache = self._cache
        at = position.long()
        cache.keys.index_copy_(1, at, k.transpose(0, 1).to(cache.keys.dtype))
        cache.values.index_copy_(1, at, v.transpose(0, 1).to(cache.values.dtype))
        mask = torch.arange(cache.keys.shape[1], device=qkv.device)[None] <= at
        with sdpa_kernel(SDPBackend.MATH):
            out = F.scaled_dot_product_attention(
                q.transpose(0, 1)[None].to(cache.keys.dtype),
                cache.keys[None],
                cache.values[None],
                attn_mask=mask,
                enable_gqa=True,
            )
        return out.reshape(1, -1).float()

    def _heads_of(self, qkv: Tensor, positions: slice | Tensor) -> tuple[Tensor, Tensor, Tensor]:
        heads = self._heads
        q, k, v = (
            torch.unflatten(part, -1, (-1, heads.width))
            for part in torch.split(qkv, list(heads.rows), dim=-1)
        )
        if self._q_norm is not None and self._k_norm is not None:
            q, k = self._q_norm(q), self._k_norm(k)
        return self._rotary(q, positions), self._rotary(k, positions), v
