"""Linear layers, with a GEMV that fuses the norm before and the activation after them."""

from __future__ import annotations

from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

from ..kernels.plan import KernelPlan
from ..kernels.reference import RMSNorm, reference_gemv


class Linear(Protocol):
    """y = x W^T, without bias."""

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in] of the layer's dtype: [rows, out]."""
        ...

    def gemv(
        self,
        x: Tensor,
        *,
        norm: RMSNorm | None = None,
        swiglu: bool = False,
        residual: Tensor | None = None,
    ) -> Tensor:
        """Multiply one float32 row [1, in]: float32 [1, out], [1, out / 2] with `swiglu`.

        `norm` is applied to the input, `silu_and_mul` to the output if `swiglu`; `residual` is
        added at the end.
        """
        ...

    def with_plan(self, plan: KernelPlan) -> Linear:
        """Return the layer with `plan` for its kernels, on the same tensors."""
        ...


class DenseLinear:
    """A linear with a weight [out, in] of 16 or 32 bits."""

    def __init__(self, weight: Tensor) -> None:
        self.weight = weight.contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in] of the weight's dtype: [rows, out]."""
        return F.linear(x, self.weight)

    def gemv(
        self,
        x: Tensor,
        *,
        norm: RMSNorm | None = None,
        swiglu: bool = False,
        residual: Tensor | None = None,
    ) -> Tensor:
        """Multiply one float32 row, see `Linear`."""
        if not x.is_cuda:
            return reference_gemv(
                self, self.weight.dtype, x, norm=norm, swiglu=swiglu, residual=residual
            )
        from ..kernels.gemv import dense_gemv

        return dense_gemv(x, self.weight, norm=norm, swiglu=swiglu, residual=residual)

    def with_plan(self, plan: KernelPlan) -> DenseLinear:  # noqa: ARG002 - the protocol's
        """Return the layer itself: a plan only concerns INT4 weights."""
        return self
