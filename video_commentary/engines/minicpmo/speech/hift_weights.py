"""The vocoder's weights as its fused kernels read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..kernels.conv_weights import (
    ConvWeight,
    Length,
    pack_conv,
    pack_transposed_conv,
    pack_windows,
    pad_channels,
    padded,
)
from .hift import DILATIONS, Hift, ResBlock

_MEL_MULTIPLE = 64
"""Mel bins are padded to a multiple of this, which a program takes at once."""


@dataclass(frozen=True, kw_only=True)
class ResBlockWeights:
    """Parallel ResBlocks, the longest kernel first: by pair of convolutions, alphas [G, C]."""

    alphas1: list[Tensor]
    convs1: list[ConvWeight]
    alphas2: list[Tensor]
    convs2: list[ConvWeight]


@dataclass(frozen=True, kw_only=True)
class StageWeights:
    """One upsampling and what follows.

    `up` makes the rows of `up_length`, of which the first `skip` go; `length` counts those of the
    stage. The convolution of the source takes every `down` rows, after `pad` rows of zeros.
    """

    up: ConvWeight
    up_length: Length
    skip: int
    length: Length
    source_down: ConvWeight
    down: int
    pad: int
    source_blocks: ResBlockWeights
    blocks: ResBlockWeights


class HiftWeights:
    """All weights; the convolutions' have type `dtype`, those of F0 are float32."""

    def __init__(self, hift: Hift, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.mel_width = padded(hift.config.num_mels, _MEL_MULTIPLE)
        self.spectrum_width = padded(hift.config.n_fft + 2)
        predictor = hift.f0_predictor
        convs = [conv for conv in predictor.condnet if isinstance(conv, nn.Conv1d)]
        self.f0_convs = [_pack(torch.float32, convs[0], multiple=_MEL_MULTIPLE)]
        self.f0_convs += [_pack(torch.float32, conv) for conv in convs[1:]]
        self.f0_weight = pad_channels(predictor.classifier.weight[0].detach())
        self.f0_bias = predictor.classifier.bias.detach()
        mix = hift.m_source.l_linear
        self.harmonic_weight, self.harmonic_bias = mix.weight[0].detach(), mix.bias.detach()
        self.conv_pre = _pack(dtype, hift.conv_pre, multiple=_MEL_MULTIPLE)
        self.stages: list[StageWeights] = []
        length = Length(scale=1)
        for stage in range(len(hift.ups)):
            self.stages.append(_pack_stage(hift, stage, length, dtype))
            length = self.stages[-1].length
        self.conv_post = _pack(dtype, hift.conv_post)


def _pack_stage(hift: Hift, stage: int, before: Length, dtype: torch.dtype) -> StageWeights:
    """Pack a stage, which `before` rows go into."""
    up = cast(nn.ConvTranspose1d, hift.ups[stage])
    down = cast(nn.Conv1d, hift.source_downs[stage])
    parallel = len(hift.config.resblock_kernel_sizes)
    blocks = hift.resblocks[stage * parallel : (stage + 1) * parallel]
    packed_up = pack_transposed_conv(*_affine(up), up.stride[0], dtype)
    # the last stage begins with a reflected row
    last = stage == len(hift.ups) - 1
    return StageWeights(
        up=packed_up,
        up_length=Length(scale=before.scale, extra=before.extra + packed_up.taps[0] - 1),
        skip=cast(int, up.padding[0]),
        length=Length(scale=before.scale * up.stride[0], extra=int(last)),
        source_down=pack_windows(*_affine(down), dtype),
        down=down.stride[0],
        pad=cast(int, down.padding[0]),
        source_blocks=_pack_blocks([cast(ResBlock, hift.source_resblocks[stage])], dtype),
        blocks=_pack_blocks([cast(ResBlock, block) for block in blocks], dtype),
    )


def _pack_blocks(blocks: Sequence[ResBlock], dtype: torch.dtype) -> ResBlockWeights:
    blocks = sorted(blocks, key=lambda block: -cast(nn.Conv1d, block.convs2[0]).kernel_size[0])

    def alphas(name: str, pair: int) -> Tensor:
        found = [getattr(block, name)[pair].alpha.detach() for block in blocks]
        return pad_channels(torch.stack(found).float(), value=1.0)

    pairs = range(len(DILATIONS))
    return ResBlockWeights(
        alphas1=[alphas("activations1", pair) for pair in pairs],
        convs1=[_pack(dtype, *(block.convs1[pair] for block in blocks)) for pair in pairs],
        alphas2=[alphas("activations2", pair) for pair in pairs],
        convs2=[_pack(dtype, *(block.convs2[pair] for block in blocks)) for pair in pairs],
    )


def _pack(dtype: torch.dtype, *convs: nn.Module, multiple: int = 1) -> ConvWeight:
    """Pack parallel convolutions, their input padded to a multiple."""
    weights, biases = zip(*map(_affine, convs), strict=True)
    extra = padded(weights[0].shape[1], multiple) - weights[0].shape[1]
    return pack_conv([F.pad(weight, (0, 0, 0, extra)) for weight in weights], biases, dtype)


def _affine(module: nn.Module) -> tuple[Tensor, Tensor]:
    return cast(Tensor, module.weight).detach(), cast(Tensor, module.bias).detach()
