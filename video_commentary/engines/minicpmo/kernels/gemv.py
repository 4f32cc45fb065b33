# ruff: noqa: N803, SIM108 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
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

from ..language.norm import Norm


@dataclass(frozen=True)
class Tile:
    """Rows of a program, inputs of each row it reads at once, and its warps."""

    rows: int
    inputs: int
    warps: int


def dense_row(
    x: Tensor,
    weight: Tensor,
    norm: Norm | None,
    gated: bool,
    residual: Tensor | None,
    tile: Tile | None = None,
) -> Tensor:
    """Multiply a float32 row [1, K] with a weight [N, K] of 16 or 32 bits."""
    n, k = weight.shape
    return _launch(
        _dense_row,
        x,
        weight,
        weight,
        norm,
        gated,
        residual,
        tile or dense_tile(n, k),
        n,
        k,
        BYTES=False,
    )


def int8_row(
    x: Tensor,
    weight: Tensor,
    scales: Tensor,
    norm: Norm | None,
    gated: bool,
    residual: Tensor | None,
    tile: Tile | None = None,
) -> Tensor:
    """Multiply a float32 row [1, K] with bytes [N, K] that stand for byte - 128, scaled by row."""
    n, k = weight.shape
    return _launch(
        _dense_row,
        x,
        weight,
        scales,
        norm,
        gated,
        residual,
        tile or dense_tile(n, k),
        n,
        k,
        BYTES=True,
    )


def dense_tile(n: int, k: int) -> Tile:
    """Return the tile measured best on an H200 for a matrix of this shape."""
    if k <= 1024:
        return Tile(4, 1024, 1)
    return Tile(4, 4096, 4) if n >= 16384 else Tile(4, 1024, 2)


@lru_cache
def overlaps(device: torch.device) -> bool:
    """Return whether the GPU can start a kernel before the last one has ended."""
    return bool(torch.cuda.get_device_capability(device) >= (9, 0))


def _launch(
    kernel: Any,
    x: Tensor,
    weight: Tensor,
    scales: Tensor,
    norm: Norm | None,
    gated: bool,
    residual: Tensor | None,
    tile: Tile,
    n: int,
    k: int,
    **constants: int,
) -> Tensor:
    return launch(
        kernel,
        triton.cdiv(n, tile.rows),
        x,
        weight,
        scales,
        norm,
        gated,
        residual,
        K=k,
        ROWS=tile.rows,
        INPUTS=tile.inputs,
        num_warps=tile.warps,
        EVEN=n % tile.rows == 0 and k % tile.inputs == 0,
        **constants,
    )


def launch(
    kernel: Any,
    programs: int,
    x: Tensor,
    weight: Tensor,
    scales: Tensor,
    norm: Norm | None,
    gated: bool,
    residual: Tensor | None,
    **constants: int,
) -> Tensor:
    """Run a kernel of one row times `weight` [outputs, ...] with what surrounds the product.

    `constants` name the weight's inputs K. Raise ValueError where the row has another length.
    """
    if x.shape[1] != constants["K"]:
        raise ValueError(f"a row of {x.shape[1]} numbers for a weight of {constants['K']} inputs")
    n = len(weight)
    out = x.new_empty(1, n // 2 if gated else n)
    early = x.is_cuda and overlaps(x.device)
    kernel[(programs,)](
        x,
        x if norm is None else norm.weight,
        weight,
        scales,
        x if residual is None else residual,
        out,
        n,
        0.0 if norm is None else norm.eps,
        NORM=norm is not None,
        GATED=gated,
        RESIDUAL=residual is not None,
        EARLY=early,
        **constants,
        **({"launch_pdl": True} if early else {}),
    )
    return out


@triton.jit
def activations(x_ptr, norm_ptr, at, K: tl.constexpr, NORM: tl.constexpr, EVEN: tl.constexpr):
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
def finish(
    y,
    first,
    residual_ptr,
    out_ptr,
    n,
    ROWS: tl.constexpr,
    GATED: tl.constexpr,
    RESIDUAL: tl.constexpr,
):
    """Apply what comes after the product to `y` [ROWS], outputs from `first` on, and store it."""
    if GATED:
        gate, up = tl.split(tl.reshape(y, [ROWS // 2, 2]))
        y = gate / (1.0 + tl.exp(-gate)) * up
        rows = first // 2 + tl.arange(0, ROWS // 2)
        n = n // 2
    else:
        rows = first + tl.arange(0, ROWS)
    if RESIDUAL:
        y += tl.load(residual_ptr + rows, mask=rows < n, other=0.0)
    tl.store(out_ptr + rows, y, mask=rows < n)


@triton.jit
def _dense_load(
    weight_ptr,
    rows,
    start: tl.constexpr,
    n,
    K: tl.constexpr,
    INPUTS: tl.constexpr,
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
    x_ptr,
    norm_ptr,
    weight_ptr,
    scales_ptr,
    residual_ptr,
    out_ptr,
    n,
    eps,
    K: tl.constexpr,
    ROWS: tl.constexpr,
    INPUTS: tl.constexpr,
    NORM: tl.constexpr,
    GATED: tl.constexpr,
    RESIDUAL: tl.constexpr,
    EVEN: tl.constexpr,
    EARLY: tl.constexpr,
    BYTES: tl.constexpr,
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
        x, square = activations(x_ptr, norm_ptr, start + column, K, NORM, EVEN)
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
    if NORM:
        y *= tl.rsqrt(tl.sum(squares) / K + eps)
    finish(y, tl.program_id(0) * ROWS, residual_ptr, out_ptr, n, ROWS, GATED, RESIDUAL)
