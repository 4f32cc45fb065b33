# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Attention of a prefill over the static KV cache: two Triton kernels a layer.

The first norms and rotates the keys and appends them and the values to the cache, the second does
the same to the queries and attends (flash attention, as of Dao 2023). The first row's position is
read on the device, so one CUDA graph serves every position.
"""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from .kv_cache import load_kv_block
from .launching import launch
from .reference import RMSNorm

BLOCK_ROWS, BLOCK_M, BLOCK_N = 8, 64, 64
"""Rows a program appends; rows a program attends with, and cached positions it loads at once."""


def append_rows(
    qkv: Tensor,
    start_pos: Tensor,
    *,
    cos: Tensor,
    sin: Tensor,
    k_cache: Tensor,
    v_cache: Tensor,
    k_norm: RMSNorm | None,
    sequence_len: int | None = None,
) -> None:
    """Write keys and values of rows `qkv` [n, q+k+v] to the cache at `start_pos` and on.

    `start_pos`: int32 [1] on the device. `cos`, `sin`: float32 [positions, head_dim / 2].
    `k_cache`, `v_cache`: [num_kv_heads, max_seq_len, head_dim]; rows that would lie behind their
    end are left out. `sequence_len`: each sequence of so many rows has the rotary positions from
    `start_pos` on.
    """
    num_kv_heads, max_seq_len, head_dim = k_cache.shape
    n = len(qkv)
    launch(
        _append_rows_kernel,
        (triton.cdiv(n, BLOCK_ROWS), 2 * num_kv_heads),
        qkv,
        start_pos,
        qkv if k_norm is None else k_norm.weight,
        cos,
        sin,
        k_cache,
        v_cache,
        k_cache.stride(0),
        n,
        max_seq_len,
        sequence_len or n,
        0.0 if k_norm is None else k_norm.eps,
        NUM_HEADS=qkv.shape[1] // head_dim - 2 * num_kv_heads,
        NUM_KV_HEADS=num_kv_heads,
        HEAD_DIM=head_dim,
        QK_NORM=k_norm is not None,
        BATCHED=sequence_len is not None,
        BLOCK_ROWS=BLOCK_ROWS,
        # two would exchange what a thread loads before it can store it
        num_warps=4,
        enable_fp_fusion=True,
    )


def flash_prefill(
    qkv: Tensor,
    start_pos: Tensor,
    *,
    cos: Tensor,
    sin: Tensor,
    k_cache: Tensor,
    v_cache: Tensor,
    q_norm: RMSNorm | None,
    sequence_len: int | None = None,
) -> Tensor:
    """Attend causally with the queries of rows `qkv` [n, q+k+v] at `start_pos` (int32 [1]) and on.

    Keys and values of all positions up to each row's own are in the cache. With `sequence_len`,
    each sequence of so many rows attends to the positions before `start_pos`, at least one, and to
    its own. Return [n, num_heads * head_dim] in the cache's dtype.
    """
    num_kv_heads, max_seq_len, head_dim = k_cache.shape
    n = len(qkv)
    num_heads = qkv.shape[1] // head_dim - 2 * num_kv_heads
    out = k_cache.new_empty(n, num_heads * head_dim)
    launch(
        _flash_prefill_kernel,
        (triton.cdiv(n, BLOCK_M), num_heads),
        qkv,
        start_pos,
        qkv if q_norm is None else q_norm.weight,
        cos,
        sin,
        k_cache,
        v_cache,
        k_cache.stride(0),
        out,
        n,
        max_seq_len,
        sequence_len or n,
        # exp2 is the GPU's own instruction
        head_dim**-0.5 * 1.4426950408889634,
        0.0 if q_norm is None else q_norm.eps,
        NUM_HEADS=num_heads,
        NUM_KV_HEADS=num_kv_heads,
        HEAD_DIM=head_dim,
        QK_NORM=q_norm is not None,
        BATCHED=sequence_len is not None,
        BLOCK_M=BLOCK_M,
        BLOCK_N=BLOCK_N,
        num_warps=4,
        num_stages=2,
        enable_fp_fusion=True,
    )
    return out


@triton.jit
def _load_norm_rope(
    source,
    half,
    mask,
    norm_ptr,
    cos_ptr,
    sin_ptr,
    positions,
    eps,
    HEAD_DIM: tl.constexpr,
    QK_NORM: tl.constexpr,
):
    """Load one head of each row in halves [rows, HEAD_DIM / 2], norm and rotate it."""
    HALF: tl.constexpr = HEAD_DIM // 2
    low = tl.load(source + half, mask=mask, other=0.0).to(tl.float32)
    high = tl.load(source + HALF + half, mask=mask, other=0.0).to(tl.float32)
    if QK_NORM:
        mean = (tl.sum(low * low, 1) + tl.sum(high * high, 1)) / HEAD_DIM
        inverse_rms = tl.rsqrt(mean + eps)[:, None]
        low *= inverse_rms * tl.load(norm_ptr + half).to(tl.float32)
        high *= inverse_rms * tl.load(norm_ptr + HALF + half).to(tl.float32)
    cos = tl.load(cos_ptr + positions[:, None] * HALF + half, mask=mask, other=0.0)
    sin = tl.load(sin_ptr + positions[:, None] * HALF + half, mask=mask, other=0.0)
    return low * cos - high * sin, high * cos + low * sin


@triton.jit(do_not_specialize=["n", "max_seq_len", "sequence_len"])
def _append_rows_kernel(
    qkv_ptr,
    start_pos_ptr,
    k_norm_ptr,
    cos_ptr,
    sin_ptr,
    k_cache_ptr,
    v_cache_ptr,
    stride_head,
    n,
    max_seq_len,
    sequence_len,
    eps,
    NUM_HEADS: tl.constexpr,
    NUM_KV_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    QK_NORM: tl.constexpr,
    BATCHED: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
):
    HALF: tl.constexpr = HEAD_DIM // 2
    WIDTH: tl.constexpr = (NUM_HEADS + 2 * NUM_KV_HEADS) * HEAD_DIM
    # keys first, then values
    head = tl.program_id(1)
    dtype = k_cache_ptr.dtype.element_ty
    rows = tl.program_id(0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    start_pos = tl.load(start_pos_ptr)
    positions = start_pos + rows
    mask = ((rows < n) & (positions < max_seq_len))[:, None]
    half = tl.arange(0, HALF)[None]
    source = qkv_ptr + rows.to(tl.int64)[:, None] * WIDTH + (NUM_HEADS + head) * HEAD_DIM
    if head < NUM_KV_HEADS:
        angles = positions
        if BATCHED:
            angles = start_pos + rows % sequence_len
        low, high = _load_norm_rope(
            source, half, mask, k_norm_ptr, cos_ptr, sin_ptr, angles, eps, HEAD_DIM, QK_NORM
        )
        target = k_cache_ptr + head.to(tl.int64) * stride_head + positions[:, None] * HEAD_DIM
    else:
        low = tl.load(source + half, mask=mask, other=0.0).to(tl.float32)
        high = tl.load(source + HALF + half, mask=mask, other=0.0).to(tl.float32)
        kv_head = (head - NUM_KV_HEADS).to(tl.int64)
        target = v_cache_ptr + kv_head * stride_head + positions[:, None] * HEAD_DIM
    tl.store(target + half, low.to(dtype), mask=mask)
    tl.store(target + HALF + half, high.to(dtype), mask=mask)


@triton.jit(do_not_specialize=["n", "max_seq_len", "sequence_len"])
def _flash_prefill_kernel(
    qkv_ptr,
    start_pos_ptr,
    q_norm_ptr,
    cos_ptr,
    sin_ptr,
    k_cache_ptr,
    v_cache_ptr,
    stride_head,
    out_ptr,
    n,
    max_seq_len,
    sequence_len,
    scale,
    eps,
    NUM_HEADS: tl.constexpr,
    NUM_KV_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    QK_NORM: tl.constexpr,
    BATCHED: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    WIDTH: tl.constexpr = (NUM_HEADS + 2 * NUM_KV_HEADS) * HEAD_DIM
    # the last rows attend to most: they start first
    block = tl.num_programs(0) - 1 - tl.program_id(0)
    head = tl.program_id(1)
    dtype = k_cache_ptr.dtype.element_ty
    kv_offset = (head // (NUM_HEADS // NUM_KV_HEADS)).to(tl.int64) * stride_head
    rows = block * BLOCK_M + tl.arange(0, BLOCK_M)
    start_pos = tl.load(start_pos_ptr)
    mask = ((rows < n) & (start_pos + rows < max_seq_len))[:, None]
    angles = start_pos + rows
    if BATCHED:
        angles = start_pos + rows % sequence_len
    source = qkv_ptr + rows.to(tl.int64)[:, None] * WIDTH + head * HEAD_DIM
    half = tl.arange(0, HEAD_DIM // 2)[None]
    q_low, q_high = _load_norm_rope(
        source, half, mask, q_norm_ptr, cos_ptr, sin_ptr, angles, eps, HEAD_DIM, QK_NORM
    )
    q_low, q_high = q_low.to(dtype), q_high.to(dtype)
    stop = tl.minimum(start_pos + tl.minimum((block + 1) * BLOCK_M, n), max_seq_len)
    m_i = tl.full([BLOCK_M], float("-inf"), tl.float32)
    l_i = tl.zeros([BLOCK_M], tl.float32)
    acc = tl.zeros([BLOCK_M, HEAD_DIM], tl.float32)
    for start_n in range(0, stop, BLOCK_N):
        k_low, k_high, v = load_kv_block(
            k_cache_ptr + kv_offset, v_cache_ptr + kv_offset, start_n, stop, HEAD_DIM, BLOCK_N
        )
        qk = tl.dot(q_low, tl.trans(k_low), input_precision="ieee")
        qk += tl.dot(q_high, tl.trans(k_high), input_precision="ieee")
        cached = start_n + tl.arange(0, BLOCK_N)
        attended = cached[None] <= (start_pos + rows)[:, None]
        if BATCHED:
            first = start_pos + rows // sequence_len * sequence_len
            attended &= (cached[None] < start_pos) | (cached[None] >= first[:, None])
        qk = tl.where(attended, qk * scale, float("-inf"))
        m_new = tl.maximum(m_i, tl.max(qk, 1))
        p = tl.exp2(qk - m_new[:, None])
        alpha = tl.exp2(m_i - m_new)
        l_i = l_i * alpha + tl.sum(p, 1)
        acc = acc * alpha[:, None] + tl.dot(p.to(dtype), v, input_precision="ieee")
        m_i = m_new
    out = acc / l_i[:, None]
    target = out_ptr + rows.to(tl.int64)[:, None] * (NUM_HEADS * HEAD_DIM) + head * HEAD_DIM
    tl.store(target + tl.arange(0, HEAD_DIM)[None], out.to(dtype), mask=(rows < n)[:, None])
