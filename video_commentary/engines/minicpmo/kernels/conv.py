# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Convolutions over time with the channels last, in Triton: up to three of them in one launch.

cuDNN would change the layout of every input and output, and an activation, a bias and a residual
would each be a kernel of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from .conv_weights import ConvWeight, Frames, Length
from .launching import launch


@dataclass(frozen=True, kw_only=True)
class ConvTile:
    """One program of a convolution: `block_m` frames by `block_n` channels, `block_k` at once."""

    block_m: int
    block_n: int
    block_k: int
    num_warps: int
    num_stages: int


def conv_tile(weight: ConvWeight, rows: int) -> ConvTile:
    """Return the tile for a convolution of this many rows."""
    c_in, c_out = weight.weight.shape[1:]
    few = rows <= 64
    return ConvTile(
        block_m=16 if few else 64 if c_out < 256 else 32,
        block_n=math.gcd(32 if few else 64, c_out),
        block_k=math.gcd((256 if few else 128) // weight.weight.element_size(), c_in),
        num_warps=4,
        num_stages=5 if few else 4,
    )


def conv(
    x: Tensor,
    weight: ConvWeight,
    frames: Frames,
    *,
    length: Length,
    out_length: Length | None = None,
    dilation: int = 1,
    back: int | None = None,
    row_stride: int | None = None,
    residual: Tensor | None = None,
    activation: str | None = None,
    alpha: Tensor | None = None,
    keep: bool = False,
    exact: bool = False,
    act_out: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Convolve `x` [G or 1, rows, C_in] with G convolutions.

    `length` of the `frames` are the rows of `x` that count; zeros lie beside them. `out_length`: of
    the output, that of `x` if None. `back`: how many rows before a row its first tap lies; if None,
    the middle tap meets the row itself. `row_stride`: elements from one row to the next.

    Return two tensors [G, rows, C_out]. The first: the sum with the bias and the float32 `residual`
    [G or 1, rows, C_out], in float32; of use with `keep` or without an activation only. The second,
    `act_out` if given, has the type of the weights: after the activation "snake" with `alpha`
    [G, C_out], "elu", "silu", "leaky" (0.01 below zero) or "none". Products of float32 weights are
    in TF32 if torch allows cuDNN that; `exact`: in three of them, nearly float32.
    """
    out_length = out_length or length
    groups, (c_in, c_out) = len(weight.taps), weight.weight.shape[1:]
    rows = out_length.of(frames.most)
    keep = keep or activation is None
    out = x.new_empty((groups, rows, c_out) if keep else 0, dtype=torch.float32)
    act = act_out
    if act is None:
        act = x.new_empty((groups, rows, c_out) if activation else 0, dtype=weight.weight.dtype)
    tile = conv_tile(weight, rows)
    taps = (*weight.taps, 0, 0)[:3]
    precision = "ieee"
    if torch.backends.cudnn.allow_tf32:
        precision = "tf32x3" if exact else "tf32"
    launch(
        _conv_kernel,
        (triton.cdiv(rows, tile.block_m), c_out // tile.block_n, groups),
        x,
        weight.weight,
        weight.bias,
        weight.bias if residual is None else residual,
        weight.bias if alpha is None else alpha,
        out,
        act,
        frames.count,
        rows,
        0 if len(x) == 1 else x.stride(0),
        0 if residual is None or len(residual) == 1 else residual.stride(0),
        *taps,
        dilation,
        0 if back is None else back,
        length.scale,
        length.extra,
        out_length.scale,
        out_length.extra,
        C_IN=c_in,
        C_OUT=c_out,
        ROW_STRIDE=row_stride or c_in,
        CENTRED=back is None,
        RESIDUAL=residual is not None,
        KEEP=keep,
        ACTIVATION=activation or "",
        PRECISION=precision,
        BLOCK_M=tile.block_m,
        BLOCK_N=tile.block_n,
        BLOCK_K=tile.block_k,
        num_warps=tile.num_warps,
        num_stages=tile.num_stages,
        enable_fp_fusion=True,
    )
    return out, act


@triton.jit
def snake(x, alpha):
    """Return x + sin^2(alpha x) / alpha."""
    sine = tl.sin(x * alpha)
    return x + sine * sine / (alpha + 1e-9)


_RUNTIME = (
    *("rows", "x_group", "residual_group", "taps_0", "taps_1", "taps_2", "dilation", "back"),
    *("scale", "extra", "out_scale", "out_extra"),
)
"""Arguments that compile no kernel of their own: all stages would have their own otherwise."""


@triton.jit(do_not_specialize=_RUNTIME)
def _conv_kernel(
    x_ptr,
    weight_ptr,
    bias_ptr,
    residual_ptr,
    alpha_ptr,
    out_ptr,
    act_ptr,
    frames_ptr,
    rows,
    x_group,
    residual_group,
    taps_0,
    taps_1,
    taps_2,
    dilation,
    back,
    scale,
    extra,
    out_scale,
    out_extra,
    C_IN: tl.constexpr,
    C_OUT: tl.constexpr,
    ROW_STRIDE: tl.constexpr,
    CENTRED: tl.constexpr,
    RESIDUAL: tl.constexpr,
    KEEP: tl.constexpr,
    ACTIVATION: tl.constexpr,
    PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    group = tl.program_id(2)
    # the longest first in the launch, so that it isn't the last to end
    taps = tl.where(group == 0, taps_0, tl.where(group == 1, taps_1, taps_2))
    first = tl.where(group == 0, 0, tl.where(group == 1, taps_0, taps_0 + taps_1))
    frames = tl.load(frames_ptr)
    valid = frames * scale + extra
    out_valid = frames * out_scale + out_extra
    start = tl.program_id(0) * BLOCK_M
    if start >= out_valid:
        return
    offs_m = start + tl.arange(0, BLOCK_M)
    offs_n = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    offs_k = tl.arange(0, BLOCK_K)
    if CENTRED:
        back = (taps - 1) * dilation // 2
    x_ptrs = x_ptr + tl.multiple_of(group * x_group, 16) + offs_k[None]
    weight_ptrs = weight_ptr + first * C_IN * C_OUT + offs_k[:, None] * C_OUT + offs_n[None]
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for i in range(taps * (C_IN // BLOCK_K)):
        tap = i // (C_IN // BLOCK_K)
        row = offs_m + (tap * dilation - back)
        mask = (row >= 0) & (row < valid)
        x = tl.load(
            x_ptrs + (row[:, None] * ROW_STRIDE + (i % (C_IN // BLOCK_K)) * BLOCK_K),
            mask=mask[:, None],
            other=0.0,
        )
        weight = tl.load(weight_ptrs + i * (BLOCK_K * C_OUT))
        acc = tl.dot(x, weight, acc, input_precision=PRECISION)
    acc += tl.load(bias_ptr + group * C_OUT + offs_n)[None]
    offs = offs_m[:, None] * C_OUT + offs_n[None]
    mask = (offs_m < out_valid)[:, None]
    if RESIDUAL:
        acc += tl.load(
            residual_ptr + tl.multiple_of(group * residual_group, 16) + offs, mask=mask, other=0.0
        )
    if KEEP:
        tl.store(out_ptr + group * rows * C_OUT + offs, acc, mask=mask)
    if ACTIVATION == "snake":
        acc = snake(acc, tl.load(alpha_ptr + group * C_OUT + offs_n)[None])
    elif ACTIVATION == "elu":
        acc = tl.where(acc > 0, acc, tl.exp(acc) - 1)
    elif ACTIVATION == "silu":
        acc = acc * tl.sigmoid(acc)
    elif ACTIVATION == "leaky":
        acc = tl.where(acc > 0, acc, 0.01 * acc)
    if ACTIVATION != "":
        act = acc.to(act_ptr.dtype.element_ty)
        tl.store(act_ptr + group * rows * C_OUT + offs, act, mask=mask)
