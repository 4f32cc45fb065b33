# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Convolutions over time with the channels last, in Triton: up to three of them in one launch.

cuDNN would change the layout of every input and output, and an activation, a bias and a residual
would each be a kernel of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch

ALIGNMENT = 16
"""Channels are padded to a multiple of this: what a tensor core takes at least."""


@dataclass(frozen=True, kw_only=True)
class ConvTile:
    """One program of a convolution: `block_m` frames by `block_n` channels, `block_k` at once."""

    block_m: int
    block_n: int
    block_k: int
    num_warps: int
    num_stages: int


@dataclass(frozen=True, kw_only=True)
class ConvWeight:
    """The weights of up to three convolutions of the same channels, one after the other.

    `taps`: kernel sizes, the longest first. `weight`: [sum of taps, C_in, C_out], its type is that
    of the products; `bias`: float32 [convolutions, C_out]. Channels are padded.
    """

    taps: tuple[int, ...]
    weight: Tensor
    bias: Tensor

    @property
    def channels(self) -> int:
        """C_out."""
        return self.weight.shape[2]


@dataclass(frozen=True, kw_only=True)
class Length:
    """A number of rows: `scale` times the number of mel frames, plus `extra`."""

    scale: int
    extra: int = 0

    def of(self, frames: int) -> int:
        """Return the number of rows of `frames`."""
        return self.scale * frames + self.extra


@dataclass(frozen=True, kw_only=True)
class Frames:
    """The number of mel frames: `count` int32 [1], at most `most`, for which buffers are made."""

    count: Tensor
    most: int


def padded(channels: int, multiple: int = ALIGNMENT) -> int:
    """Return the channels of a buffer for `channels`."""
    return -(-channels // multiple) * multiple


def pad_channels(values: Tensor, *, value: float = 0.0, multiple: int = ALIGNMENT) -> Tensor:
    """Pad the last dimension to a multiple."""
    extra = padded(values.shape[-1], multiple) - values.shape[-1]
    return torch.nn.functional.pad(values, (0, extra), value=value)


def pack_conv(
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    dtype: torch.dtype,
    *,
    multiple: int = ALIGNMENT,
) -> ConvWeight:
    """Pack convolutions: `weights` [C_out, C_in, taps], the longest first, and `biases` [C_out].

    C_in is padded to a multiple of `multiple`.
    """
    taps = [
        pad_channels(pad_channels(weight.permute(2, 0, 1), multiple=multiple).mT)
        for weight in weights
    ]
    return ConvWeight(
        taps=tuple(len(tap) for tap in taps),
        weight=torch.cat(taps).to(dtype).contiguous(),
        bias=torch.stack([pad_channels(bias.float()) for bias in biases]).contiguous(),
    )


def conv_tile(conv: ConvWeight) -> ConvTile:
    """Return the tile for a convolution."""
    c_in, c_out = conv.weight.shape[1:]
    wide = conv.weight.element_size() == 4
    return ConvTile(
        block_m=64 if c_out < 256 else 32,
        block_n=math.gcd(64, c_out),
        block_k=math.gcd(32 if wide else 64, c_in),
        num_warps=4,
        num_stages=4,
    )


def conv(
    x: Tensor,
    conv: ConvWeight,
    frames: Frames,
    *,
    length: Length,
    out_length: Length | None = None,
    dilation: int = 1,
    causal: bool = False,
    row_stride: int | None = None,
    residual: Tensor | None = None,
    alpha: Tensor | None = None,
    elu: bool = False,
    keep: bool = False,
    tile: ConvTile | None = None,
) -> tuple[Tensor, Tensor]:
    """Convolve `x` [G or 1, rows, C_in] with G convolutions.

    `length` of the `frames` are the rows of `x` that count; zeros lie beside them. `out_length`: of the output, that of `x` if None. `causal`: the last tap
    meets the row itself, else the middle one. `row_stride`: elements from one row to the next.

    Return two tensors [G, rows, C_out]. The first: the sum with the bias and the float32 `residual`
    [G or 1, rows, C_out], in float32; of use with `keep` or without an activation only. The second:
    after Snake with `alpha` [G, C_out] or ELU, in the type of the weights.
    """
    out_length = out_length or length
    groups, (c_in, c_out) = len(conv.taps), conv.weight.shape[1:]
    rows = out_length.of(frames.most)
    activated = alpha is not None or elu
    keep = keep or not activated
    out = x.new_empty((groups, rows, c_out) if keep else 0, dtype=torch.float32)
    act = x.new_empty((groups, rows, c_out) if activated else 0, dtype=conv.weight.dtype)
    tile = tile or conv_tile(conv)
    taps = (*conv.taps, 0, 0)[:3]
    launch(
        _conv_kernel,
        (triton.cdiv(rows, tile.block_m), c_out // tile.block_n, groups),
        x,
        conv.weight,
        conv.bias,
        conv.bias if residual is None else residual,
        conv.bias if alpha is None else alpha,
        out,
        act,
        frames.count,
        rows,
        0 if len(x) == 1 else x.stride(0),
        0 if residual is None or len(residual) == 1 else residual.stride(0),
        *taps,
        dilation,
        length.scale,
        length.extra,
        out_length.scale,
        out_length.extra,
        C_IN=c_in,
        C_OUT=c_out,
        ROW_STRIDE=row_stride or c_in,
        CAUSAL=causal,
        RESIDUAL=residual is not None,
        KEEP=keep,
        SNAKE=alpha is not None,
        ELU=elu,
        PRECISION="tf32" if torch.backends.cudnn.allow_tf32 else "ieee",
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
    *("rows", "x_group", "residual_group", "taps_0", "taps_1", "taps_2", "dilation"),
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
    scale,
    extra,
    out_scale,
    out_extra,
    C_IN: tl.constexpr,
    C_OUT: tl.constexpr,
    ROW_STRIDE: tl.constexpr,
    CAUSAL: tl.constexpr,
    RESIDUAL: tl.constexpr,
    KEEP: tl.constexpr,
    SNAKE: tl.constexpr,
    ELU: tl.constexpr,
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
    back = (taps - 1) * dilation
    if not CAUSAL:
        back = back // 2
    x_ptrs = x_ptr + tl.multiple_of(group * x_group, 16) + offs_k[None]
    weight_ptrs = weight_ptr + first * C_IN * C_OUT + offs_k[:, None] * C_OUT + offs_n[None]
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    BLOCKS: tl.constexpr = C_IN // BLOCK_K
    for i in range(0, taps * BLOCKS):
        tap = i // BLOCKS
        row = offs_m + (tap * dilation - back)
        mask = (row >= 0) & (row < valid)
        x = tl.load(
            x_ptrs + (row[:, None] * ROW_STRIDE + (i % BLOCKS) * BLOCK_K),
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
    if SNAKE:
        acc = snake(acc, tl.load(alpha_ptr + group * C_OUT + offs_n)[None])
    if ELU:
        acc = tl.where(acc > 0, acc, tl.exp(acc) - 1)
    if SNAKE or ELU:
        act = acc.to(act_ptr.dtype.element_ty)
        tl.store(act_ptr + group * rows * C_OUT + offs, act, mask=mask)
