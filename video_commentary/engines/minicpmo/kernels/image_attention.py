# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Attention of the patches of an image to each other, without a mask, in one Triton kernel.

It is flash attention (Dao 2023). SigLIP's heads are 72 wide; kernels for powers of two compute 96
or 128 columns. This one computes 64 and 16.
"""

from __future__ import annotations

from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor

from .launching import launch


@dataclass(frozen=True, kw_only=True)
class ImageAttentionTile:
    """One program: `block_m` queries, `block_n` keys at once, the last keys `tail` at once."""

    block_m: int
    block_n: int
    tail: int
    num_warps: int
    num_stages: int


TILE = ImageAttentionTile(block_m=64, block_n=64, tail=16, num_warps=4, num_stages=3)
"""It fits into the 99 KB of shared memory of a consumer card."""


def image_attention(qkv: Tensor, num_heads: int, tile: ImageAttentionTile = TILE) -> Tensor:
    """Attend within each image: `qkv` [n, rows, 3 * width] of 16 bits to [n, rows, width].

    `width` is num_heads * head_dim; head_dim is a multiple of 8, at least 16.
    """
    n, rows, width = qkv.shape
    width //= 3
    head_dim = width // num_heads
    low = 1 << head_dim.bit_length() - 1
    out = qkv.new_empty(n, rows, width)
    launch(
        _image_attention_kernel,
        (triton.cdiv(rows, tile.block_m), num_heads, n),
        qkv,
        out,
        rows,
        # exp2 is the GPU's own instruction
        head_dim**-0.5 * 1.4426950408889634,
        NUM_HEADS=num_heads,
        HEAD_DIM=head_dim,
        LOW=low,
        # at least what a tensor core multiplies at once
        HIGH=max(16, triton.next_power_of_2(head_dim - low)),
        BLOCK_M=tile.block_m,
        BLOCK_N=tile.block_n,
        TAIL=tile.tail,
        STAGES=tile.num_stages,
        num_warps=tile.num_warps,
        enable_fp_fusion=True,
    )
    return out


@triton.jit(do_not_specialize=["rows"])
def _image_attention_kernel(
    qkv_ptr,
    out_ptr,
    rows,
    scale,
    NUM_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    LOW: tl.constexpr,
    HIGH: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    TAIL: tl.constexpr,
    STAGES: tl.constexpr,
):
    WIDTH: tl.constexpr = NUM_HEADS * HEAD_DIM
    head = tl.program_id(1)
    image = tl.program_id(2).to(tl.int64)
    q_ptr = qkv_ptr + image * rows * (3 * WIDTH) + head * HEAD_DIM
    k_ptr = q_ptr + WIDTH
    v_ptr = k_ptr + WIDTH
    offs_m = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    # a head's columns: LOW of them, then the rest, padded to HIGH
    low = tl.arange(0, LOW)[None]
    high = LOW + tl.arange(0, HIGH)[None]
    mask_m = (offs_m < rows)[:, None]
    q_ptrs = q_ptr + offs_m[:, None] * (3 * WIDTH)
    q_low = tl.load(q_ptrs + low, mask=mask_m, other=0.0)
    q_high = tl.load(q_ptrs + high, mask=mask_m & (high < HEAD_DIM), other=0.0)
    m_i = tl.full([BLOCK_M], float("-inf"), tl.float32)
    l_i = tl.zeros([BLOCK_M], tl.float32)
    acc = tl.zeros([BLOCK_M, LOW], tl.float32)
    acc_high = tl.zeros([BLOCK_M, HIGH], tl.float32)
    whole = rows // BLOCK_N * BLOCK_N
    for start in tl.range(0, whole, BLOCK_N, num_stages=STAGES):
        keys = start + tl.arange(0, BLOCK_N)
        m_i, l_i, acc, acc_high = _attend(
            q_low,
            q_high,
            k_ptr,
            v_ptr,
            keys,
            rows,
            scale,
            m_i,
            l_i,
            acc,
            acc_high,
            WIDTH,
            HEAD_DIM,
            LOW,
            HIGH,
            False,
        )
    for start in tl.range(whole, rows, TAIL, num_stages=1):
        keys = start + tl.arange(0, TAIL)
        m_i, l_i, acc, acc_high = _attend(
            q_low,
            q_high,
            k_ptr,
            v_ptr,
            keys,
            rows,
            scale,
            m_i,
            l_i,
            acc,
            acc_high,
            WIDTH,
            HEAD_DIM,
            LOW,
            HIGH,
            True,
        )
    inverse = 1.0 / l_i[:, None]
    out_ptrs = out_ptr + (image * rows + offs_m)[:, None] * WIDTH + head * HEAD_DIM
    tl.store(out_ptrs + low, (acc * inverse).to(q_low.dtype), mask=mask_m)
    mask = mask_m & (high < HEAD_DIM)
    tl.store(out_ptrs + high, (acc_high * inverse).to(q_low.dtype), mask=mask)


@triton.jit
def _attend(
    q_low,
    q_high,
    k_ptr,
    v_ptr,
    keys,
    rows,
    scale,
    m_i,
    l_i,
    acc,
    acc_high,
    WIDTH: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    LOW: tl.constexpr,
    HIGH: tl.constexpr,
    MASKED: tl.constexpr,
):
    """Attend to a block of keys: an online softmax of powers of two."""
    low = keys[:, None] * (3 * WIDTH) + tl.arange(0, LOW)[None]
    columns = LOW + tl.arange(0, HIGH)[None]
    high = keys[:, None] * (3 * WIDTH) + columns
    if MASKED:
        inside = (keys < rows)[:, None]
        k_low = tl.load(k_ptr + low, mask=inside, other=0.0)
        v_low = tl.load(v_ptr + low, mask=inside, other=0.0)
        k_high = tl.load(k_ptr + high, mask=inside & (columns < HEAD_DIM), other=0.0)
        v_high = tl.load(v_ptr + high, mask=inside & (columns < HEAD_DIM), other=0.0)
    else:
        k_low = tl.load(k_ptr + low)
        v_low = tl.load(v_ptr + low)
        k_high = tl.load(k_ptr + high, mask=columns < HEAD_DIM, other=0.0)
        v_high = tl.load(v_ptr + high, mask=columns < HEAD_DIM, other=0.0)
    qk = tl.dot(q_low, tl.trans(k_low), input_precision="ieee")
    qk = tl.dot(q_high, tl.trans(k_high), qk, input_precision="ieee")
    if MASKED:
        qk = tl.where((keys < rows)[None], qk, float("-inf"))
    m_new = tl.maximum(m_i, tl.max(qk, 1) * scale)
    p = tl.exp2(qk * scale - m_new[:, None])
    alpha = tl.exp2(m_i - m_new)
    l_i = l_i * alpha + tl.sum(p, 1)
    p = p.to(v_low.dtype)
    acc = tl.dot(p, v_low, acc * alpha[:, None], input_precision="ieee")
    acc_high = tl.dot(p, v_high, acc_high * alpha[:, None], input_precision="ieee")
    return m_new, l_i, acc, acc_high
