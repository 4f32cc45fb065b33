# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Attention of one decode step over the static KV cache: one Triton kernel a layer.

It applies q/k norm and RoPE, appends the new key and value to the cache, attends in splits along
the context (flash decoding), and the last split of a head reduces them. The context's length is
read on the device, so one CUDA graph serves all lengths.
"""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .gemv import supports_pdl
from .kv_cache import append_kv, load_kv_block, load_norm_rope
from .launching import launch
from .reference import RMSNorm

NUM_SPLITS, BLOCK_N, NUM_WARPS = 16, 64, 8
"""Splits of the context, cached positions a split loads at once, warps; measured on an H200."""


def flash_decode(
    qkv: Tensor,
    position: Tensor,
    *,
    cos: Tensor,
    sin: Tensor,
    k_cache: Tensor,
    v_cache: Tensor,
    done_count: Tensor,
    q_norm: RMSNorm | None,
    k_norm: RMSNorm | None,
) -> Tensor:
    """Attend with one float32 row `qkv` [1, q+k+v] at `position` (int32 [1]).

    Return float32 [1, num_heads * head_dim]. `cos`, `sin`: float32 [positions, head_dim / 2].
    `k_cache`, `v_cache`: [num_kv_heads, max_seq_len, head_dim], written at `position`.
    `done_count`: int32 [num_kv_heads], the splits done of each head; zero between two launches.
    """
    num_kv_heads, _, head_dim = k_cache.shape
    num_heads = qkv.shape[1] // head_dim - 2 * num_kv_heads
    out = qkv.new_empty(1, num_heads * head_dim)
    partials = qkv.new_empty(num_heads, NUM_SPLITS, head_dim + 2)
    use_pdl = qkv.is_cuda and supports_pdl(qkv.device)
    launch(
        _flash_decode_kernel,
        (num_kv_heads, NUM_SPLITS),
        qkv,
        position,
        qkv if q_norm is None else q_norm.weight,
        qkv if k_norm is None else k_norm.weight,
        cos,
        sin,
        k_cache,
        v_cache,
        k_cache.stride(0),
        partials,
        done_count,
        out,
        0.0 if q_norm is None else q_norm.eps,
        head_dim**-0.5,
        NUM_HEADS=num_heads,
        NUM_KV_HEADS=num_kv_heads,
        HEAD_DIM=head_dim,
        QK_NORM=q_norm is not None,
        NUM_SPLITS=NUM_SPLITS,
        BLOCK_N=BLOCK_N,
        USE_PDL=use_pdl,
        num_warps=NUM_WARPS,
        enable_fp_fusion=True,
        **({"launch_pdl": True} if use_pdl else {}),
    )
    return out


@triton.jit
def _flash_decode_kernel(
    qkv_ptr,
    position_ptr,
    q_norm_ptr,
    k_norm_ptr,
    cos_ptr,
    sin_ptr,
    k_cache_ptr,
    v_cache_ptr,
    stride_head,
    partials_ptr,
    done_count_ptr,
    out_ptr,
    eps,
    scale,
    NUM_HEADS: tl.constexpr,
    NUM_KV_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    QK_NORM: tl.constexpr,
    NUM_SPLITS: tl.constexpr,
    BLOCK_N: tl.constexpr,
    USE_PDL: tl.constexpr,
):
    # 16 rows are the least a matrix instruction takes: the queries of one KV head, padded
    QUERIES_PER_KV: tl.constexpr = NUM_HEADS // NUM_KV_HEADS
    HALF: tl.constexpr = HEAD_DIM // 2
    kv_head = tl.program_id(0)
    split = tl.program_id(1)
    if USE_PDL:
        ptx.gdc_launch_dependents()
    # position, and the keys and values before it, are older than the previous kernel
    position = tl.load(position_ptr)
    offs_half = tl.arange(0, HALF)
    offs_q = tl.arange(0, 16)
    mask_q = offs_q < QUERIES_PER_KV
    cos = tl.load(cos_ptr + position * HALF + offs_half)
    sin = tl.load(sin_ptr + position * HALF + offs_half)
    k_cache_ptr += kv_head.to(tl.int64) * stride_head
    v_cache_ptr += kv_head.to(tl.int64) * stride_head
    # the last split has the new key and value, the others what is cached
    split_len = tl.cdiv(tl.cdiv(position, NUM_SPLITS - 1), 16) * 16
    start = split * split_len
    stop = tl.minimum(start + split_len, position)
    k_low, k_high, v = load_kv_block(k_cache_ptr, v_cache_ptr, start, stop, HEAD_DIM, BLOCK_N)
    if USE_PDL:
        ptx.gdc_wait()

    q_low, q_high = load_norm_rope(
        qkv_ptr,
        q_norm_ptr,
        cos,
        sin,
        kv_head * QUERIES_PER_KV + offs_q,
        mask_q,
        eps,
        HEAD_DIM,
        QK_NORM,
    )
    q_low *= scale
    q_high *= scale
    m_i = tl.full([16], float("-inf"), tl.float32)
    l_i = tl.zeros([16], tl.float32)
    acc = tl.zeros([16, HEAD_DIM], tl.float32)
    if split == NUM_SPLITS - 1:
        new_k_low, new_k_high, new_v = append_kv(
            qkv_ptr,
            k_norm_ptr,
            cos,
            sin,
            k_cache_ptr,
            v_cache_ptr,
            position,
            kv_head,
            eps,
            NUM_HEADS,
            NUM_KV_HEADS,
            HEAD_DIM,
            QK_NORM,
        )
        m_i = tl.sum(q_low * new_k_low + q_high * new_k_high, 1)
        l_i += 1.0
        acc += new_v.to(tl.float32)[None]
    m_i, l_i, acc = _attend_cached(
        q_low,
        q_high,
        k_low,
        k_high,
        v,
        m_i,
        l_i,
        acc,
        k_cache_ptr,
        v_cache_ptr,
        start,
        stop,
        HEAD_DIM,
        BLOCK_N,
    )

    partial_ptrs = partials_ptr + ((kv_head * QUERIES_PER_KV + offs_q) * NUM_SPLITS + split) * (
        HEAD_DIM + 2
    )
    tl.store(partial_ptrs[:, None] + tl.arange(0, HEAD_DIM)[None], acc, mask=mask_q[:, None])
    tl.store(partial_ptrs + HEAD_DIM, m_i, mask=mask_q)
    tl.store(partial_ptrs + HEAD_DIM + 1, l_i, mask=mask_q)
    tl.debug_barrier()
    if tl.atomic_add(done_count_ptr + kv_head, 1) == NUM_SPLITS - 1:
        tl.store(done_count_ptr + kv_head, 0)
        _reduce_splits(partials_ptr, out_ptr, kv_head, QUERIES_PER_KV, HEAD_DIM, NUM_SPLITS)


@triton.jit
def _attend_cached(
    q_low,
    q_high,
    k_low,
    k_high,
    v,
    m_i,
    l_i,
    acc,
    k_cache_ptr,
    v_cache_ptr,
    start,
    stop,
    HEAD_DIM: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    """Attend to cached positions `start` to `stop`, the first block given: an online softmax."""
    dtype = k_cache_ptr.dtype.element_ty
    for start_n in range(start, stop, BLOCK_N):
        qk = tl.dot(q_low.to(dtype), tl.trans(k_low), input_precision="ieee")
        qk += tl.dot(q_high.to(dtype), tl.trans(k_high), input_precision="ieee")
        qk = tl.where((start_n + tl.arange(0, BLOCK_N) < stop)[None], qk, float("-inf"))
        m_new = tl.maximum(m_i, tl.max(qk, 1))
        p = tl.exp(qk - m_new[:, None])
        alpha = tl.exp(m_i - m_new)
        l_i = l_i * alpha + tl.sum(p, 1)
        acc = acc * alpha[:, None] + tl.dot(p.to(dtype), v, input_precision="ieee")
        m_i = m_new
        k_low, k_high, v = load_kv_block(
            k_cache_ptr, v_cache_ptr, start_n + BLOCK_N, stop, HEAD_DIM, BLOCK_N
        )
    return m_i, l_i, acc


@triton.jit
def _reduce_splits(
    partials_ptr,
    out_ptr,
    kv_head,
    QUERIES_PER_KV: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    NUM_SPLITS: tl.constexpr,
):
    """Reduce the splits of the query heads of one KV head."""
    PADDED: tl.constexpr = triton.next_power_of_2(QUERIES_PER_KV)
    offs_d = tl.arange(0, HEAD_DIM)
    offs_q = tl.arange(0, PADDED)
    mask = (offs_q < QUERIES_PER_KV)[:, None]
    partial_ptrs = partials_ptr + (
        ((kv_head * QUERIES_PER_KV + offs_q) * NUM_SPLITS)[:, None] + tl.arange(0, NUM_SPLITS)[None]
    ) * (HEAD_DIM + 2)
    # .cg: what other programs wrote is in L2, not in this program's L1
    m = tl.load(partial_ptrs + HEAD_DIM, mask=mask, other=0.0, cache_modifier=".cg")
    l_sum = tl.load(partial_ptrs + HEAD_DIM + 1, mask=mask, other=1.0, cache_modifier=".cg")
    acc = tl.load(
        partial_ptrs[:, :, None] + offs_d[None, None],
        mask=mask[:, :, None],
        other=0.0,
        cache_modifier=".cg",
    )
    alpha = tl.exp(m - tl.max(m, 1)[:, None])
    out = tl.sum(acc * alpha[:, :, None], 1) / tl.sum(alpha * l_sum, 1)[:, None]
    offs_head = kv_head * QUERIES_PER_KV + offs_q
    tl.store(out_ptr + offs_head[:, None] * HEAD_DIM + offs_d[None], out, mask=mask)
