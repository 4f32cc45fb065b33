# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Attention of the flow's diffusion transformer over slots, with its q/k norms, in two kernels.

With some hundred rows, the time of a program is its number of instructions, one after the other. So
a program has one block of keys only, and a second kernel merges what the programs found.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .dit_norm import LAYER_NORM_EPS, layer_norm
from .launching import launch

BLOCK_M, BLOCK_N = 64, 64
"""Rows and keys of a program."""
_LOG2_E = 1.4426950408889634


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
    old_blocks = triton.cdiv(num_slots, BLOCK_N)
    blocks = old_blocks + triton.cdiv(frames, BLOCK_N)
    width = num_heads * head_dim
    partial = qkv.new_empty((blocks, 2, frames, width), dtype=torch.float32)
    stats = qkv.new_empty((2, blocks, 2, frames, num_heads), dtype=torch.float32)
    launch(
        _attend_kernel,
        (triton.cdiv(frames, BLOCK_M), 2 * num_heads, blocks),
        qkv,
        *q_norm,
        *k_norm,
        k_cache,
        v_cache,
        slots,
        old_mask,
        new_mask,
        partial,
        stats,
        frames,
        num_slots,
        old_blocks,
        k_cache.stride(0),
        k_cache.stride(1),
        LAYER_NORM_EPS,
        head_dim**-0.5 * _LOG2_E,
        NUM_HEADS=num_heads,
        HEAD_DIM=head_dim,
        BLOCK_M=BLOCK_M,
        BLOCK_N=BLOCK_N,
        num_warps=4,
        enable_fp_fusion=True,
    )
    out = qkv.new_empty(2, frames, width)
    launch(
        _merge_kernel,
        (2 * frames,),
        partial,
        stats,
        out,
        2 * frames,
        BLOCKS=blocks,
        NUM_HEADS=num_heads,
        HEAD_DIM=head_dim,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return out


@triton.jit(do_not_specialize=["frames", "num_slots", "old_blocks"])
def _attend_kernel(
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
    partial_ptr,
    stats_ptr,
    frames,
    num_slots,
    old_blocks,
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
    head = tl.program_id(1) % NUM_HEADS
    batch = tl.program_id(1) // NUM_HEADS
    block = tl.program_id(2)
    dtype = k_cache_ptr.dtype.element_ty
    offs_d = tl.arange(0, HEAD_DIM)
    qkv_ptr += batch * frames * 3 * WIDTH + head * HEAD_DIM
    cache_offset = batch.to(tl.int64) * stride_batch + head * stride_head
    k_cache_ptr += cache_offset
    v_cache_ptr += cache_offset
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    # rows and keys beyond the last are the last again: masks of loads cost instructions
    q_ptrs = qkv_ptr + tl.minimum(rows, frames - 1)[:, None] * 3 * WIDTH + offs_d[None]
    if block < old_blocks:
        keys = block * BLOCK_N + tl.arange(0, BLOCK_N)
        inside = keys < num_slots
        cached = tl.minimum(keys, num_slots - 1)[:, None] * HEAD_DIM + offs_d[None]
        k = tl.load(k_cache_ptr + cached)
        v = tl.load(v_cache_ptr + cached)
        mask = tl.load(old_mask_ptr + keys, mask=inside, other=float("-inf"))
    else:
        keys = (block - old_blocks) * BLOCK_N + tl.arange(0, BLOCK_N)
        inside = keys < frames
        new = qkv_ptr + tl.minimum(keys, frames - 1)[:, None] * 3 * WIDTH + offs_d[None]
        k = tl.load(new + WIDTH)
        v = tl.load(new + 2 * WIDTH).to(dtype)
        k = _norm_heads(k, k_weight_ptr, k_bias_ptr, eps, HEAD_DIM).to(dtype)
        mask = tl.load(new_mask_ptr + keys, mask=inside, other=float("-inf"))
        if tl.program_id(0) == 0:
            slots = tl.load(slots_ptr + keys, mask=inside, other=0)
            target = slots[:, None] * HEAD_DIM + offs_d[None]
            tl.store(k_cache_ptr + target, k, mask=inside[:, None])
            tl.store(v_cache_ptr + target, v, mask=inside[:, None])
    q = _norm_heads(tl.load(q_ptrs), q_weight_ptr, q_bias_ptr, eps, HEAD_DIM)
    q = (q * scale).to(dtype)
    scores = tl.dot(q, tl.trans(k), input_precision="ieee") + mask.to(tl.float32)[None]
    # finite, so that a block of which every key is masked counts nothing
    largest = tl.maximum(tl.max(scores, 1), -1e30)
    p = tl.exp2(scores - largest[:, None])
    total = tl.sum(p, 1)
    acc = tl.dot(p.to(dtype), v, input_precision="ieee")
    row_mask = rows < frames
    offs_row = (block * 2 + batch) * frames + rows
    tl.store(
        partial_ptr + offs_row[:, None] * WIDTH + head * HEAD_DIM + offs_d[None],
        acc,
        mask=row_mask[:, None],
    )
    stats_ptrs = stats_ptr + offs_row * NUM_HEADS + head
    tl.store(stats_ptrs, largest, mask=row_mask)
    size = tl.num_programs(2) * 2 * frames * NUM_HEADS
    tl.store(stats_ptrs + size, total, mask=row_mask)


@triton.jit
def _norm_heads(x, weight_ptr, bias_ptr, eps, HEAD_DIM: tl.constexpr):
    """Norm rows of one head, [rows, HEAD_DIM], in float32."""
    offs_d = tl.arange(0, HEAD_DIM)
    weight = tl.load(weight_ptr + offs_d).to(tl.float32)
    bias = tl.load(bias_ptr + offs_d).to(tl.float32)
    return layer_norm(x.to(tl.float32), weight, bias, offs_d[None] < HEAD_DIM, eps, HEAD_DIM)


@triton.jit(do_not_specialize=["rows"])
def _merge_kernel(
    partial_ptr,
    stats_ptr,
    out_ptr,
    rows,
    BLOCKS: tl.constexpr,
    NUM_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
):
    """Merge what the blocks of keys give for one row."""
    WIDTH: tl.constexpr = NUM_HEADS * HEAD_DIM
    row = tl.program_id(0)
    columns = tl.arange(0, WIDTH)
    stats_ptrs = stats_ptr + row * NUM_HEADS + columns // HEAD_DIM
    largest = tl.load(stats_ptrs)
    for block in tl.static_range(1, BLOCKS):
        largest = tl.maximum(largest, tl.load(stats_ptrs + block * rows * NUM_HEADS))
    total = tl.zeros([WIDTH], tl.float32)
    acc = tl.zeros([WIDTH], tl.float32)
    for block in tl.static_range(BLOCKS):
        ptrs = stats_ptrs + block * rows * NUM_HEADS
        weight = tl.exp2(tl.load(ptrs) - largest)
        total += weight * tl.load(ptrs + BLOCKS * rows * NUM_HEADS)
        acc += weight * tl.load(partial_ptr + (block * rows + row) * WIDTH + columns)
    tl.store(out_ptr + row * WIDTH + columns, (acc / total).to(out_ptr.dtype.element_ty))
