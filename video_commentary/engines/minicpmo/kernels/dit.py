# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Linears of the flow's diffusion transformer, in Triton.

A chunk has some hundred rows, too few to fill a GPU: a kernel's time is what one program does, and
what the programs read from the L2 cache. So linears with many inputs are split into parts of them,
and the kernel that norms the rows for the next linear (dit_norm.py) adds the parts up.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch


@dataclass(frozen=True, kw_only=True)
class LinearTile:
    """One program of a linear: `block_m` rows by `block_n` outputs.

    It multiplies `block_k` inputs of 16 bits at once, or half as many of 32.
    """

    block_m: int
    block_n: int
    block_k: int
    num_warps: int
    num_stages: int


WIDE_TILE = LinearTile(block_m=64, block_n=32, block_k=128, num_warps=4, num_stages=4)
"""Of a linear that isn't split."""
SPLIT_TILE = LinearTile(block_m=64, block_n=32, block_k=128, num_warps=4, num_stages=4)
"""Of a part of a linear."""
GATED_TILE = LinearTile(block_m=16, block_n=32, block_k=128, num_warps=4, num_stages=4)
"""Of a linear that adds to a residual. All fit into the 99 KB of a consumer card."""
SPLIT_K = 512
"""Inputs of a part."""


def linear(x: Tensor, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> Tensor:
    """Multiply `x` [2, T, in] with `weight` [out, in]: [2, T, out].

    `gelu`: its tanh approximation comes after.
    """
    out = x.new_empty(2, x.shape[1], len(weight))
    _launch_linear(x, x.shape[1], weight, bias, out, WIDE_TILE, gelu=gelu)
    return out


def add_gated_linear(
    residual: Tensor, gate: Tensor, x: Tensor, weight: Tensor, bias: Tensor
) -> None:
    """Add `gate` [out] times the product to `residual` [2, T, out] in place. `x`: [2, T, in]."""
    _launch_linear(x, residual.shape[1], weight, bias, residual, GATED_TILE, gate=gate)


def split_linear(x: Tensor, weight: Tensor, frames: int) -> Tensor:
    """Multiply `x` with parts of `weight` [out, in]: float32 [parts, 2, frames, out], to be added.

    `x`: [2, frames, in], or [2, frames + 2, in / 3] for a causal convolution, tap by tap.
    """
    n, k = weight.shape
    parts = max(1, k // SPLIT_K)
    out = x.new_empty((parts, 2, frames, n), dtype=torch.float32)
    _launch_linear(x, frames, weight, weight, out, SPLIT_TILE, parts=parts)
    return out


def _launch_linear(
    x: Tensor,
    frames: int,
    weight: Tensor,
    bias: Tensor,
    out: Tensor,
    tile: LinearTile,
    *,
    gelu: bool = False,
    gate: Tensor | None = None,
    parts: int = 0,
) -> None:
    n, k = weight.shape
    part = triton.cdiv(k, parts or 1)
    launch(
        _linear_kernel,
        (triton.cdiv(2 * frames, tile.block_m), triton.cdiv(n, tile.block_n), parts or 1),
        x,
        weight,
        bias,
        bias if gate is None else gate,
        out,
        frames,
        x.stride(0),
        x.stride(1),
        n,
        K=k,
        PART=part,
        PARTIAL=parts > 0,
        GELU=gelu,
        GATED=gate is not None,
        BLOCK_M=tile.block_m,
        BLOCK_N=tile.block_n,
        BLOCK_K=min(2 * tile.block_k // weight.element_size(), triton.next_power_of_2(part)),
        num_warps=tile.num_warps,
        num_stages=tile.num_stages,
        enable_fp_fusion=True,
    )


@triton.jit(do_not_specialize=["frames"])
def _linear_kernel(
    x_ptr,
    weight_ptr,
    bias_ptr,
    gate_ptr,
    out_ptr,
    frames,
    stride_batch,
    stride_frame,
    n,
    K: tl.constexpr,
    PART: tl.constexpr,
    PARTIAL: tl.constexpr,
    GELU: tl.constexpr,
    GATED: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    dtype = weight_ptr.dtype.element_ty
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    columns = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    part = tl.program_id(2)
    # rows and outputs beyond the last are the last again: masks of loads cost instructions
    row = tl.minimum(rows, 2 * frames - 1)
    column = tl.minimum(columns, n - 1)
    # rows of a convolution overlap: a row's three frames follow each other in memory
    x_ptrs = x_ptr + ((row // frames) * stride_batch + (row % frames) * stride_frame)[:, None]
    weight_ptrs = weight_ptr + column[:, None] * K
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for start in range(0, PART, BLOCK_K):
        offs_k = (part * PART + start + tl.arange(0, BLOCK_K))[None]
        if K % PART == 0 and PART % BLOCK_K == 0:
            x = tl.load(x_ptrs + offs_k)
            weight = tl.load(weight_ptrs + offs_k)
        else:
            inside = offs_k < tl.minimum((part + 1) * PART, K)
            x = tl.load(x_ptrs + offs_k, mask=inside, other=0.0)
            weight = tl.load(weight_ptrs + offs_k, mask=inside, other=0.0)
        acc += tl.dot(x.to(dtype), tl.trans(weight), input_precision="ieee")
    if PARTIAL:
        out_ptr += part.to(tl.int64) * 2 * frames * n
    else:
        acc += tl.load(bias_ptr + column).to(tl.float32)[None]
    if GELU:
        inner = 0.7978845608028654 * (acc + 0.044715 * acc * acc * acc)
        # tanh(z) = 2 sigmoid(2 z) - 1
        acc = acc * tl.sigmoid(2 * inner)
    out_ptrs = out_ptr + rows.to(tl.int64)[:, None] * n + columns[None]
    mask = (rows < 2 * frames)[:, None] & (columns < n)[None]
    if GATED:
        gate = tl.load(gate_ptr + column).to(tl.float32)
        acc = tl.load(out_ptrs, mask=mask, other=0.0).to(tl.float32) + gate[None] * acc
    tl.store(out_ptrs, acc.to(out_ptr.dtype.element_ty), mask=mask)
