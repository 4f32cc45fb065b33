# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""One row times INT4 weights, with RMSNorm, SwiGLU and residual fused in: Triton kernels.

A nibble becomes a float without a conversion: put into the mantissa's upper bits of 16.0 it makes
16 + q, four bits further down in 256.0 it makes 256 + q. Both are exact; what is too much is taken
off by sums of x alone, group by group, and so is the zero point.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from ..language.norm import Norm
from .gemv import activations, finish, launch

INPUTS = 4096
"""Inputs that a program keeps in registers."""


def int4_row(
    x: Tensor,
    words: Tensor,
    scales: Tensor,
    group: int,
    norm: Norm | None,
    gated: bool,
    residual: Tensor | None,
    outputs: int,
) -> Tensor:
    """Multiply a float32 row [1, K] with INT4 weights as `quant.Int4Linear` keeps them.

    `outputs`: how many a program makes at once.
    """
    n, k = len(words), 8 * words.shape[1]
    inputs = min(INPUTS, triton.next_power_of_2(k))
    blocks = triton.cdiv(n, outputs)
    constants = {
        "K": k,
        "GROUP": group,
        "ROWS": outputs,
        "INPUTS": inputs,
        "EVEN": k % inputs == 0 and n % outputs == 0,
        "ASSEMBLY": x.is_cuda,
        "num_warps": max(1, inputs // 512),
    }
    if k > inputs:
        return launch(_long_row, blocks, x, words, scales, norm, gated, residual, **constants)
    # two programs on each multiprocessor, all at once
    steps = triton.cdiv(blocks, 2 * _processors(x.device))
    return launch(
        _short_row,
        triton.cdiv(blocks, steps),
        x,
        words,
        scales,
        norm,
        gated,
        residual,
        STEPS=steps,
        **constants,
    )


def _processors(device: torch.device) -> int:
    if device.type != "cuda":
        return 1
    return int(torch.cuda.get_device_properties(device).multi_processor_count)


@triton.jit
def _load(
    words_ptr,
    scales_ptr,
    rows,
    start: tl.constexpr,
    n,
    K: tl.constexpr,
    GROUP: tl.constexpr,
    INPUTS: tl.constexpr,
    EVEN: tl.constexpr,
):
    """Load words [rows, INPUTS / 8] and, of each group in them, scale and zero point."""
    word = (start // 8 + tl.arange(0, INPUTS // 8))[None]
    group = (start // GROUP + tl.arange(0, INPUTS // GROUP))[None]
    words_ptr += rows[:, None] * (K // 8) + word
    scales_ptr += rows[:, None] * (K // GROUP) + group
    valid = rows[:, None] < n
    if EVEN:
        words = tl.load(words_ptr, mask=valid, other=0)
        scales = tl.load(scales_ptr, mask=valid, other=0)
    else:
        words = tl.load(words_ptr, mask=valid & (word < K // 8), other=0)
        scales = tl.load(scales_ptr, mask=valid & (group < K // GROUP), other=0)
    return words.to(tl.uint32, bitcast=True), scales


@triton.jit
def _as_float(words, MASK: tl.constexpr, BASE: tl.constexpr, ASSEMBLY: tl.constexpr):
    """Return (words & MASK) | BASE as floats."""
    if ASSEMBLY:
        # one instruction; from the plain expression the compiler makes two
        return tl.inline_asm_elementwise(
            "lop3.b32 $0, $1, $2, $3, 0xEA;",
            "=f,r,r,r",
            [words, tl.full([1, 1], MASK, tl.uint32), tl.full([1, 1], BASE, tl.uint32)],
            dtype=tl.float32,
            is_pure=True,
            pack=1,
        )
    return ((words & MASK) | BASE).to(tl.float32, bitcast=True)


@triton.jit
def _add_pair(total, words, even, odd, PAIR: tl.constexpr, ASSEMBLY: tl.constexpr):
    """Add the products of nibbles 2 PAIR and 2 PAIR + 1 of each word."""
    if PAIR < 2:  # noqa: SIM108 - a kernel has no conditional expressions of tensors
        moved = words << (15 - 8 * PAIR)
    else:
        moved = words >> (8 * PAIR - 15)
    total += _as_float(moved, 0x00078000, 0x43800000, ASSEMBLY) * even[None]
    total += _as_float(moved, 0x00780000, 0x41800000, ASSEMBLY) * odd[None]
    return total


@triton.jit
def _scaled(
    total, evens, odds, scales, GROUP: tl.constexpr, ROWS: tl.constexpr, INPUTS: tl.constexpr
):
    """Sum `total` [ROWS, words] by group, take off what is too much, scale: [ROWS, groups]."""
    GROUPS: tl.constexpr = INPUTS // GROUP
    total = tl.sum(tl.reshape(total, [ROWS, GROUPS, GROUP // 8]), 2)
    sums = tl.sum(tl.reshape(evens + odds, [GROUPS, GROUP // 8]), 1)
    excess = tl.sum(tl.reshape(256.0 * evens + 16.0 * odds, [GROUPS, GROUP // 8]), 1)
    scale = scales.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
    zero = (scales >> 16).to(tl.float32)
    return scale * (total - excess[None] - zero * sums[None])


@triton.jit
def _long_row(
    x_ptr,
    norm_ptr,
    words_ptr,
    scales_ptr,
    residual_ptr,
    out_ptr,
    n,
    eps,
    K: tl.constexpr,
    GROUP: tl.constexpr,
    ROWS: tl.constexpr,
    INPUTS: tl.constexpr,
    NORM: tl.constexpr,
    GATED: tl.constexpr,
    RESIDUAL: tl.constexpr,
    EVEN: tl.constexpr,
    EARLY: tl.constexpr,
    ASSEMBLY: tl.constexpr,
):
    """Make ROWS outputs, INPUTS inputs after another."""
    first = tl.program_id(0) * ROWS
    rows = first + tl.arange(0, ROWS)
    word = tl.arange(0, INPUTS // 8)
    if EARLY:
        ptx.gdc_launch_dependents()
    words, scales = _load(words_ptr, scales_ptr, rows, 0, n, K, GROUP, INPUTS, EVEN)
    if EARLY:
        ptx.gdc_wait()
    acc = tl.zeros([ROWS, INPUTS // GROUP], tl.float32)
    squares = tl.zeros([INPUTS // 8], tl.float32)
    for start in tl.static_range(0, K, INPUTS):
        if start:
            words, scales = _load(words_ptr, scales_ptr, rows, start, n, K, GROUP, INPUTS, EVEN)
        total = tl.zeros([ROWS, INPUTS // 8], tl.float32)
        evens = tl.zeros([INPUTS // 8], tl.float32)
        odds = tl.zeros([INPUTS // 8], tl.float32)
        at = start + word // 4 * 32 + word % 4
        for pair in tl.static_range(4):
            even, square = activations(x_ptr, norm_ptr, at + 8 * pair, K, NORM, EVEN)
            squares += square
            odd, square = activations(x_ptr, norm_ptr, at + 8 * pair + 4, K, NORM, EVEN)
            squares += square
            evens += even
            odds += odd
            total = _add_pair(total, words, even, odd, pair, ASSEMBLY)
        acc += _scaled(total, evens, odds, scales, GROUP, ROWS, INPUTS)
    y = tl.sum(acc, 1)
    if NORM:
        y *= tl.rsqrt(tl.sum(squares) / K + eps)
    finish(y, first, residual_ptr, out_ptr, n, ROWS, GATED, RESIDUAL)


@triton.jit
def _short_row(
    x_ptr,
    norm_ptr,
    words_ptr,
    scales_ptr,
    residual_ptr,
    out_ptr,
    n,
    eps,
    K: tl.constexpr,
    GROUP: tl.constexpr,
    ROWS: tl.constexpr,
    STEPS: tl.constexpr,
    INPUTS: tl.constexpr,
    NORM: tl.constexpr,
    GATED: tl.constexpr,
    RESIDUAL: tl.constexpr,
    EVEN: tl.constexpr,
    EARLY: tl.constexpr,
    ASSEMBLY: tl.constexpr,
):
    """Make STEPS times ROWS outputs; the inputs, all in registers, are read once."""
    first = tl.program_id(0) * ROWS * STEPS
    lane = tl.arange(0, ROWS)
    word = tl.arange(0, INPUTS // 8)
    if EARLY:
        ptx.gdc_launch_dependents()
    words, scales = _load(words_ptr, scales_ptr, first + lane, 0, n, K, GROUP, INPUTS, EVEN)
    if EARLY:
        ptx.gdc_wait()
    at = word // 4 * 32 + word % 4
    x0, s0 = activations(x_ptr, norm_ptr, at, K, NORM, EVEN)
    x1, s1 = activations(x_ptr, norm_ptr, at + 4, K, NORM, EVEN)
    x2, s2 = activations(x_ptr, norm_ptr, at + 8, K, NORM, EVEN)
    x3, s3 = activations(x_ptr, norm_ptr, at + 12, K, NORM, EVEN)
    x4, s4 = activations(x_ptr, norm_ptr, at + 16, K, NORM, EVEN)
    x5, s5 = activations(x_ptr, norm_ptr, at + 20, K, NORM, EVEN)
    x6, s6 = activations(x_ptr, norm_ptr, at + 24, K, NORM, EVEN)
    x7, s7 = activations(x_ptr, norm_ptr, at + 28, K, NORM, EVEN)
    rate = 1.0
    if NORM:
        rate = tl.rsqrt(tl.sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7) / K + eps)
    evens = x0 + x2 + x4 + x6
    odds = x1 + x3 + x5 + x7
    for step in range(STEPS):
        # the next rows' words are on their way while these are multiplied
        block = first + step * ROWS
        stop = tl.where(step + 1 < STEPS, n, 0)
        next_words, next_scales = _load(
            words_ptr, scales_ptr, block + ROWS + lane, 0, stop, K, GROUP, INPUTS, EVEN
        )
        total = tl.zeros([ROWS, INPUTS // 8], tl.float32)
        total = _add_pair(total, words, x0, x1, 0, ASSEMBLY)
        total = _add_pair(total, words, x2, x3, 1, ASSEMBLY)
        total = _add_pair(total, words, x4, x5, 2, ASSEMBLY)
        total = _add_pair(total, words, x6, x7, 3, ASSEMBLY)
        y = rate * tl.sum(_scaled(total, evens, odds, scales, GROUP, ROWS, INPUTS), 1)
        finish(y, block, residual_ptr, out_ptr, n, ROWS, GATED, RESIDUAL)
        words = next_words
        scales = next_scales
