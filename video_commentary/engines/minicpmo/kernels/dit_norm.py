# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Norms of the flow's diffusion transformer, with what stands between its linears, in Triton."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch

EPS = 1e-6
"""Of the modulated norms, as published."""
LAYER_NORM_EPS = 1e-5
"""Of torch's LayerNorm."""


@dataclass(frozen=True, kw_only=True)
class Modulation:
    """Layer norm with `scale` and `shift` [C] of the solver's time in place of its weights."""

    shift: Tensor
    scale: Tensor


def norm(x: Tensor, modulation: Modulation) -> Tensor:
    """Norm `x` [2, T, C] by `modulation`."""
    out = torch.empty_like(x)
    _launch_norm(x, (modulation.scale, modulation.shift), out)
    return out


def add_gated_and_norm(
    residual: Tensor, gate: Tensor, parts: Tensor, bias: Tensor, modulation: Modulation
) -> Tensor:
    """Add `gate` [C] times a split linear to `residual` [2, T, C] in place; return it normed.

    `parts`: from `split_linear`.
    """
    out = torch.empty_like(residual)
    _launch_norm(residual, (modulation.scale, modulation.shift), out, parts, bias, gate=gate)
    return out


def conv_input(x: Tensor, cache: Tensor, tail: Tensor, modulation: Modulation) -> Tensor:
    """Return a causal convolution's input [2, T + 2, C]: two frames of `cache`, then `x` normed.

    `x`: [2, T, C]. `cache` [2, 2, C] becomes the frames `tail` [2] (int64) of the result, none of
    the two from the cache itself.
    """
    _, frames, width = x.shape
    out = x.new_empty(2, frames + 2, width)
    _launch_norm(x, (modulation.scale, modulation.shift), out, cache=cache, tail=tail)
    return out


def second_conv_input(
    parts: Tensor, bias: Tensor, cache: Tensor, tail: Tensor, norm: tuple[Tensor, Tensor]
) -> Tensor:
    """Return what `conv_input` does, of a first convolution's `parts` after a norm and mish.

    `parts`: from `split_linear`, `bias` [C] is added; `norm`: weight and bias of a layer norm.
    """
    _, _, frames, width = parts.shape
    out = cache.new_empty(2, frames + 2, width)
    _launch_norm(out, norm, out, parts, bias, cache=cache, tail=tail)
    return out


def _launch_norm(
    x: Tensor,
    weight_and_bias: tuple[Tensor, Tensor],
    out: Tensor,
    parts: Tensor | None = None,
    parts_bias: Tensor | None = None,
    *,
    gate: Tensor | None = None,
    cache: Tensor | None = None,
    tail: Tensor | None = None,
) -> None:
    _, rows, width = out.shape
    mish = parts is not None and gate is None
    launch(
        _norm_kernel,
        (2, rows),
        x,
        out if parts is None else parts,
        out if parts_bias is None else parts_bias,
        out if gate is None else gate,
        out if cache is None else cache,
        out if tail is None else tail,
        *weight_and_bias,
        out,
        rows if cache is None else rows - 2,
        LAYER_NORM_EPS if mish else EPS,
        WIDTH=width,
        BLOCK=triton.next_power_of_2(width),
        PARTS=0 if parts is None else len(parts),
        PADDED=cache is not None,
        MISH=mish,
        num_warps=1 if width <= 256 else 4,
        enable_fp_fusion=True,
    )


@triton.jit
def layer_norm(x, weight, bias, mask, eps, WIDTH: tl.constexpr):
    """Norm the last dimension of float32 `x` [rows, padded width]."""
    mean = tl.sum(x, 1) / WIDTH
    centered = tl.where(mask, x - mean[:, None], 0.0)
    inverse_std = tl.rsqrt(tl.sum(centered * centered, 1) / WIDTH + eps)
    return centered * inverse_std[:, None] * weight[None] + bias[None]


@triton.jit(do_not_specialize=["frames"])
def _norm_kernel(
    x_ptr,
    parts_ptr,
    parts_bias_ptr,
    gate_ptr,
    cache_ptr,
    tail_ptr,
    weight_ptr,
    bias_ptr,
    out_ptr,
    frames,
    eps,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
    PARTS: tl.constexpr,
    PADDED: tl.constexpr,
    MISH: tl.constexpr,
):
    batch = tl.program_id(0)
    frame = tl.program_id(1)
    dtype = out_ptr.dtype.element_ty
    columns = tl.arange(0, BLOCK)
    mask = columns < WIDTH
    source = frame
    out_ptrs = out_ptr + (batch * frames + frame) * WIDTH + columns
    cache_ptrs = cache_ptr + (batch * 2 + frame) * WIDTH + columns
    if PADDED:
        out_ptrs += batch * 2 * WIDTH
        source = frame - 2
        if frame < 2:
            tl.store(out_ptrs, tl.load(cache_ptrs, mask=mask), mask=mask)
            source = (tl.load(tail_ptr + frame) - 2).to(tl.int32)
    row = (batch * frames + source) * WIDTH + columns
    weight = tl.load(weight_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    bias = tl.load(bias_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    if PARTS > 0:
        x = tl.load(parts_bias_ptr + columns, mask=mask, other=0.0).to(tl.float32)
        for part in tl.static_range(PARTS):
            x += tl.load(parts_ptr + part * 2 * frames * WIDTH + row, mask=mask, other=0.0)
        if not MISH:
            gate = tl.load(gate_ptr + columns, mask=mask, other=0.0).to(tl.float32)
            residual = tl.load(x_ptr + row, mask=mask, other=0.0).to(tl.float32)
            x = (residual + gate * x).to(dtype)
            tl.store(x_ptr + row, x, mask=mask)
    else:
        x = tl.load(x_ptr + row, mask=mask, other=0.0)
    y = layer_norm(x.to(tl.float32)[None], weight, bias, mask[None], eps, WIDTH)
    if MISH:
        # x tanh(log(1 + e^x)), where e^x can't overflow
        e = tl.exp(-tl.abs(y))
        softplus = tl.maximum(y, 0.0) + tl.log(1 + e)
        y = y * (2 * tl.sigmoid(2 * softplus) - 1)
    y = tl.reshape(y, [BLOCK]).to(dtype)
    if PADDED and frame < 2:
        tl.store(cache_ptrs, y, mask=mask)
    else:
        tl.store(out_ptrs, y, mask=mask)
