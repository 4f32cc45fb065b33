"""Quantised linears: AWQ's INT4 as published, and bytes for a large vocabulary's head.

INT4 weights are packed anew when loaded: row after row along the input, so that 16 bytes hold 32
consecutive inputs of one output. Nothing is rounded: zero points and float16 scales stay.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kernels.gemm_tile import Tile
from .linear import plain_row
from .norm import Norm

AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Output column, within 8, that the j-th nibble of a word of AWQ's GEMM layout holds."""


def unpack_awq(packed: Tensor) -> Tensor:
    """Unpack int32 [rows, columns / 8] of AWQ's GEMM layout to uint8 [rows, columns]."""
    out = torch.empty(*packed.shape, 8, dtype=torch.uint8, device=packed.device)
    for nibble, column in enumerate(AWQ_ORDER):
        out[..., column] = (packed >> 4 * nibble) & 15
    return out.flatten(-2)


class Int4Linear:
    """A linear of 4-bit weights: w = (q - zero) * scale, by group of inputs.

    `words`: int32 [out, in / 8]; of 32 inputs, the one at 4 j + c is nibble j of word c.
    `scales`: int32 [out, in / group]; float16 scale in the lower half, zero point above.
    `outputs`: how many one program on a GPU makes at once; measured when a decode step is recorded.
    `tile`: of the GEMM for many rows on a GPU; None writes the weights out for cuBLAS. Measured
    when loaded.
    """

    OUTPUTS = (16, 8)
    outputs = OUTPUTS[0]
    # the first fits into 100 KB of shared memory, a consumer card's; the second takes a Hopper's
    TILES = (Tile(64, 128, 4, 2), Tile(128, 128, 8, 3))
    tile: Tile | None = None

    def __init__(self, words: Tensor, scales: Tensor, dtype: torch.dtype) -> None:
        self.words = words
        self.scales = scales
        self.dtype = dtype
        self.group = words.shape[1] * 8 // scales.shape[1]

    @classmethod
    def from_awq(
        cls, qweight: Tensor, qzeros: Tensor, scales: Tensor, dtype: torch.dtype
    ) -> Int4Linear:
        """Take AWQ's GEMM layout: int32 [in, out / 8] and [groups, out / 8], fp16 [groups, out].

        Raise ValueError where a group has no multiple of 32 inputs.
        """
        group = len(qweight) // len(scales)
        if group % 32:
            raise ValueError(f"groups of {group} inputs: only multiples of 32 can be read")
        q = torch.unflatten(unpack_awq(qweight).T, 1, (-1, 8, 4))
        words = q[:, :, 0].to(torch.int32)
        for nibble in range(1, 8):
            words |= q[:, :, nibble].to(torch.int32) << 4 * nibble
        bits = scales.T.contiguous().view(torch.int16).to(torch.int32) & 0xFFFF
        zeros = unpack_awq(qzeros).T.to(torch.int32)
        return cls(words.flatten(1).contiguous(), (bits | zeros << 16).contiguous(), dtype)

    @staticmethod
    def stacked(parts: list[Int4Linear]) -> Int4Linear:
        """Return one linear with the outputs of `parts`, one after the other."""
        return Int4Linear(
            torch.cat([part.words for part in parts]),
            torch.cat([part.scales for part in parts]),
            parts[0].dtype,
        )

    @staticmethod
    def interleaved(first: Int4Linear, second: Int4Linear) -> Int4Linear:
        """Return one linear whose outputs alternate between two."""
        return Int4Linear(
            torch.stack([first.words, second.words], 1).flatten(0, 1),
            torch.stack([first.scales, second.scales], 1).flatten(0, 1),
            first.dtype,
        )

    def weight(self) -> Tensor:
        """Return the weights [out, in] as floats of `dtype`."""
        if self.words.is_cuda:
            from ..kernels.dequant import dequantised

            return dequantised(self.words, self.scales, self.group, self.dtype)
        return self.plain_weight()

    def plain_weight(self) -> Tensor:
        """Return what `weight` does in plain torch: the reference of the kernels."""
        q = torch.unflatten(self.nibbles(), 1, (-1, self.group))
        weight = (q - self.zero()[..., None]) * self.scale()[..., None]
        return weight.flatten(1).to(self.dtype)

    @property
    def inputs(self) -> int:
        """How many inputs it has."""
        return int(self.words.shape[1]) * 8

    def nibbles(self) -> Tensor:
        """Return q as int32 [out, in]."""
        shifts = torch.arange(0, 32, 4, dtype=torch.int32, device=self.words.device)[:, None]
        return ((torch.unflatten(self.words, 1, (-1, 1, 4)) >> shifts) & 15).flatten(1)

    def scale(self) -> Tensor:
        """Return the scales as float32 [out, in / group]."""
        return (self.scales & 0xFFFF).to(torch.int16).view(torch.float16).float()

    def zero(self) -> Tensor:
        """Return the zero points as int32 [out, in / group]."""
        return self.scales >> 16

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in] of `dtype`."""
        if x.is_cuda and self.tile is not None:
            from ..kernels.gemm_int4 import int4_rows

            return int4_rows(x, self.words, self.scales, self.group, self.tile)
        return F.linear(x, self.weight())

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
            from ..kernels.gemv_int4 import int4_row

            return int4_row(
                x, self.words, self.scales, self.group, norm, gated, residual, self.outputs
            )
        return plain_row(self, self.dtype, x, norm, gated, residual)


class Int8Linear:
    """A linear of bytes: w = (byte - 128) * scale, by output. Half the memory, slightly rounded."""

    def __init__(self, weight: Tensor) -> None:
        """Round a weight [out, in]."""
        self.dtype = weight.dtype
        self.scales = (weight.abs().amax(1).float() / 127).clamp(min=1e-12)
        self.bytes = torch.empty(weight.shape, dtype=torch.uint8, device=weight.device)
        # in pieces: the head of a large vocabulary is gigabytes in float32
        for bytes, part, scale in zip(
            *(torch.split(whole, 8192) for whole in (self.bytes, weight, self.scales)), strict=True
        ):
            bytes.copy_((part.float() / scale[:, None]).round() + 128)

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply `x` [rows, in]."""
        weight = (self.bytes.float() - 128) * self.scales[:, None]
        return F.linear(x, weight.to(x.dtype))

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
            from ..kernels.gemv import int8_row

            return int8_row(x, self.bytes, self.scales, norm, gated, residual)
        return plain_row(self, self.dtype, x, norm, gated, residual)
