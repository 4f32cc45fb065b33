# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Norms and relative attention of the flow's encoder, in Triton; its products are convolutions.

The keys of a chunk attend to lie in a cache of fixed size: first those of the voice prompt, then a
ring with the latest others.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch

_BLOCK_M = 16
_BLOCK_N = 64


def norm_rows(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    valid: Tensor,
    *,
    eps: float,
    scale: float = 1.0,
    length_scale: int = 1,
    dtype: torch.dtype,
) -> Tensor:
    """Return the layer norm of float32 `x` [rows, C], times `scale`, in `dtype`.

    Rows from `length_scale` times `valid` (int32 [1]) on become zeros.
    """
    out = torch.empty_like(x, dtype=dtype)
    rows, width = x.shape
    launch(
        _norm_kernel,
        (rows,),
        x,
        weight,
        bias,
        out,
        valid,
        length_scale,
        eps,
        scale,
        WIDTH=width,
        BLOCK=triton.next_power_of_2(width),
        num_warps=1 if width <= 256 else 4,
        enable_fp_fusion=True,
    )
    return out


def relative_attention(
    qkv: Tensor,
    bias_u: Tensor,
    bias_v: Tensor,
    positions: Tensor,
    cache: Tensor,
    lengths: Tensor,
    *,
    rate: int,
    prompt: int,
) -> Tensor:
    """Attend from each row of a chunk to the cache and to the chunk; write its keys to the cache.

    `qkv`: [T, 3 C]. `bias_u`, `bias_v`: [heads, D], added to q for content and for distance.
    `positions` [distances, C]: what q meets at a distance, from T - 1 after it to far before it.
    `cache` [heads, prompt + ring, 2 D]: keys and values. `lengths` int32 [3], each to be multiplied
    by `rate`: the rows that count, entries of the ring in use, and where it begins.
    """
    rows, width = qkv.shape[0], qkv.shape[1] // 3
    heads, slots, _ = cache.shape
    head_dim = width // heads
    out = qkv.new_empty(rows, width)
    launch(
        _relative_attention_kernel,
        (triton.cdiv(rows, _BLOCK_M), heads),
        qkv,
        bias_u,
        bias_v,
        positions,
        cache,
        out,
        lengths,
        rate,
        prompt,
        slots - prompt,
        rows,
        len(positions),
        1 / math.sqrt(head_dim),
        WIDTH=width,
        HEAD_DIM=head_dim,
        BLOCK_D=max(16, triton.next_power_of_2(head_dim)),
        PRECISION="ieee",
        BLOCK_M=_BLOCK_M,
        BLOCK_N=_BLOCK_N,
        BAND=triton.next_power_of_2(_BLOCK_M + _BLOCK_N - 1),
        num_warps=4,
        num_stages=2,
        enable_fp_fusion=True,
    )
    return out


