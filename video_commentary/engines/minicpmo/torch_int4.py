"""Torch's own int4 operator: the rival that benches set beside ours. Not lossless.

It knows bfloat16 alone: scales lose three bits, zero points become rounded products with them. It
needs a packed copy of its own. So the engine never chooses it; who wants it puts it in a linear's
place.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .language.linear import plain_row
from .language.norm import Norm
from .language.quant import Int4Linear

_INNER_TILES = 8
"""Tiles of 16 inputs packed together: what torch's own quantisation takes."""


class TorchInt4Linear:
    """An `Int4Linear` packed anew for torch.ops.aten._weight_int4pack_mm."""

    dtype = torch.bfloat16

    def __init__(self, linear: Int4Linear) -> None:
        """Pack a linear; its outputs must be a multiple of 16, its inputs of 128."""
        self.group = linear.group
        q = linear.nibbles()
        scale, zero = linear.scale(), linear.zero()
        # the operator's weight is (q - 8) * scale + offset
        self.scales = torch.stack([scale, (8 - zero) * scale], -1).transpose(0, 1)
        self.scales = self.scales.to(torch.bfloat16).contiguous()
        if q.is_cuda:
            pairs = (q[:, ::2] << 4 | q[:, 1::2]).to(torch.uint8)
            self.packed = torch.ops.aten._convert_weight_to_int4pack(pairs, _INNER_TILES)
        else:
            self.packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(
                q.contiguous(), _INNER_TILES
            )

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in]; it is rounded to bfloat16."""
        multiply = (
            torch.ops.aten._weight_int4pack_mm
            if x.is_cuda
            else torch.ops.aten._weight_int4pack_mm_for_cpu
        )
        y: Tensor = multiply(x.to(self.dtype), self.packed, self.group, self.scales)
        return y.to(x.dtype)

    def row(
        self,
        x: Tensor,
        *,
        norm: Norm | None = None,
        gated: bool = False,
        residual: Tensor | None = None,
    ) -> Tensor:
        """Multiply one float32 row, see `Linear`."""
        return plain_row(self, self.dtype, x, norm, gated, residual)
