# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""What stands between the matrix products of many rows, each in one Triton kernel."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch
from .reference import LayerNorm, RMSNorm


def fused_add_rms_norm(x: Tensor, y: Tensor, norm: RMSNorm, dtype: torch.dtype) -> Tensor:
    """Add `y` [n, width] to float32 `x` in place; return the sum's norm in `dtype`."""
    n, width = x.shape
    out = torch.empty(n, width, dtype=dtype, device=x.device)
    launch(
        _add_rms_norm_kernel,
        (n,),
        x,
        y,
        norm.weight,
        out,
        norm.eps,
        WIDTH=width,
        BLOCK=triton.next_power_of_2(width),
        num_warps=8 if width > 1024 else 2,
        enable_fp_fusion=True,
    )
    return out


def fused_layer_norm(x: Tensor, norm: LayerNorm) -> Tensor:
    """Return the norm of rows `x` [n, width], in their dtype."""
    return _layer_norm(x, norm, None)[0]


def fused_layer_norm_and_add(x: Tensor, norm: LayerNorm, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the norm of rows `x` [k * n, width], and its sum with `y` [n, width], k times."""
    return _layer_norm(x, norm, y)


def _layer_norm(x: Tensor, norm: LayerNorm, y: Tensor | None) -> tuple[Tensor, Tensor]:
    count, width = x.shape
    out = torch.empty_like(x)
    total = out if y is None else torch.empty_like(x)
    launch(
        _layer_norm_kernel,
        (count,),
        x,
        x if norm.shift is None else norm.shift,
        norm.weight,
        norm.bias,
        out,
        x if y is None else y,
        total,
        count if y is None else len(y),
        norm.eps,
        WIDTH=width,
        BLOCK=triton.next_power_of_2(width),
        SHIFT=norm.shift is not None,
        ADD=y is not None,
        num_warps=4 if width > 1024 else 2,
        enable_fp_fusion=True,
    )
    return out, total


def fused_silu_and_mul(x: Tensor) -> Tensor:
    """Return silu(gate) * up [n, width] of `x` [n, 2 * width], whose columns alternate the two."""
    n, width = len(x), x.shape[1] // 2
    out = x.new_empty(n, width)
    block = min(2048, triton.next_power_of_2(width))
    launch(
        _silu_and_mul_kernel,
        (n, triton.cdiv(width, block)),
        x,
        out,
        WIDTH=width,
        BLOCK=block,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return out


@triton.jit
def _add_rms_norm_kernel(
    x_ptr,
    y_ptr,
    weight_ptr,
    out_ptr,
    eps,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
):
    columns = tl.arange(0, BLOCK)
    mask = columns < WIDTH
    offset = tl.program_id(0).to(tl.int64) * WIDTH + columns
    x = tl.load(x_ptr + offset, mask=mask, other=0.0)
    x += tl.load(y_ptr + offset, mask=mask, other=0.0).to(tl.float32)
    tl.store(x_ptr + offset, x, mask=mask)
    inverse_rms = tl.rsqrt(tl.sum(x * x, 0) / WIDTH + eps)
    weight = tl.load(weight_ptr + columns, mask=mask, other=0.0)
    tl.store(out_ptr + offset, (x * inverse_rms * weight).to(out_ptr.dtype.element_ty), mask=mask)


@triton.jit(do_not_specialize=["y_rows"])
def _layer_norm_kernel(
    x_ptr,
    shift_ptr,
    weight_ptr,
    bias_ptr,
    out_ptr,
    y_ptr,
    total_ptr,
    y_rows,
    eps,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
    SHIFT: tl.constexpr,
    ADD: tl.constexpr,
):
    columns = tl.arange(0, BLOCK)
    mask = columns < WIDTH
    row = tl.program_id(0).to(tl.int64)
    weight = tl.load(weight_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    bias = tl.load(bias_ptr + columns, mask=mask, other=0.0).to(tl.float32)
    x = tl.load(x_ptr + row * WIDTH + columns, mask=mask, other=0.0).to(tl.float32)
    if SHIFT:
        x += tl.load(shift_ptr + columns, mask=mask, other=0.0)
    centered = tl.where(mask, x - tl.sum(x, 0) / WIDTH, 0.0)
    inverse_std = tl.rsqrt(tl.sum(centered * centered, 0) / WIDTH + eps)
    out = (centered * inverse_std * weight + bias).to(out_ptr.dtype.element_ty)
    tl.store(out_ptr + row * WIDTH + columns, out, mask=mask)
    if ADD:
        y = tl.load(y_ptr + row % y_rows * WIDTH + columns, mask=mask, other=0.0)
        total = (out.to(tl.float32) + y.to(tl.float32)).to(out_ptr.dtype.element_ty)
        tl.store(total_ptr + row * WIDTH + columns, total, mask=mask)


@triton.jit
def _silu_and_mul_kernel(x_ptr, out_ptr, WIDTH: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    both = tl.program_id(1) * 2 * BLOCK + tl.arange(0, 2 * BLOCK)
    x = tl.load(x_ptr + row * 2 * WIDTH + both, mask=both < 2 * WIDTH, other=0.0).to(tl.float32)
    gate, up = tl.split(tl.reshape(x, [BLOCK, 2]))
    out = gate * tl.sigmoid(gate) * up
    tl.store(
        out_ptr + row * WIDTH + columns, out.to(out_ptr.dtype.element_ty), mask=columns < WIDTH
    )
