# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""The vocoder's activation in one Triton kernel instead of six."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch

BLOCK = 1024


def fused_snake(x: Tensor, alpha: Tensor) -> Tensor:
    """Return x + sin^2(alpha x) / alpha for float32 `x` [1, C, T] and `alpha` [C]."""
    x = x.contiguous()
    out = torch.empty_like(x)
    total, length = x.numel(), x.shape[2]
    grid = (triton.cdiv(total, BLOCK),)
    options = {"BLOCK": BLOCK, "num_warps": 4, "enable_fp_fusion": True}
    launch(_snake_kernel, grid, x, alpha, out, total, length, **options)
    return out


@triton.jit(do_not_specialize=["total", "length"])
def _snake_kernel(x_ptr, alpha_ptr, out_ptr, total, length, BLOCK: tl.constexpr):
    offset = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offset < total
    x = tl.load(x_ptr + offset, mask=mask, other=0.0)
    alpha = tl.load(alpha_ptr + offset // length, mask=mask, other=1.0)
    sine = tl.sin(x * alpha)
    tl.store(out_ptr + offset, x + sine * sine / (alpha + 1e-9), mask=mask)
