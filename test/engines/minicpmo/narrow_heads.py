"""Attention of the tiny talker on a GPU: its heads of 16 are too narrow for the kernels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from video_commentary.engines.minicpmo.language.attention import Attention

KERNEL_HEAD_DIM = 32
"""The least that the kernels take: half a head is 16, as a matrix instruction's."""

kernel_decode, kernel_prefill = Attention.decode, Attention.prefill


def decode(attention: Attention, qkv: Tensor, position: Tensor) -> Tensor:
    """Do what `Attention.decode` does; narrow heads with a mask over the whole cache."""
    if not qkv.is_cuda or attention.config.head_dim >= KERNEL_HEAD_DIM:
        return kernel_decode(attention, qkv, position)
    return masked_attention(attention, qkv, position).float()


def prefill(
    attention: Attention, qkv: Tensor, start_pos: Tensor, sequence_len: int | None = None
) -> Tensor:
    """Do what `Attention.prefill` does; narrow heads with a mask over the whole cache."""
    if not qkv.is_cuda or attention.config.head_dim >= KERNEL_HEAD_DIM:
        return kernel_prefill(attention, qkv, start_pos, sequence_len)
    assert sequence_len is None, "the talker has no batches"
    return masked_attention(attention, qkv, start_pos)


def masked_attention(attention: Attention, qkv: Tensor, start_pos: Tensor) -> Tensor:
    """Attend with rows [n, q+k+v] without a kernel, in a way that a CUDA graph can capture."""
    at = start_pos.long() + torch.arange(len(qkv), device=qkv.device)
    cache, rotary = attention.kv_cache, attention.rotary
    cos, sin = rotary.cos[at][:, None], rotary.sin[at][:, None]

    def rotated(x: Tensor) -> Tensor:
        low, high = x.float().chunk(2, -1)
        return torch.cat([low * cos - high * sin, high * cos + low * sin], -1)

    q, k, v = attention._split_heads(qkv)
    assert attention.q_norm is None and attention.k_norm is None
    q, k = rotated(q), rotated(k)
    cache.k_cache.index_copy_(1, at, k.transpose(0, 1).to(cache.k_cache.dtype))
    cache.v_cache.index_copy_(1, at, v.transpose(0, 1).to(cache.v_cache.dtype))
    mask = torch.arange(cache.k_cache.shape[1], device=qkv.device)[None] <= at[:, None]
    with sdpa_kernel(SDPBackend.MATH):
        out = F.scaled_dot_product_attention(
            q.transpose(0, 1)[None].to(cache.k_cache.dtype),
            cache.k_cache[None],
            cache.v_cache[None],
            attn_mask=mask,
            enable_gqa=True,
        )
    return out[0].transpose(0, 1).reshape(len(qkv), -1)
