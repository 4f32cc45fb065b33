# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Linears and convolutions of the flow's diffusion transformer, in Triton.

With slot_attention.py, a block is nine kernels. A chunk has some hundred rows, too few to fill a
GPU, so a block's time is its number of kernels. Norms are computed where a matrix product reads its
input, activations, gates and residuals where it writes its output.
"""

from __future__ import annotations

from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor

from .launching import launch

EPS = 1e-6
"""Of the modulated norms, as published."""
LAYER_NORM_EPS = 1e-5
"""Of torch's LayerNorm."""


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


def linear_tile(k: int, norm: bool) -> LinearTile:
    """Return the tile measured best on an H200 for `k` inputs, with or without a norm.

    All fit into the 99 KB of shared memory of a consumer card.
    """
    if norm:
        return LinearTile(block_m=16, block_n=64, block_k=256, num_warps=4, num_stages=2)
    if k == 1536:
        return LinearTile(block_m=16, block_n=32, block_k=64, num_warps=4, num_stages=10)
    return LinearTile(block_m=16, block_n=32, block_k=128, num_warps=4, num_stages=6)


@dataclass(frozen=True, kw_only=True)
class Modulation:
    """Layer norm with `scale` and `shift` [C] of the solver's time in place of its weights."""

    shift: Tensor
    scale: Tensor


def linear(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    modulation: Modulation | None = None,
    gelu: bool = False,
) -> Tensor:
    """Multiply `x` [2, T, in] with `weight` [out, in]: [2, T, out].

    `x` is normed by `modulation` first; `gelu`: its tanh approximation comes after.
    """
    out = x.new_empty(2, x.shape[1], len(weight))
    _launch_linear(x, x.shape[1], weight, bias, out, modulation=modulation, gelu=gelu)
    return out


def add_gated_linear(
    residual: Tensor, gate: Tensor, x: Tensor, weight: Tensor, bias: Tensor
) -> None:
    """Add `gate` [out] times the product to `residual` [2, T, out] in place.

    `x`: [2, T, in], or [2, T + 2, in / 3] for a causal convolution over three frames.
    """
    _launch_linear(x, residual.shape[1], weight, bias, residual, gate=gate)