@triton.jit(do_not_specialize=["length_scale"])
def _norm_kernel(
    x_ptr,
    weight_ptr,
    bias_ptr,
    out_ptr,
    valid_ptr,
    length_scale,
    eps,
    scale,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row = tl.program_id(0)
    columns = tl.arange(0, BLOCK)
    mask = columns < WIDTH
    valid = columns * 0 + row < tl.load(valid_ptr) * length_scale
    x = tl.load(x_ptr + row * WIDTH + columns, mask=mask & valid, other=0.0)
    mean = tl.sum(x, 0) / WIDTH
    centered = tl.where(mask, x - mean, 0.0)
    inverse_std = tl.rsqrt(tl.sum(centered * centered, 0) / WIDTH + eps)
    weight = tl.load(weight_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    bias = tl.load(bias_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    y = (centered * inverse_std * weight + bias) * scale
    y = tl.where(valid, y, 0.0).to(out_ptr.dtype.element_ty)
    tl.store(out_ptr + row * WIDTH + columns, y, mask=mask)


@triton.jit
def _attend(
    acc,
    peak,
    total,
    q_u,
    q_v,
    k,
    v,
    key_mask,
    first_distance,
    head_positions,
    num_positions,
    scale,
    WIDTH: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BAND: tl.constexpr,
):
    """Take in one block of keys; `first_distance`: row of the smallest distance in `positions`."""
    d = tl.arange(0, BLOCK_D)
    row = first_distance + tl.arange(0, BAND)
    positions = tl.load(
        head_positions + row[:, None] * WIDTH + d[None],
        mask=((row >= 0) & (row < num_positions))[:, None] & (d < HEAD_DIM)[None],
        other=0.0,
    )
    by_distance = tl.dot(q_v, tl.trans(positions), input_precision=PRECISION)
    # the distance grows with the row and falls with the key
    skew = tl.arange(0, BLOCK_M)[:, None] - tl.arange(0, BLOCK_N)[None] + (BLOCK_N - 1)
    scores = tl.dot(q_u, tl.trans(k), input_precision=PRECISION)
    scores = (scores + tl.gather(by_distance, skew, 1)) * scale
    scores = tl.where(key_mask[None], scores, -float("inf"))
    new_peak = tl.maximum(peak, tl.max(scores, 1))
    weights = tl.exp(scores - new_peak[:, None])
    fade = tl.exp(peak - new_peak)
    total = total * fade + tl.sum(weights, 1)
    acc = acc * fade[:, None] + tl.dot(weights.to(v.dtype), v, input_precision=PRECISION)
    return acc, new_peak, total


@triton.jit(do_not_specialize=["rate", "prompt", "ring", "rows", "num_positions"])
def _relative_attention_kernel(
    qkv_ptr,
    bias_u_ptr,
    bias_v_ptr,
    positions_ptr,
    cache_ptr,
    out_ptr,
    lengths_ptr,
    rate,
    prompt,
    ring,
    rows,
    num_positions,
    scale,
    WIDTH: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BAND: tl.constexpr,
):
    dtype = qkv_ptr.dtype.element_ty
    first_row = tl.program_id(0) * BLOCK_M
    head = tl.program_id(1)
    new = tl.load(lengths_ptr) * rate
    in_ring = tl.load(lengths_ptr + 1) * rate
    begin = tl.load(lengths_ptr + 2) * rate
    old = prompt + in_ring
    d = tl.arange(0, BLOCK_D)
    mask_d = d < HEAD_DIM
    row = first_row + tl.arange(0, BLOCK_M)
    q = tl.load(
        qkv_ptr + row[:, None] * (3 * WIDTH) + head * HEAD_DIM + d[None],
        mask=(row < new)[:, None] & mask_d[None],
        other=0.0,
    ).to(tl.float32)
    bias_u = tl.load(bias_u_ptr + head * HEAD_DIM + d, mask=mask_d, other=0.0).to(tl.float32)
    bias_v = tl.load(bias_v_ptr + head * HEAD_DIM + d, mask=mask_d, other=0.0).to(tl.float32)
    q_u = (q + bias_u[None]).to(dtype)
    q_v = (q + bias_v[None]).to(dtype)
    head_positions = positions_ptr + head * HEAD_DIM
    cache_head = cache_ptr + head * (prompt + ring) * (2 * HEAD_DIM)
    acc = tl.zeros([BLOCK_M, BLOCK_D], tl.float32)
    peak = tl.full([BLOCK_M], -float("inf"), tl.float32)
    total = tl.zeros([BLOCK_M], tl.float32)
    # row of `positions` for the last key of a block of which the first is key 0
    base = (rows - 1) + old + first_row - (BLOCK_N - 1)
    for start in range(0, old, BLOCK_N):
        key = start + tl.arange(0, BLOCK_N)
        slot = tl.where(key < prompt, key, prompt + (key - prompt + begin) % ring)
        ptrs = cache_head + slot[:, None] * (2 * HEAD_DIM) + d[None]
        mask = (key < old)[:, None] & mask_d[None]
        k = tl.load(ptrs, mask=mask, other=0.0)
        v = tl.load(ptrs + HEAD_DIM, mask=mask, other=0.0)
        acc, peak, total = _attend(
            acc,
            peak,
            total,
            q_u,
            q_v,
            k,
            v,
            key < old,
            base - start,
            head_positions,
            num_positions,
            scale,
            WIDTH,
            HEAD_DIM,
            BLOCK_D,
            PRECISION,
            BLOCK_M,
            BLOCK_N,
            BAND,
        )
    for start in range(0, new, BLOCK_N):
        key = start + tl.arange(0, BLOCK_N)
        ptrs = qkv_ptr + key[:, None] * (3 * WIDTH) + head * HEAD_DIM + d[None]
        mask = (key < new)[:, None] & mask_d[None]
        k = tl.load(ptrs + WIDTH, mask=mask, other=0.0)
        v = tl.load(ptrs + 2 * WIDTH, mask=mask, other=0.0)
        if first_row == 0:
            slot = prompt + (in_ring + key + begin) % ring
            out_ptrs = cache_head + slot[:, None] * (2 * HEAD_DIM) + d[None]
            tl.store(out_ptrs, k, mask=mask)
            tl.store(out_ptrs + HEAD_DIM, v, mask=mask)
        acc, peak, total = _attend(
            acc,
            peak,
            total,
            q_u,
            q_v,
            k,
            v,
            key < new,
            base - old - start,
            head_positions,
            num_positions,
            scale,
            WIDTH,
            HEAD_DIM,
            BLOCK_D,
            PRECISION,
            BLOCK_M,
            BLOCK_N,
            BAND,
        )
    attn_out = (acc / total[:, None]).to(dtype)
    out_ptrs = out_ptr + row[:, None] * WIDTH + head * HEAD_DIM + d[None]
    tl.store(out_ptrs, attn_out, mask=(row < rows)[:, None] & mask_d[None])
