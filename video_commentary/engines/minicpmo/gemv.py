"""One row times a weight matrix, with RMSNorm, SwiGLU and residual fused in: Triton kernels.

A row of activations against gigabytes of weights is bound by memory. So each program reads some
rows of the weight once, 16 bytes a thread, keeps the activations in registers, and starts to load
before the kernel in front of it has ended (programmatic dependent launch, on GPUs that have it).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .linear import Norm


@dataclass(frozen=True)
class Tile:
    """Rows of a program, inputs of each row it reads at once, and its warps."""

    rows: int
    inputs: int
    warps: int


def int4_row(
    x: Tensor, words: Tensor, scales: Tensor, group: int, norm: Norm | None, gated: bool,
    residual: Tensor | None, tile: Tile | None = None,
) -> Tensor:
    """Multiply a float32 row [1, K] with INT4 weights as `quant.Int4Linear` keeps them."""
    n, k = len(words), x.shape[1]
    tile = tile or int4_tile(n, k)
    return _launch(_int4_row, x, words, scales, norm, gated, residual, tile, n, k,
                   GROUP=group, ASSEMBLY=x.is_cuda)


def dense_row(
    x: Tensor, weight: Tensor, norm: Norm | None, gated: bool, residual: Tensor | None,
    tile: Tile | None = None,
) -> Tensor:
    """Multiply a float32 row [1, K] with a weight [N, K] of 16 or 32 bits."""
    n, k = weight.shape
    return _launch(_dense_row, x, weight, weight, norm, gated, residual,
                   tile or dense_tile(n, k), n, k, BYTES=False)


def int8_row(
    x: Tensor, weight: Tensor, scales: Tensor, norm: Norm | None, gated: bool,
    residual: Tensor | None, tile: Tile | None = None,
) -> Tensor:
    """Multiply a float32 row [1, K] with bytes [N, K] that stand for byte - 128, scaled by row."""
    n, k = weight.shape
    return _launch(_dense_row, x, weight, scales, norm, gated, residual,
                   tile or dense_tile(n, k), n, k, BYTES=True)


def int4_tile(n: int, k: int) -> Tile:
    """Return the tile measured best on an H200 for a matrix of this shape."""
    if k < 4096:
        return Tile(4, 1024, 1)
    return Tile(16, 4096, 8 if n <= 4096 and k <= 4096 else 4)


def dense_tile(n: int, k: int) -> Tile:
    """Return the tile measured best on an H200 for a matrix of this shape."""
    if k <= 1024:
        return Tile(4, 1024, 1)
    return Tile(4, 4096, 4) if n >= 16384 else Tile(4, 1024, 2)


@lru_cache
def overlaps(device: torch.device) -> bool:
    """Return whether the GPU can start a kernel before the last one has ended."""
    return torch.cuda.get_device_capability(device) >= (9, 0)


def _launch(
    kernel: Any, x: Tensor, weight: Tensor, scales: Tensor, norm: Norm | None, gated: bool,
    residual: Tensor | None, tile: Tile, n: int, k: int, **constants: int,
) -> Tensor:
    out = x.new_empty(1, n // 2 if gated else n)
    early = x.is_cuda and overlaps(x.device)
    kernel[(triton.cdiv(n, tile.rows),)](
        x, x if norm is None else norm.weight, weight, scales,
        x if residual is None else residual, out, n, 0.0 if norm is None else norm.eps,
        K=k, ROWS=tile.rows, INPUTS=tile.inputs,
        NORM=norm is not None, GATED=gated, RESIDUAL=residual is not None,
        EVEN=n % tile.rows == 0 and k % tile.inputs == 0, EARLY=early,
        num_warps=tile.warps, **constants, **({"launch_pdl": True} if early else {}),
    )
    return out


@triton.jit
def _activations(x_ptr, norm_ptr, at, K: tl.constexpr, NORM: tl.constexpr, EVEN: tl.constexpr):
    """Load x at `at`; return it (times the norm's weight) and its square."""
    if EVEN:
        x = tl.load(x_ptr + at)
    else:
        x = tl.load(x_ptr + at, mask=at < K, other=0.0)
    square = x * x
    if NORM:
        if EVEN:
            x *= tl.load(norm_ptr + at).to(tl.float32)
        else:
            x *= tl.load(norm_ptr + at, mask=at < K, other=0.0).to(tl.float32)
    return x, square


@triton.jit
def _finish(
    y, squares, residual_ptr, out_ptr, n, eps, K: tl.constexpr, ROWS: tl.constexpr,
    NORM: tl.constexpr, GATED: tl.constexpr, RESIDUAL: tl.constexpr,
):
    """Apply what comes after the product to `y` [ROWS] and store it."""
    if NORM:
        y = y * tl.rsqrt(tl.sum(squares) / K + eps)
    if GATED:
        gate, up = tl.split(tl.reshape(y, [ROWS // 2, 2]))
        y = gate / (1.0 + tl.exp(-gate)) * up
        rows = tl.program_id(0) * (ROWS // 2) + tl.arange(0, ROWS // 2)
        n = n // 2
    else:
        rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    if RESIDUAL:
        y += tl.load(residual_ptr + rows, mask=rows < n, other=0.0)
    tl.store(out_ptr + rows, y, mask=rows < n)


@triton.jit
def _int4_load(
    words_ptr, scales_ptr, rows, start: tl.constexpr, n, K: tl.constexpr, GROUP: tl.constexpr,
    INPUTS: tl.constexpr, EVEN: tl.constexpr,
):
    """Load words [rows, INPUTS / 8] and, of each group in them, scale and zero point."""
    word = (start // 8 + tl.arange(0, INPUTS // 8))[None]
    group = (start // GROUP + tl.arange(0, INPUTS // GROUP))[None]
    words_ptr += rows[:, None] * (K // 8) + word
    scales_ptr += rows[:, None] * (K // GROUP) + group
    if EVEN:
        words = tl.load(words_ptr)
        scales = tl.load(scales_ptr)
    else:
        valid = rows[:, None] < n
        words = tl.load(words_ptr, mask=valid & (word < K // 8), other=0)
        scales = tl.load(scales_ptr, mask=valid & (group < K // GROUP), other=0)
    return words.to(tl.uint32, bitcast=True), scales


@triton.jit
def _as_float(words, MASK: tl.constexpr, BASE: tl.constexpr, ASSEMBLY: tl.constexpr):
    """Return (words & MASK) | BASE as floats."""
    if ASSEMBLY:
        # one instruction; from the plain expression the compiler makes two
        return tl.inline_asm_elementwise(
            "lop3.b32 $0, $1, $2, $3, 0xEA;", "=f,r,r,r",
            [words, tl.full([1, 1], MASK, tl.uint32), tl.full([1, 1], BASE, tl.uint32)],
            dtype=tl.float32, is_pure=True, pack=1,
        )
    return ((words & MASK) | BASE).to(tl.float32, bitcast=True)


@triton.jit
def _int4_row(
    x_ptr, norm_ptr, words_ptr, scales_ptr, residual_ptr, out_ptr, n, eps, K: tl.constexpr,
    GROUP: tl.constexpr, ROWS: tl.constexpr, INPUTS: tl.constexpr, NORM: tl.constexpr,
    GATED: tl.constexpr, RESIDUAL: tl.constexpr, EVEN: tl.constexpr, EARLY: tl.constexpr,
    ASSEMBLY: tl.constexpr,
):
    # A nibble becomes a float without a conversion: put into the mantissa's upper bits of 16.0 it
    # makes 16 + q, four bits further down in 256.0 it makes 256 + q. Both are exact; what is too
    # much is taken off by sums of x alone, group by group.
    GROUPS: tl.constexpr = INPUTS // GROUP
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    word = tl.arange(0, INPUTS // 8)
    if EARLY:
        ptx.gdc_launch_dependents()
    words, scales = _int4_load(words_ptr, scales_ptr, rows, 0, n, K, GROUP, INPUTS, EVEN)
    if EARLY:
        ptx.gdc_wait()
    acc = tl.zeros([ROWS, GROUPS], tl.float32)
    squares = tl.zeros([INPUTS // 8], tl.float32)
    for start in tl.static_range(0, K, INPUTS):
        if start:
            words, scales = _int4_load(
                words_ptr, scales_ptr, rows, start, n, K, GROUP, INPUTS, EVEN
            )
        total = tl.zeros([ROWS, INPUTS // 8], tl.float32)
        sum_x = tl.zeros([INPUTS // 8], tl.float32)
        excess = tl.zeros([INPUTS // 8], tl.float32)
        at = start + word // 4 * 32 + word % 4
        for pair in tl.static_range(4):
            even, square = _activations(x_ptr, norm_ptr, at + 8 * pair, K, NORM, EVEN)
            squares += square
            odd, square = _activations(x_ptr, norm_ptr, at + 8 * pair + 4, K, NORM, EVEN)
            squares += square
            if pair < 2:
                moved = words << (15 - 8 * pair)
            else:
                moved = words >> (8 * pair - 15)
            total += _as_float(moved, 0x00078000, 0x43800000, ASSEMBLY) * even[None]
            total += _as_float(moved, 0x00780000, 0x41800000, ASSEMBLY) * odd[None]
            sum_x += even + odd
            excess += 256.0 * even + 16.0 * odd
        total = tl.sum(tl.reshape(total, [ROWS, GROUPS, GROUP // 8]), 2)
        sum_x = tl.sum(tl.reshape(sum_x, [GROUPS, GROUP // 8]), 1)
        excess = tl.sum(tl.reshape(excess, [GROUPS, GROUP // 8]), 1)
        scale = scales.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
        zero = (scales >> 16).to(tl.float32)
        acc += scale * (total - excess[None] - zero * sum_x[None])
    _finish(tl.sum(acc, 1), squares, residual_ptr, out_ptr, n, eps, K, ROWS, NORM, GATED, RESIDUAL)


@triton.jit
def _dense_load(
    weight_ptr, rows, start: tl.constexpr, n, K: tl.constexpr, INPUTS: tl.constexpr,
    EVEN: tl.constexpr,
):
    """Load weights [rows, INPUTS]."""
    column = (start + tl.arange(0, INPUTS))[None]
    weight_ptr += rows.to(tl.int64)[:, None] * K + column
    if EVEN:
        return tl.load(weight_ptr)
    return tl.load(weight_ptr, mask=(rows[:, None] < n) & (column < K), other=0)


@triton.jit
def _dense_row(
    x_ptr, norm_ptr, weight_ptr, scales_ptr, residual_ptr, out_ptr, n, eps, K: tl.constexpr,
    ROWS: tl.constexpr, INPUTS: tl.constexpr, NORM: tl.constexpr, GATED: tl.constexpr,
    RESIDUAL: tl.constexpr, EVEN: tl.constexpr, EARLY: tl.constexpr, BYTES: tl.constexpr,
):
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.arange(0, INPUTS)
    if EARLY:
        ptx.gdc_launch_dependents()
    weight = _dense_load(weight_ptr, rows, 0, n, K, INPUTS, EVEN)
    if EARLY:
        ptx.gdc_wait()
    acc = tl.zeros([ROWS, INPUTS // 8], tl.float32)
    squares = tl.zeros([INPUTS], tl.float32)
    for start in tl.static_range(0, K, INPUTS):
        if start:
            weight = _dense_load(weight_ptr, rows, start, n, K, INPUTS, EVEN)
        x, square = _activations(x_ptr, norm_ptr, start + column, K, NORM, EVEN)
        squares += square
        if BYTES:
            # a byte in the mantissa of 2^23 makes 2^23 + byte: cheaper than a conversion
            value = (weight.to(tl.uint32) | 0x4B000000).to(tl.float32, bitcast=True) - 8388736.0
        else:
            value = weight.to(tl.float32)
        acc += tl.sum(tl.reshape(value * x[None], [ROWS, INPUTS // 8, 8]), 2)
    y = tl.sum(acc, 1)
    if BYTES:
        y *= tl.load(scales_ptr + rows, mask=rows < n, other=0.0)
    _finish(y, squares, residual_ptr, out_ptr, n, eps, K, ROWS, NORM, GATED, RESIDUAL)
