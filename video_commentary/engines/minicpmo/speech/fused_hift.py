"""The vocoder on a GPU, from fused kernels: channels last, any number of frames in one graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import cast

import torch
from torch import Tensor, nn

from ..kernels.conv_weights import (
    ConvWeight,
    Frames,
    Length,
    pack_conv,
    pack_transposed_conv,
    pack_windows,
    pad_channels,
    padded,
)
from .hift import DILATIONS, LIMIT, MAX_MAGNITUDE, Hift, ResBlock

_MEL_MULTIPLE = 64
"""Mel bins are padded to a multiple of this, which a program takes at once."""


@dataclass(frozen=True, kw_only=True)
class _ResBlocks:
    """Parallel ResBlocks, the longest kernel first: by pair of convolutions, alphas [G, C]."""

    alphas1: list[Tensor]
    convs1: list[ConvWeight]
    alphas2: list[Tensor]
    convs2: list[ConvWeight]


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """One upsampling and what follows; `rate` rows come of one, and `skip` before the first go."""

    up: ConvWeight
    rate: int
    skip: int
    source_down: ConvWeight
    down: int
    pad: int
    source_blocks: _ResBlocks
    blocks: _ResBlocks


class _Side:
    """A second stream, on a GPU: what does not depend on each other runs side by side.

    Tensors made or read there must live until the stream has joined again.
    """

    enabled = True

    def __init__(self, device: torch.device) -> None:
        cuda = device.type == "cuda" and self.enabled
        self._stream = _side_stream(device) if cuda else None

    @contextmanager
    def fork(self) -> Iterator[None]:
        """Run the block on the second stream, after all before it."""
        if self._stream is None:
            yield
            return
        self._stream.wait_stream(torch.cuda.current_stream(self._stream.device))
        with torch.cuda.stream(self._stream):
            yield

    def join(self) -> None:
        """Let what follows wait for the second stream."""
        if self._stream is not None:
            torch.cuda.current_stream(self._stream.device).wait_stream(self._stream)


@cache
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)


class FusedHift:
    """Computes what `Hift` does, see there, for at most `max_frames` mel frames at once.

    `dtype`: of the convolutions' inputs and weights, which are copied; float16 rounds no more than
    TF32, the default of cuDNN's convolutions. All sums are float32.
    """

    def __init__(self, hift: Hift, dtype: torch.dtype, max_frames: int) -> None:
        self._hift = hift
        self._dtype = dtype
        self._max_frames = max_frames
        self._mel_width = padded(hift.config.num_mels, _MEL_MULTIPLE)
        self._width = padded(hift.config.n_fft + 2)
        f0 = hift.f0_predictor
        convs = [conv for conv in f0.condnet if isinstance(conv, nn.Conv1d)]
        self._f0_convs = [_pack(dtype, convs[0], multiple=_MEL_MULTIPLE)]
        self._f0_convs += [_pack(dtype, conv) for conv in convs[1:]]
        weight = f0.classifier.weight[0].detach()
        extra = self._f0_convs[-1].channels - len(weight)
        self._f0_weight = nn.functional.pad(weight, (0, extra)).float()
        self._conv_pre = _pack(dtype, hift.conv_pre, multiple=_MEL_MULTIPLE)
        self._stages = [self._pack_stage(stage) for stage in range(len(hift.ups))]
        self._conv_post = _pack(dtype, hift.conv_post)

    def _pack_stage(self, stage: int) -> _Stage:
        hift, dtype = self._hift, self._dtype
        up = cast(nn.ConvTranspose1d, hift.ups[stage])
        down = cast(nn.Conv1d, hift.source_downs[stage])
        parallel = len(hift.config.resblock_kernel_sizes)
        blocks = hift.resblocks[stage * parallel : (stage + 1) * parallel]
        return _Stage(
            up=pack_transposed_conv(*_affine(up), up.stride[0], dtype),
            rate=up.stride[0],
            skip=cast(int, up.padding[0]),
            source_down=pack_windows(*_affine(down), dtype),
            down=down.stride[0],
            pad=cast(int, down.padding[0]),
            source_blocks=_pack_blocks(dtype, [cast(ResBlock, hift.source_resblocks[stage])]),
            blocks=_pack_blocks(dtype, [cast(ResBlock, block) for block in blocks]),
        )

    def __call__(
        self,
        mel: Tensor,
        cached_source: Tensor,
        frames: Tensor,
        cached: Tensor,
        noise: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the waveform [1, N] of `mel` [1, num_mels, T] and its source [1, 1, N].

        Only the first `frames` (int32 [1]) of T = max_frames count, and of `cached_source`
        [1, 1, S] the first `cached` (int32 [1]) samples. `noise`: [1, N, harmonics].
        """
        from ..kernels.hift import harmonic_source, istft, pitch_and_phase

        hift, spf = self._hift, self._hift.config.samples_per_frame
        count = Frames(count=frames, most=self._max_frames)
        rows = mel.new_zeros(self._max_frames, self._mel_width, dtype=self._dtype)
        rows[:, : mel.shape[1]] = mel[0].T
        side = _Side(mel.device)
        with side.fork():
            up = self._first_up(rows, count)
        harmonics = hift.config.harmonics
        f0, phase = pitch_and_phase(
            self._predict_f0(rows, count),
            self._f0_weight,
            hift.f0_predictor.classifier.bias,
            count,
            harmonics=harmonics,
            spf=spf,
        )
        if noise is None:
            noise = torch.randn(1, self._max_frames * spf, harmonics, device=mel.device)
        mix = hift.m_source.l_linear
        cached_source = cached_source[0, 0]
        source = harmonic_source(
            f0, phase, noise[0], mix.weight[0], mix.bias, cached_source, cached, count
        )
        wave = istft(
            self._decode(up, source, count, side),
            hift.stft.inverse_basis[:, 0],
            hift.stft.squared_window[0, 0],
            count,
            samples=len(source),
            max_magnitude=MAX_MAGNITUDE,
            limit=LIMIT,
        )
        return wave[None], source[None, None]

    def _predict_f0(self, rows: Tensor, frames: Frames) -> Tensor:
        from ..kernels.conv import conv

        x = rows[None]
        for weight in self._f0_convs:
            _, x = conv(x, weight, frames, length=Length(scale=1), activation="elu")
        return x[0]

    def _first_up(self, rows: Tensor, frames: Frames) -> Tensor:
        from ..kernels.conv import conv

        length = Length(scale=1)
        x, _ = conv(rows[None], self._conv_pre, frames, length=length)
        return self._up(x, self._stages[0], length, frames)

    def _up(self, x: Tensor, stage: _Stage, length: Length, frames: Frames) -> Tensor:
        from ..kernels.conv import conv
        from ..kernels.hift import mean_leaky

        out_length = Length(scale=length.scale, extra=length.extra + stage.up.taps[0] - 1)
        x = mean_leaky(x, 0.1, self._dtype)
        up, _ = conv(
            x, stage.up, frames, length=length, out_length=out_length, back=stage.up.taps[0] - 1
        )
        return up

    def _decode(self, up: Tensor, source: Tensor, frames: Frames, side: _Side) -> Tensor:
        """Return the inner spectrum [F, channels]; `up`: the first stage's upsampled frames."""
        from ..kernels.conv import conv
        from ..kernels.hift import join, mean_leaky

        lengths = self._lengths()
        side.join()
        from_source = []
        with side.fork():
            for stage, length in zip(self._stages[1:], lengths[1:], strict=True):
                from_source.append(self._source_branch(source, stage, length, frames))
        from_source.insert(0, self._source_branch(source, self._stages[0], lengths[0], frames))
        x = up
        for i, (stage, length) in enumerate(zip(self._stages, lengths, strict=True)):
            if i > 0:
                x = self._up(x, stage, lengths[i - 1], frames)
            if i == 1:
                side.join()
            x, act = join(
                x,
                from_source[i][0],
                stage.blocks.alphas1[0],
                frames,
                length=length,
                skip=stage.skip,
                reflect=length.extra,
                dtype=self._dtype,
            )
            x = _run_blocks(stage.blocks, x, act, length, frames)
        x, _ = conv(mean_leaky(x, 0.01, self._dtype), self._conv_post, frames, length=lengths[-1])
        return x[0]

    def _lengths(self) -> list[Length]:
        scale, lengths = 1, []
        for stage in self._stages:
            scale *= stage.rate
            # the last stage begins with a reflected row
            lengths.append(Length(scale=scale, extra=int(stage is self._stages[-1])))
        return lengths

    def _source_branch(
        self, source: Tensor, stage: _Stage, length: Length, frames: Frames
    ) -> Tensor:
        from ..kernels.conv import conv
        from ..kernels.hift import stft

        spectrum = stft(
            source,
            self._hift.stft.forward_basis[:, 0],
            frames,
            pad=stage.pad,
            width=self._width,
            dtype=self._dtype,
        )
        x, act = conv(
            spectrum.view(1, 1, -1),
            stage.source_down,
            frames,
            length=length,
            row_stride=stage.down * self._width,
            activation="snake",
            alpha=stage.source_blocks.alphas1[0],
            keep=True,
        )
        return _run_blocks(stage.source_blocks, x, act, length, frames)


