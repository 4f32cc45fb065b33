# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""The pixels of images' patches as the rows of a matrix product, in one Triton kernel."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch


def fused_patchify(images: Tensor, patch: int, columns: int, dtype: torch.dtype) -> Tensor:
    """Map bytes [n, H, W, 3] to [n * patches, columns] in [-1, 1], zeros behind a patch's pixels.

    A row is a patch's reds line by line, then its greens, then its blues.
    """
    n, height, width, _ = images.shape
    count = n * (height // patch) * (width // patch)
    out = torch.empty(count, columns, dtype=dtype, device=images.device)
    launch(
        _patchify_kernel,
        (count,),
        images,
        out,
        width // patch,
        PATCH=patch,
        COLUMNS=columns,
        BLOCK=triton.next_power_of_2(columns),
        num_warps=4,
        enable_fp_fusion=True,
    )
    return out


@triton.jit(do_not_specialize=["grid_columns"])
def _patchify_kernel(
    images_ptr,
    out_ptr,
    grid_columns,
    PATCH: tl.constexpr,
    COLUMNS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    index = tl.program_id(0)
    offs = tl.arange(0, BLOCK)
    channel = offs // (PATCH * PATCH)
    line = offs % (PATCH * PATCH) // PATCH
    # images follow each other, and rows of patches within them
    y = index // grid_columns * PATCH + line
    x = index % grid_columns * PATCH + offs % PATCH
    pixel = y * (grid_columns * PATCH) + x
    value = tl.load(images_ptr + pixel * 3 + channel, mask=channel < 3, other=0).to(tl.float32)
    value = tl.where(channel < 3, (value / 255 - 0.5) / 0.5, 0.0)
    out_ptrs = out_ptr + index.to(tl.int64) * COLUMNS + offs
    tl.store(out_ptrs, value.to(out_ptr.dtype.element_ty), mask=offs < COLUMNS)
