"""What stands between the matrix products of a prefill, on a CPU or a GPU."""

from __future__ import annotations

import torch
from torch import Tensor

from ..kernels import reference
from ..kernels.reference import RMSNorm


def add_rms_norm(x: Tensor, y: Tensor, norm: RMSNorm, dtype: torch.dtype) -> Tensor:
    """Add `y` [n, width] to float32 `x` in place; return the sum's norm in `dtype`."""
    if not x.is_cuda:
        return reference.add_rms_norm(x, y, norm, dtype)
    from ..kernels.fused_rows import fused_add_rms_norm

    return fused_add_rms_norm(x, y, norm, dtype)


def silu_and_mul(x: Tensor) -> Tensor:
    """Return silu(gate) * up [n, width] of `x` [n, 2 * width], whose columns alternate the two."""
    if not x.is_cuda:
        return reference.silu_and_mul(x)
    from ..kernels.fused_rows import fused_silu_and_mul

    return fused_silu_and_mul(x)