def _run_blocks(
    blocks: _ResBlocks, x: Tensor, act: Tensor, length: Length, frames: Frames
) -> Tensor:
    """Run parallel blocks on `x` [G or 1, T, C], of which `act` is the first activation."""
    from ..kernels.conv import conv

    for i, dilation in enumerate(DILATIONS):
        _, act = conv(
            act,
            blocks.convs1[i],
            frames,
            length=length,
            dilation=dilation,
            activation="snake",
            alpha=blocks.alphas2[i],
        )
        next_alpha = blocks.alphas1[i + 1] if i + 1 < len(DILATIONS) else None
        x, act = conv(
            act,
            blocks.convs2[i],
            frames,
            length=length,
            residual=x,
            activation=None if next_alpha is None else "snake",
            alpha=next_alpha,
            keep=True,
        )
    return x


def _pack(dtype: torch.dtype, *convs: nn.Module, multiple: int = 16) -> ConvWeight:
    return pack_conv(
        [_affine(conv)[0] for conv in convs],
        [_affine(conv)[1] for conv in convs],
        dtype,
        multiple=multiple,
    )


def _pack_blocks(dtype: torch.dtype, blocks: Sequence[ResBlock]) -> _ResBlocks:
    blocks = sorted(blocks, key=lambda block: -len(cast(Tensor, block.convs2[0].weight)[0, 0]))

    def alphas(name: str, pair: int) -> Tensor:
        found = [getattr(block, name)[pair].alpha.detach() for block in blocks]
        return pad_channels(torch.stack(found).float(), value=1.0)

    pairs = range(len(DILATIONS))
    return _ResBlocks(
        alphas1=[alphas("activations1", pair) for pair in pairs],
        convs1=[_pack(dtype, *(block.convs1[pair] for block in blocks)) for pair in pairs],
        alphas2=[alphas("activations2", pair) for pair in pairs],
        convs2=[_pack(dtype, *(block.convs2[pair] for block in blocks)) for pair in pairs],
    )


def _affine(module: nn.Module) -> tuple[Tensor, Tensor]:
    return cast(Tensor, module.weight).detach(), cast(Tensor, module.bias).detach()
