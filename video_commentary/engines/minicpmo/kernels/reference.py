"""Plain torch for what the kernels fuse: their reference, and the path on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


class RMSNorm:
    """x * rsqrt(mean(x^2) + eps) * weight, in float32."""

    def __init__(self, weight: Tensor, eps: float) -> None:
        self.weight = weight.float()
        self.eps = eps

    def __call__(self, x: Tensor) -> Tensor:
        """Normalise the last dimension of `x` [..., n] to float32."""
        return F.rms_norm(x.float(), self.weight.shape, self.weight, self.eps)


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerNorm:
    """Layer norm, computed in float32. `shift` (float32 [n]) is added before."""

    weight: Tensor
    bias: Tensor
    eps: float
    shift: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Normalise the last dimension of `x` [..., n], in its dtype."""
        shifted = x if self.shift is None else (x + self.shift).to(x.dtype)
        return F.layer_norm(shifted, self.weight.shape, self.weight, self.bias, self.eps)


def add_rms_norm(x: Tensor, y: Tensor, norm: RMSNorm, dtype: torch.dtype) -> Tensor:
    """Add `y` [n, width] to float32 `x` in place; return the sum's norm in `dtype`."""
    x += y
    return norm(x).to(dtype)


def silu_and_mul(x: Tensor) -> Tensor:
    """Return silu(gate) * up [..., n] of `x` [..., 2n], whose columns alternate gate and up."""
    return F.silu(x[..., 0::2]) * x[..., 1::2]


def interleave(gate: Tensor, up: Tensor) -> Tensor:
    """Alternate the rows of two tensors of one shape: the layout `silu_and_mul` expects."""
    return torch.stack([gate, up], 1).flatten(0, 1)


def reference_gemv(
    linear: Callable[[Tensor], Tensor],
    dtype: torch.dtype,
    x: Tensor,
    *,
    norm: RMSNorm | None = None,
    swiglu: bool = False,
    residual: Tensor | None = None,
) -> Tensor:
    """Compute `Linear.gemv` with `linear`, which takes `dtype`."""
    if norm is not None:
        x = norm(x)
    y = linear(x.to(dtype)).float()
    if swiglu:
        y = silu_and_mul(y)
    return y if residual is None else residual + y
