"""What stands between the linear layers of a decoder block: RMSNorm and SwiGLU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def swiglu(x: Tensor) -> Tensor:
    """Return silu(gate) * up of `x` [..., 2n], whose columns alternate gate, up."""
    return F.silu(x[..., 0::2]) * x[..., 1::2]


def interleaved(gate: Tensor, up: Tensor) -> Tensor:
    """Alternate the rows of two equally shaped tensors: what `swiglu` expects."""
    return torch.stack([gate, up], 1).flatten(0, 1)


class Norm:
    """x * rsqrt(mean(x^2) + eps) * weight, in float32."""

    def __init__(self, weight: Tensor, eps: float) -> None:
        self.weight = weight.float()
        self.eps = eps

    def __call__(self, x: Tensor) -> Tensor:
        """Normalise `x` [..., n]; float32 comes out."""
        return F.rms_norm(x.float(), self.weight.shape, self.weight, self.eps)
