"""Linear layers with what surrounds them in a decoder block, so that one row takes few kernels."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from .norm import Norm, swiglu


class Linear(Protocol):
    """y = x W^T, without bias."""

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in] of the layer's dtype."""
        ...

    def row(
        self,
        x: Tensor,
        *,
        norm: Norm | None = None,
        gated: bool = False,
        residual: Tensor | None = None,
    ) -> Tensor:
        """Multiply one float32 row [1, in]; float32 [1, out] comes out.

        `norm` is applied before; `swiglu` after where `gated`; `residual` is added at the end.
        """
        ...


class DenseLinear:
    """A linear whose weight [out, in] is kept as it is."""

    def __init__(self, weight: Tensor) -> None:
        self.weight = weight.contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in] of the weight's dtype."""
        return F.linear(x, self.weight)

    def row(
        self,
        x: Tensor,
        *,
        norm: Norm | None = None,
        gated: bool = False,
        residual: Tensor | None = None,
    ) -> Tensor:
        """Multiply one float32 row, see `Linear`."""
        if x.is_cuda:
            from ..kernels.gemv import dense_row

            return dense_row(x, self.weight, norm, gated, residual)
        return plain_row(self, self.weight.dtype, x, norm, gated, residual)


def plain_row(
    linear: Linear,
    dtype: torch.dtype,
    x: Tensor,
    norm: Norm | None,
    gated: bool,
    residual: Tensor | None,
) -> Tensor:
    """Do what `Linear.row` says in plain torch: the reference of the kernels, and the CPU's way."""
    if norm is not None:
        x = norm(x)
    y = linear(x.to(dtype)).float()
    if gated:
        y = swiglu(y)
    return y if residual is None else residual + y