def causal_conv(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve `x` [2, T + 2, C] with `weight` [out, 3 * C], tap by tap: [2, T, out]."""
    out = x.new_empty(2, x.shape[1] - 2, len(weight))
    _launch_linear(x, out.shape[1], weight, bias, out)
    return out


def _launch_linear(
    x: Tensor,
    frames: int,
    weight: Tensor,
    bias: Tensor,
    out: Tensor,
    *,
    modulation: Modulation | None = None,
    gelu: bool = False,
    gate: Tensor | None = None,
) -> None:
    n, k = weight.shape
    tile = linear_tile(k, modulation is not None)
    grid = (triton.cdiv(2 * frames, tile.block_m), triton.cdiv(n, tile.block_n))
    launch(
        _linear_kernel,
        grid,
        x,
        weight,
        bias,
        bias if modulation is None else modulation.shift,
        bias if modulation is None else modulation.scale,
        bias if gate is None else gate,
        out,
        frames,
        x.stride(0),
        x.stride(1),
        n,
        EPS,
        K=k,
        PADDED_K=triton.next_power_of_2(k),
        NORM=modulation is not None,
        GELU=gelu,
        GATED=gate is not None,
        BLOCK_M=tile.block_m,
        BLOCK_N=tile.block_n,
        BLOCK_K=min(2 * tile.block_k // weight.element_size(), triton.next_power_of_2(k)),
        num_warps=tile.num_warps,
        num_stages=tile.num_stages,
        enable_fp_fusion=True,
    )


def conv_input(
    x: Tensor,
    cache: Tensor,
    tail: Tensor,
    *,
    modulation: Modulation | None = None,
    norm: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Return a causal convolution's input [2, T + 2, C]: two frames of `cache`, then `x` normed.

    `x`: [2, T, C]. Either by `modulation`, or by the layer norm with `norm` (weight, bias) and
    mish. `cache` [2, 2, C] becomes the frames `tail` [2] (int64) of the result, none of the two
    from the cache itself.
    """
    weight, bias = (modulation.scale, modulation.shift) if modulation else norm or (x, x)
    _, frames, width = x.shape
    out = x.new_empty(2, frames + 2, width)
    launch(
        _conv_input_kernel,
        (2, frames + 2),
        x,
        cache,
        tail,
        weight,
        bias,
        out,
        frames,
        EPS if modulation else LAYER_NORM_EPS,
        WIDTH=width,
        BLOCK=triton.next_power_of_2(width),
        MISH=modulation is None,
        num_warps=1 if width <= 256 else 4,
        enable_fp_fusion=True,
    )
    return out


@triton.jit(do_not_specialize=["frames"])
def _linear_kernel(
    x_ptr,
    weight_ptr,
    bias_ptr,
    shift_ptr,
    scale_ptr,
    gate_ptr,
    out_ptr,
    frames,
    stride_batch,
    stride_frame,
    n,
    eps,
    K: tl.constexpr,
    PADDED_K: tl.constexpr,
    NORM: tl.constexpr,
    GELU: tl.constexpr,
    GATED: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    dtype = weight_ptr.dtype.element_ty
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    columns = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    row_mask = rows < 2 * frames
    column_mask = columns < n
    # rows of a convolution overlap: a row's three frames follow each other in memory
    row_offsets = (rows // frames) * stride_batch + (rows % frames) * stride_frame
    if NORM:
        whole = tl.arange(0, PADDED_K)
        mask = row_mask[:, None] & (whole < K)[None]
        row = tl.load(x_ptr + row_offsets[:, None] + whole[None], mask=mask, other=0.0)
        row = row.to(tl.float32)
        mean = tl.sum(row, 1) / K
        centered = tl.where(mask, row - mean[:, None], 0.0)
        inverse_std = tl.rsqrt(tl.sum(centered * centered, 1) / K + eps)
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for start in range(0, K, BLOCK_K):
        offs_k = start + tl.arange(0, BLOCK_K)
        mask_k = offs_k < K
        x = tl.load(
            x_ptr + row_offsets[:, None] + offs_k[None],
            mask=row_mask[:, None] & mask_k[None],
            other=0.0,
        )
        if NORM:
            scale = tl.load(scale_ptr + offs_k, mask=mask_k, other=0.0).to(tl.float32)
            shift = tl.load(shift_ptr + offs_k, mask=mask_k, other=0.0).to(tl.float32)
            normed = (x.to(tl.float32) - mean[:, None]) * inverse_std[:, None]
            a = (normed * scale[None] + shift[None]).to(dtype)
        else:
            a = x.to(dtype)
        weight = tl.load(
            weight_ptr + columns[:, None] * K + offs_k[None],
            mask=column_mask[:, None] & mask_k[None],
            other=0.0,
        )
        acc += tl.dot(a, tl.trans(weight), input_precision="ieee")
    acc += tl.load(bias_ptr + columns, mask=column_mask, other=0.0).to(tl.float32)[None]
    if GELU:
        inner = 0.7978845608028654 * (acc + 0.044715 * acc * acc * acc)
        # tanh(z) = 2 sigmoid(2 z) - 1
        acc = acc * tl.sigmoid(2 * inner)
    out_ptrs = out_ptr + rows.to(tl.int64)[:, None] * n + columns[None]
    mask = row_mask[:, None] & column_mask[None]
    if GATED:
        gate = tl.load(gate_ptr + columns, mask=column_mask, other=0.0).to(tl.float32)
        acc = tl.load(out_ptrs, mask=mask, other=0.0).to(tl.float32) + gate[None] * acc
    tl.store(out_ptrs, acc.to(out_ptr.dtype.element_ty), mask=mask)


@triton.jit
def layer_norm(x, weight, bias, mask, eps, WIDTH: tl.constexpr):
    """Norm the last dimension of float32 `x` [rows, padded width]."""
    mean = tl.sum(x, 1) / WIDTH
    centered = tl.where(mask, x - mean[:, None], 0.0)
    inverse_std = tl.rsqrt(tl.sum(centered * centered, 1) / WIDTH + eps)
    return centered * inverse_std[:, None] * weight[None] + bias[None]


@triton.jit(do_not_specialize=["frames"])
def _conv_input_kernel(
    x_ptr,
    cache_ptr,
    tail_ptr,
    weight_ptr,
    bias_ptr,
    out_ptr,
    frames,
    eps,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
    MISH: tl.constexpr,
):
    batch = tl.program_id(0)
    frame = tl.program_id(1)
    columns = tl.arange(0, BLOCK)
    mask = columns < WIDTH
    out_ptrs = out_ptr + (batch * (frames + 2) + frame) * WIDTH + columns
    source = frame - 2
    cache_ptrs = cache_ptr + (batch * 2 + frame) * WIDTH + columns
    if frame < 2:
        tl.store(out_ptrs, tl.load(cache_ptrs, mask=mask), mask=mask)
        source = (tl.load(tail_ptr + frame) - 2).to(tl.int32)
    x = tl.load(x_ptr + (batch * frames + source) * WIDTH + columns, mask=mask, other=0.0)
    weight = tl.load(weight_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    bias = tl.load(bias_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    y = layer_norm(x.to(tl.float32)[None], weight, bias, mask[None], eps, WIDTH)
    if MISH:
        # x tanh(log(1 + e^x)), where e^x can't overflow
        e = tl.exp(-tl.abs(y))
        softplus = tl.maximum(y, 0.0) + tl.log(1 + e)
        y = y * (2 * tl.sigmoid(2 * softplus) - 1)
    y = tl.reshape(y, [BLOCK]).to(out_ptr.dtype.element_ty)
    if frame < 2:
        tl.store(cache_ptrs, y, mask=mask)
    else:
        tl.store(out_ptrs, y, mask=mask)
