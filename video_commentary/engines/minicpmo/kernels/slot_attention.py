# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Attention of the flow's diffusion transformer over slots, with its q/k norms, in one kernel."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from .dit import LAYER_NORM_EPS, layer_norm
from .launching import launch

BLOCK_M, BLOCK_N = 16, 128
"""Rows of a program, and keys of 16 bits it reads at once; of 32 bits, half as many."""


def slot_attention(
    qkv: Tensor,
    q_norm: tuple[Tensor, Tensor],
    k_norm: tuple[Tensor, Tensor],
    k_cache: Tensor,
    v_cache: Tensor,
    *,
    slots: Tensor,
    old_mask: Tensor,
    new_mask: Tensor,
) -> Tensor:
    """Attend from a chunk to the cached slots and to itself, and write it to its slots.

    `qkv`: [2, T, 3 * num_heads * head_dim]; `q_norm`, `k_norm`: weight and bias [head_dim] of the
    layer norms of a head. `k_cache`, `v_cache`: [2, num_heads, num_slots, head_dim]. `slots` [T]
    int64: where each frame goes. `old_mask` [num_slots], `new_mask` [T]: 0 or -inf, added to the
    scores of cached slots and of the chunk's frames. Return [2, T, num_heads * head_dim].
    """
    _, num_heads, num_slots, head_dim = k_cache.shape
    frames = qkv.shape[1]
    out = qkv.new_empty(2, frames, num_heads * head_dim)
    launch(
        _slot_attention_kernel,
        (triton.cdiv(frames, BLOCK_M), num_heads, 2),
        qkv,
        *q_norm,
        *k_norm,
        k_cache,
        v_cache,
        slots,
        old_mask,
        new_mask,
        out,
        frames,
        num_slots,
        k_cache.stride(0),
        k_cache.stride(1),
        LAYER_NORM_EPS,
        head_dim**-0.5,
        NUM_HEADS=num_heads,
        HEAD_DIM=head_dim,
        BLOCK_M=BLOCK_M,
        BLOCK_N=BLOCK_N * 2 // k_cache.element_size(),
        num_warps=4,
        num_stages=3,
        enable_fp_fusion=True,
    )
    return out


def masks(mask: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
    """Split a mask over all slots [num_slots] into `old_mask` and `new_mask`."""
    return mask.index_fill(0, slots, float("-inf")), mask[slots]


@triton.jit(do_not_specialize=["frames", "num_slots"])
def _slot_attention_kernel(
    qkv_ptr,
    q_weight_ptr,
    q_bias_ptr,
    k_weight_ptr,
    k_bias_ptr,
    k_cache_ptr,
    v_cache_ptr,
    slots_ptr,
    old_mask_ptr,
    new_mask_ptr,
    out_ptr,
    frames,
    num_slots,
    stride_batch,
    stride_head,
    eps,
    scale,
    NUM_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    WIDTH: tl.constexpr = NUM_HEADS * HEAD_DIM
    head = tl.program_id(1)
    batch = tl.program_id(2)
    dtype = k_cache_ptr.dtype.element_ty
    offs_d = tl.arange(0, HEAD_DIM)
    every = offs_d[None] < HEAD_DIM
    qkv_ptr += batch * frames * 3 * WIDTH + head * HEAD_DIM
    cache_offset = batch.to(tl.int64) * stride_batch + head * stride_head
    k_cache_ptr += cache_offset
    v_cache_ptr += cache_offset
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    row_mask = (rows < frames)[:, None]
    q = tl.load(qkv_ptr + rows[:, None] * 3 * WIDTH + offs_d[None], mask=row_mask, other=0.0)
    q_weight = tl.load(q_weight_ptr + offs_d).to(tl.float32)
    q_bias = tl.load(q_bias_ptr + offs_d).to(tl.float32)
    q = layer_norm(q.to(tl.float32), q_weight, q_bias, every, eps, HEAD_DIM)
    q = (q * scale).to(dtype)
    # finite, so that a block of which every key is masked leaves it as it is
    m_i = tl.full([BLOCK_M], -1e30, tl.float32)
    l_i = tl.zeros([BLOCK_M], tl.float32)
    acc = tl.zeros([BLOCK_M, HEAD_DIM], tl.float32)
    for start in range(0, num_slots, BLOCK_N):
        offs = start + tl.arange(0, BLOCK_N)
        inside = offs < num_slots
        cached = offs[:, None] * HEAD_DIM + offs_d[None]
        k = tl.load(k_cache_ptr + cached, mask=inside[:, None], other=0.0)
        v = tl.load(v_cache_ptr + cached, mask=inside[:, None], other=0.0)
        mask = tl.load(old_mask_ptr + offs, mask=inside, other=float("-inf"))
        m_i, l_i, acc = _attend(q, k, v, mask, m_i, l_i, acc)
    k_weight = tl.load(k_weight_ptr + offs_d).to(tl.float32)
    k_bias = tl.load(k_bias_ptr + offs_d).to(tl.float32)
    for start in range(0, frames, BLOCK_N):
        offs = start + tl.arange(0, BLOCK_N)
        inside = offs < frames
        new = qkv_ptr + offs[:, None] * 3 * WIDTH + offs_d[None]
        k = tl.load(new + WIDTH, mask=inside[:, None], other=0.0).to(tl.float32)
        k = layer_norm(k, k_weight, k_bias, every, eps, HEAD_DIM).to(dtype)
        v = tl.load(new + 2 * WIDTH, mask=inside[:, None], other=0.0).to(dtype)
        mask = tl.load(new_mask_ptr + offs, mask=inside, other=float("-inf"))
        m_i, l_i, acc = _attend(q, k, v, mask, m_i, l_i, acc)
        if tl.program_id(0) == 0:
            slots = tl.load(slots_ptr + offs, mask=inside, other=0)
            target = slots[:, None] * HEAD_DIM + offs_d[None]
            tl.store(k_cache_ptr + target, k, mask=inside[:, None])
            tl.store(v_cache_ptr + target, v, mask=inside[:, None])
    out_ptrs = out_ptr + (batch * frames + rows)[:, None] * WIDTH + head * HEAD_DIM + offs_d[None]
    tl.store(out_ptrs, (acc / l_i[:, None]).to(dtype), mask=row_mask)


@triton.jit
def _attend(q, k, v, mask, m_i, l_i, acc):
    """Attend to a block of keys: an online softmax."""
    scores = tl.dot(q, tl.trans(k), input_precision="ieee") + mask.to(tl.float32)[None]
    m_new = tl.maximum(m_i, tl.max(scores, 1))
    p = tl.exp(scores - m_new[:, None])
    alpha = tl.exp(m_i - m_new)
    l_i = l_i * alpha + tl.sum(p, 1)
    acc = acc * alpha[:, None] + tl.dot(p.to(v.dtype), v, input_precision="ieee")
    return m_new, l_i, acc
