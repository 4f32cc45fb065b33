# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""What the vocoder computes before and between its convolutions, in Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .conv import snake
from .conv_weights import Frames, Length
from .launching import launch

_BLOCK = 1024


def chunk_mel(mel: Tensor, kept: Tensor, lengths: Tensor, *, width: int) -> Tensor:
    """Return the kept mel frames, if any, and the new `mel` [T, num_mels]: [kept + T, width].

    The last of the new ones are kept for the next chunk. `kept`, `lengths`: see `ChunkState`.
    """
    _, keep, num_mels = kept.shape
    rows = keep + len(mel)
    out = kept.new_empty(rows, width)
    launch(
        _chunk_mel_kernel,
        (rows,),
        mel,
        kept,
        out,
        lengths,
        keep,
        NUM_MELS=num_mels,
        WIDTH=width,
        BLOCK=triton.next_power_of_2(width),
        num_warps=1,
        enable_fp_fusion=True,
    )
    return out


def join(
    up: Tensor,
    source: Tensor,
    alpha: Tensor,
    frames: Frames,
    *,
    length: Length,
    skip: int,
    reflect: int,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """Add `up` and `source` [T, C]; return the sum and, for each of `alpha` [G, C], its Snake.

    Row t of the sum takes row |t - `reflect`| + `skip` of `up`.
    """
    channels = source.shape[1]
    rows = length.of(frames.most)
    x = source.new_empty(1, rows, channels)
    act = source.new_empty(len(alpha), rows, channels, dtype=dtype)
    total = rows * channels
    launch(
        _join_kernel,
        (triton.cdiv(total, _BLOCK),),
        up,
        source,
        alpha,
        x,
        act,
        total,
        C=channels,
        GROUPS=len(alpha),
        SKIP=skip,
        REFLECT=reflect,
        BLOCK=_BLOCK,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return x, act


def mean_leaky(x: Tensor, slope: float, dtype: torch.dtype) -> Tensor:
    """Return the mean over the groups of `x` [G, T, C], leaky below zero: [1, T, C]."""
    out = torch.empty_like(x[:1], dtype=dtype)
    total = out.numel()
    launch(
        _mean_leaky_kernel,
        (triton.cdiv(total, _BLOCK),),
        x,
        out,
        total,
        slope,
        GROUPS=len(x),
        BLOCK=_BLOCK,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return out


@triton.jit(do_not_specialize=["keep"])
def _chunk_mel_kernel(
    mel_ptr,
    kept_ptr,
    out_ptr,
    lengths_ptr,
    keep,
    NUM_MELS: tl.constexpr,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row = tl.program_id(0)
    frames = tl.load(lengths_ptr)
    kept = tl.load(lengths_ptr + 1)
    side = tl.load(lengths_ptr + 2)
    c = tl.arange(0, BLOCK)
    mask = (c < NUM_MELS) & (c * 0 + row < frames)
    old = tl.load(
        kept_ptr + (side * keep + row) * NUM_MELS + c, mask=mask & (c * 0 + row < kept), other=0.0
    )
    is_new = mask & (c * 0 + row >= kept)
    new = tl.load(mel_ptr + (row - kept) * NUM_MELS + c, mask=is_new, other=0.0).to(tl.float32)
    tl.store(out_ptr + row * WIDTH + c, old + new, mask=c < WIDTH)
    next_row = row - (frames - keep)
    next_ptrs = kept_ptr + ((1 - side) * keep + next_row) * NUM_MELS + c
    tl.store(next_ptrs, old + new, mask=mask & (c * 0 + next_row >= 0))


@triton.jit(do_not_specialize=["total"])
def _join_kernel(
    up_ptr,
    source_ptr,
    alpha_ptr,
    x_ptr,
    act_ptr,
    total,
    C: tl.constexpr,
    GROUPS: tl.constexpr,
    SKIP: tl.constexpr,
    REFLECT: tl.constexpr,
    BLOCK: tl.constexpr,
):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < total
    c = offs % C
    row = tl.abs(offs // C - REFLECT) + SKIP
    x = tl.load(up_ptr + row * C + c, mask=mask, other=0.0)
    x += tl.load(source_ptr + offs, mask=mask, other=0.0)
    tl.store(x_ptr + offs, x, mask=mask)
    for group in tl.static_range(GROUPS):
        act = snake(x, tl.load(alpha_ptr + group * C + c))
        tl.store(act_ptr + group * total + offs, act.to(act_ptr.dtype.element_ty), mask=mask)


@triton.jit(do_not_specialize=["total"])
def _mean_leaky_kernel(x_ptr, out_ptr, total, slope, GROUPS: tl.constexpr, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < total
    x = tl.load(x_ptr + offs, mask=mask, other=0.0)
    for group in tl.static_range(1, GROUPS):
        x += tl.load(x_ptr + group * total + offs, mask=mask, other=0.0)
    x = x / GROUPS
    x = tl.where(x > 0, x, x * slope)
    tl.store(out_ptr + offs, x.to(out_ptr.dtype.element_ty), mask=mask)
