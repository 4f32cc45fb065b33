"""Quantised linears: AWQ's INT4 as published, and INT8 for the lm_head of a large vocabulary.

INT4 weights are repacked at load along the input, so that 16 bytes hold 32 consecutive inputs of
one output. This loses nothing: zero points and float16 scales stay as they are.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kernels.plan import DEFAULT_PLAN, KernelPlan
from ..kernels.reference import RMSNorm, reference_gemv

AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""The output column, within 8, in the j-th nibble of an int32 of AWQ's GEMM layout."""


def unpack_awq(packed: Tensor) -> Tensor:
    """Unpack int32 [rows, columns / 8] of AWQ's GEMM layout to uint8 [rows, columns]."""
    out = torch.empty(*packed.shape, 8, dtype=torch.uint8, device=packed.device)
    for nibble, column in enumerate(AWQ_ORDER):
        out[..., column] = (packed >> 4 * nibble) & 15
    return out.flatten(-2)


class Int4Linear:
    """A linear of 4-bit weights: w = (q - zero) * scale, by group of inputs.

    `qweight`: int32 [out, in / 8]; of 32 inputs, the one at 4 j + c is nibble j of int32 c.
    `scales_and_zeros`: int32 [out, in / group_size]; a float16 scale in the lower half, the zero
    point above. `dtype`: of what `__call__` takes and returns.
    """

    def __init__(
        self,
        qweight: Tensor,
        scales_and_zeros: Tensor,
        dtype: torch.dtype,
        plan: KernelPlan = DEFAULT_PLAN,
    ) -> None:
        self.qweight = qweight
        self.scales_and_zeros = scales_and_zeros
        self.dtype = dtype
        self.plan = plan
        self.group_size = qweight.shape[1] * 8 // scales_and_zeros.shape[1]
        self._done_count = torch.zeros(len(qweight), dtype=torch.int32, device=qweight.device)

    @classmethod
    def from_awq(
        cls, qweight: Tensor, qzeros: Tensor, scales: Tensor, dtype: torch.dtype
    ) -> Int4Linear:
        """Repack AWQ's GEMM layout.

        `qweight`: int32 [in, out / 8]; `qzeros`: int32 [groups, out / 8]; `scales`: float16
        [groups, out]. Raise ValueError if a group is not a multiple of 32 inputs.
        """
        group_size = len(qweight) // len(scales)
        if group_size % 32:
            raise ValueError(f"groups of {group_size} inputs: only multiples of 32 can be read")
        q = torch.unflatten(unpack_awq(qweight).T, 1, (-1, 8, 4))
        packed = q[:, :, 0].to(torch.int32)
        for nibble in range(1, 8):
            packed |= q[:, :, nibble].to(torch.int32) << 4 * nibble
        bits = scales.T.contiguous().view(torch.int16).to(torch.int32) & 0xFFFF
        zeros = unpack_awq(qzeros).T.to(torch.int32)
        return cls(packed.flatten(1).contiguous(), (bits | zeros << 16).contiguous(), dtype)

    @staticmethod
    def stack(parts: list[Int4Linear]) -> Int4Linear:
        """Return one linear with the outputs of `parts`, one after the other."""
        return Int4Linear(
            torch.cat([part.qweight for part in parts]),
            torch.cat([part.scales_and_zeros for part in parts]),
            parts[0].dtype,
        )

    @staticmethod
    def interleave(gate: Int4Linear, up: Int4Linear) -> Int4Linear:
        """Return one linear whose outputs alternate: the layout `silu_and_mul` expects."""
        return Int4Linear(
            torch.stack([gate.qweight, up.qweight], 1).flatten(0, 1),
            torch.stack([gate.scales_and_zeros, up.scales_and_zeros], 1).flatten(0, 1),
            gate.dtype,
        )

    def with_plan(self, plan: KernelPlan) -> Int4Linear:
        """Return the layer with `plan` for its kernels, on the same tensors."""
        return Int4Linear(self.qweight, self.scales_and_zeros, self.dtype, plan)

    @property
    def in_features(self) -> int:
        """Inputs of the layer."""
        return int(self.qweight.shape[1]) * 8

    def dequantize(self, out: Tensor | None = None) -> Tensor:
        """Return the weights [out, in] in `dtype`; on a GPU they can be written to `out`."""
        if not self.qweight.is_cuda:
            return self.reference_dequantize()
        from ..kernels.dequant import dequantize

        return dequantize(
            self.qweight,
            self.scales_and_zeros,
            group_size=self.group_size,
            dtype=self.dtype,
            out=out,
        )

    def reference_dequantize(self) -> Tensor:
        """Return the weights [out, in] in plain torch: the kernels' reference."""
        q = torch.unflatten(self.unpack(), 1, (-1, self.group_size))
        weight = (q - self.zeros()[..., None]) * self.scales()[..., None]
        return weight.flatten(1).to(self.dtype)

    def unpack(self) -> Tensor:
        """Return q as int32 [out, in]."""
        shifts = torch.arange(0, 32, 4, dtype=torch.int32, device=self.qweight.device)[:, None]
        return ((torch.unflatten(self.qweight, 1, (-1, 1, 4)) >> shifts) & 15).flatten(1)

    def scales(self) -> Tensor:
        """Return the scales as float32 [out, in / group_size]."""
        return (self.scales_and_zeros & 0xFFFF).to(torch.int16).view(torch.float16).float()

    def zeros(self) -> Tensor:
        """Return the zero points as int32 [out, in / group_size]."""
        return self.scales_and_zeros >> 16

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in] of `dtype`: [rows, out]."""
        if not x.is_cuda or self.plan.gemm is None:
            return F.linear(x, self.dequantize())
        from ..kernels.gemm_int4 import int4_gemm

        return int4_gemm(
            x,
            self.qweight,
            self.scales_and_zeros,
            group_size=self.group_size,
            config=self.plan.gemm,
        )

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
            return reference_gemv(self, self.dtype, x, norm=norm, swiglu=swiglu, residual=residual)
        from ..kernels.gemv_int4 import int4_gemv

        return int4_gemv(
            x,
            self.qweight,
            self.scales_and_zeros,
            done_count=self._done_count,
            group_size=self.group_size,
            config=self.plan.gemv,
            norm=norm,
            swiglu=swiglu,
            residual=residual,
        )


class Int8Linear:
    """A linear of bytes: w = (qweight - 128) * scale, by output. Half the memory, rounded."""

    def __init__(self, weight: Tensor) -> None:
        """Round a weight [out, in] to uint8, with float32 scales [out]."""
        self.dtype = weight.dtype
        self.scales = (weight.abs().amax(1).float() / 127).clamp(min=1e-12)
        self.qweight = torch.empty(weight.shape, dtype=torch.uint8, device=weight.device)
        # in pieces: the lm_head of a large vocabulary is gigabytes in float32
        for qweight, part, scale in zip(
            *(torch.split(whole, 8192) for whole in (self.qweight, weight, self.scales)),
            strict=True,
        ):
            qweight.copy_((part.float() / scale[:, None]).round() + 128)

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in]: [rows, out]."""
        weight = (self.qweight.float() - 128) * self.scales[:, None]
        return F.linear(x, weight.to(x.dtype))

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
            return reference_gemv(self, self.dtype, x, norm=norm, swiglu=swiglu, residual=residual)
        from ..kernels.gemv import int8_gemv

        return int8_gemv(x, self.qweight, self.scales, norm=norm, swiglu=swiglu, residual=residual)

    def with_plan(self, plan: KernelPlan) -> Int8Linear:  # noqa: ARG002 - the protocol's
        """Return the layer itself: a plan only concerns INT4 weights."""
        return self
