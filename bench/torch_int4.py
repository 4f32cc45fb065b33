"""Torch's own int4 operator, for comparison with ours. Not lossless.

It takes bfloat16 alone: scales lose three bits, and zero points become rounded products with them.
It needs its own packed copy.
"""

from __future__ import annotations

import torch
from torch import Tensor

from video_commentary.engines.minicpmo.kernels.reference import RMSNorm, reference_gemv
from video_commentary.engines.minicpmo.language.quantization import Int4Linear

INNER_K_TILES = 8
"""Tiles of 16 inputs packed together: the default of torch's own quantisation."""


class TorchInt4Linear:
    """An `Int4Linear` repacked for torch.ops.aten._weight_int4pack_mm."""

    dtype = torch.bfloat16

    def __init__(self, linear: Int4Linear) -> None:
        """Pack a linear; its outputs must be a multiple of 16, its inputs of 128."""
        self.group_size = linear.group_size
        q = linear.unpack()
        scales, zeros = linear.scales(), linear.zeros()
        # the operator's weight is (q - 8) * scale + offset
        self.scales_and_zeros = torch.stack([scales, (8 - zeros) * scales], -1).transpose(0, 1)
        self.scales_and_zeros = self.scales_and_zeros.to(torch.bfloat16).contiguous()
        if q.is_cuda:
            pairs = (q[:, ::2] << 4 | q[:, 1::2]).to(torch.uint8)
            self.packed = torch.ops.aten._convert_weight_to_int4pack(pairs, INNER_K_TILES)
        else:
            self.packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(
                q.contiguous(), INNER_K_TILES
            )

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in], rounded to bfloat16: [rows, out]."""
        multiply = (
            torch.ops.aten._weight_int4pack_mm
            if x.is_cuda
            else torch.ops.aten._weight_int4pack_mm_for_cpu
        )
        y: Tensor = multiply(x.to(self.dtype), self.packed, self.group_size, self.scales_and_zeros)
        return y.to(x.dtype)

    def gemv(
        self,
        x: Tensor,
        *,
        norm: RMSNorm | None = None,
        swiglu: bool = False,
        residual: Tensor | None = None,
    ) -> Tensor:
        """Multiply one float32 row, see `Linear`."""
        return reference_gemv(self, self.dtype, x, norm=norm, swiglu=swiglu, residual=residual)
