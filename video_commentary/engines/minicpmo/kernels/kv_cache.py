# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Triton functions on the static KV cache: q/k norm and RoPE, append, and load of a block.

Keys and queries are handled in halves, which RoPE rotates against each other.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def load_norm_rope(
    ptr,
    norm_weight_ptr,
    cos,
    sin,
    offs_head,
    mask,
    eps,
    HEAD_DIM: tl.constexpr,
    QK_NORM: tl.constexpr,
):
    """Load heads [heads, HEAD_DIM] in halves, norm and rotate them."""
    offs_half = tl.arange(0, HEAD_DIM // 2)
    low = tl.load(
        ptr + offs_head[:, None] * HEAD_DIM + offs_half[None], mask=mask[:, None], other=0.0
    )
    high = tl.load(
        ptr + offs_head[:, None] * HEAD_DIM + HEAD_DIM // 2 + offs_half[None],
        mask=mask[:, None],
        other=0.0,
    )
    if QK_NORM:
        inverse_rms = tl.rsqrt((tl.sum(low * low, 1) + tl.sum(high * high, 1)) / HEAD_DIM + eps)[
            :, None
        ]
        low *= inverse_rms * tl.load(norm_weight_ptr + offs_half).to(tl.float32)[None]
        high *= (
            inverse_rms * tl.load(norm_weight_ptr + HEAD_DIM // 2 + offs_half).to(tl.float32)[None]
        )
    return low * cos[None] - high * sin[None], high * cos[None] + low * sin[None]


@triton.jit
def append_kv(
    qkv_ptr,
    k_norm_ptr,
    cos,
    sin,
    k_cache_ptr,
    v_cache_ptr,
    position,
    kv_head,
    eps,
    NUM_HEADS: tl.constexpr,
    NUM_KV_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    QK_NORM: tl.constexpr,
):
    """Write the new key and value of `kv_head` to the cache; return the key in halves, and v."""
    HALF: tl.constexpr = HEAD_DIM // 2
    dtype = k_cache_ptr.dtype.element_ty
    offs_half = tl.arange(0, HALF)
    offs_d = tl.arange(0, HEAD_DIM)
    one = tl.arange(0, 1)
    k_low, k_high = load_norm_rope(
        qkv_ptr + NUM_HEADS * HEAD_DIM,
        k_norm_ptr,
        cos,
        sin,
        kv_head + one,
        one < 1,
        eps,
        HEAD_DIM,
        QK_NORM,
    )
    v = tl.load(qkv_ptr + (NUM_HEADS + NUM_KV_HEADS + kv_head) * HEAD_DIM + offs_d).to(dtype)
    offset = position.to(tl.int64) * HEAD_DIM
    tl.store(k_cache_ptr + offset + offs_half[None], k_low.to(dtype))
    tl.store(k_cache_ptr + offset + HALF + offs_half[None], k_high.to(dtype))
    tl.store(v_cache_ptr + offset + offs_d, v)
    return k_low, k_high, v


@triton.jit
def load_kv_block(
    k_cache_ptr, v_cache_ptr, start_n, stop, HEAD_DIM: tl.constexpr, BLOCK_N: tl.constexpr
):
    """Load a block of keys, in halves, and of values; zeros from `stop` on."""
    offs_half = tl.arange(0, HEAD_DIM // 2)
    offs_n = start_n + tl.arange(0, BLOCK_N)
    mask = (offs_n < stop)[:, None]
    offset = offs_n[:, None] * HEAD_DIM
    k_low = tl.load(k_cache_ptr + offset + offs_half[None], mask=mask, other=0.0)
    k_high = tl.load(k_cache_ptr + offset + HEAD_DIM // 2 + offs_half[None], mask=mask, other=0.0)
    v = tl.load(v_cache_ptr + offset + tl.arange(0, HEAD_DIM)[None], mask=mask, other=0.0)
    return k_low, k_high, v
