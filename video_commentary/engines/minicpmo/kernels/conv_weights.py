"""What convolutions read besides their input, packed for conv.py: weights, biases, lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

ALIGNMENT = 16
"""Channels are padded to a multiple of this: what a tensor core takes at least."""


@dataclass(frozen=True, kw_only=True)
class ConvWeight:
    """The weights of up to three convolutions of the same channels, one after the other.

    `taps`: kernel sizes, the longest first. `weight`: [sum of taps, C_in, C_out], its type is that
    of the products; `bias`: float32 [convolutions, C_out]. Channels are padded.
    """

    taps: tuple[int, ...]
    weight: Tensor
    bias: Tensor

    @property
    def channels(self) -> int:
        """C_out."""
        return self.weight.shape[2]


@dataclass(frozen=True, kw_only=True)
class Length:
    """A number of rows: `scale` times the number of frames, plus `extra`."""

    scale: int
    extra: int = 0

    def of(self, frames: int) -> int:
        """Return the number of rows of `frames`."""
        return self.scale * frames + self.extra


@dataclass(frozen=True, kw_only=True)
class Frames:
    """A number of frames: `count` int32 [1], at most `most`, for which buffers are made."""

    count: Tensor
    most: int


def padded(channels: int, multiple: int = ALIGNMENT) -> int:
    """Return the channels of a buffer for `channels`."""
    return -(-channels // multiple) * multiple


def pad_channels(values: Tensor, *, value: float = 0.0) -> Tensor:
    """Pad the last dimension to a multiple of `ALIGNMENT`."""
    extra = padded(values.shape[-1]) - values.shape[-1]
    return F.pad(values, (0, extra), value=value)


def pack_conv(
    weights: Sequence[Tensor], biases: Sequence[Tensor], dtype: torch.dtype
) -> ConvWeight:
    """Pack convolutions: `weights` [C_out, C_in, taps], the longest first, and `biases` [C_out]."""
    taps = [pad_channels(pad_channels(weight.permute(2, 0, 1)).mT) for weight in weights]
    return ConvWeight(
        taps=tuple(len(tap) for tap in taps),
        weight=torch.cat(taps).to(dtype).contiguous(),
        bias=torch.stack([pad_channels(bias.float()) for bias in biases]).contiguous(),
    )


def pack_transposed_conv(weight: Tensor, bias: Tensor, rate: int, dtype: torch.dtype) -> ConvWeight:
    """Pack a transposed convolution as one that makes `rate` rows at once, in its channels.

    `weight`: [C_in, C_out, kernel size]. Row q * rate + p of its result sums x[q - m] times
    weight[p + m * rate] over m.
    """
    weight = pad_channels(pad_channels(weight.permute(2, 0, 1)).mT).mT
    taps = -(-len(weight) // rate)
    weight = F.pad(weight, (0, 0, 0, 0, 0, taps * rate - len(weight)))
    # [taps, C_in, rate * C_out], the oldest row first
    weight = weight.unflatten(0, (taps, rate)).flip(0).transpose(1, 2).flatten(2)
    bias = pad_channels(bias.float()).repeat(rate)[None]
    return ConvWeight(taps=(taps,), weight=weight.to(dtype).contiguous(), bias=bias)


def pack_windows(weight: Tensor, bias: Tensor, dtype: torch.dtype) -> ConvWeight:
    """Pack a strided convolution as a product with whole windows, which lie in one piece."""
    packed = pack_conv([weight], [bias], dtype)
    return ConvWeight(taps=(1,), weight=packed.weight.flatten(0, 1)[None], bias=packed.bias)
