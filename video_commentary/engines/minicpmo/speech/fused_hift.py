"""The vocoder on a GPU, from fused kernels: channels last, any number of frames in one graph."""

from __future__ import annotations

import torch
from torch import Tensor

from ..kernels.conv_weights import Frames, Length
from ..language.side_stream import SideStream
from .hift import DILATIONS, Hift
from .hift_weights import HiftWeights, ResBlockWeights, StageWeights


class FusedHift:
    """Computes what `Hift` does up to its last transform, for at most `max_frames` mel frames.

    `dtype`: of the convolutions' inputs and weights, which are copied; float16 rounds no more than
    TF32, the default of cuDNN's convolutions. All sums are float32, and F0 and source throughout.
    """

    def __init__(self, hift: Hift, dtype: torch.dtype, max_frames: int) -> None:
        self._config = hift.config
        self._stft = hift.stft
        self._max_frames = max_frames
        self.weights = HiftWeights(hift, dtype)

    def __call__(
        self, mel: Tensor, kept_source: Tensor, lengths: Tensor, noise: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return the inner spectrum [F, channels] and the source [N] of `mel`.

        `mel`: float32 [max_frames, mel_width]. `kept_source`, `lengths`: see
        `ChunkState`. `noise`: [N, harmonics], random if None.
        """
        from ..kernels.conv import conv

        frames = Frames(count=lengths[:1], most=self._max_frames)
        weights, side = self.weights, SideStream(mel.device)
        with side.fork():
            half = mel.to(weights.dtype)[None]
            pre, _ = conv(half, weights.conv_pre, frames, length=Length(scale=1))
            up = self._up(pre, weights.stages[0], Length(scale=1), frames)
        source = self._make_source(mel, kept_source, lengths, noise, frames)
        side.join()
        with side.fork():
            later = [self._source_branch(source, stage, frames) for stage in weights.stages[1:]]
        first = self._source_branch(source, weights.stages[0], frames)
        return self._decode(up, [first, *later], frames, side), source

    def _make_source(
        self,
        mel: Tensor,
        kept_source: Tensor,
        lengths: Tensor,
        noise: Tensor | None,
        frames: Frames,
    ) -> Tensor:
        from ..kernels.conv import conv
        from ..kernels.harmonic_source import harmonic_source, pitch_and_phase

        weights, config = self.weights, self._config
        spf, harmonics = config.samples_per_frame, config.harmonics
        if noise is None:
            noise = torch.randn(self._max_frames * spf, harmonics, device=mel.device)
        x = mel[None]
        for weight in weights.f0_convs:
            _, x = conv(x, weight, frames, length=Length(scale=1), activation="elu", exact=True)
        f0, phase = pitch_and_phase(
            x[0], weights.f0_weight, weights.f0_bias, frames, harmonics=harmonics, spf=spf
        )
        return harmonic_source(
            f0,
            phase,
            noise,
            weights.harmonic_weight,
            weights.harmonic_bias,
            kept_source,
            lengths,
            frames,
        )

    def _up(self, x: Tensor, stage: StageWeights, length: Length, frames: Frames) -> Tensor:
        """Upsample the mean over the first dimension of `x` [G, rows, C], leaky below zero."""
        from ..kernels.conv import conv
        from ..kernels.hift import mean_leaky

        up, _ = conv(
            mean_leaky(x, 0.1, self.weights.dtype),
            stage.up,
            frames,
            length=length,
            out_length=stage.up_length,
            back=stage.up.taps[0] - 1,
        )
        return up

    def _source_branch(self, source: Tensor, stage: StageWeights, frames: Frames) -> Tensor:
        """Return what a stage adds of the source, [1, rows, C]."""
        from ..kernels.conv import conv
        from ..kernels.stft import stft

        width = self.weights.spectrum_width
        spectrum = stft(
            source,
            self._stft.forward_basis[:, 0],
            frames,
            pad=stage.pad,
            width=width,
            dtype=self.weights.dtype,
        )
        x, act = conv(
            spectrum.view(1, 1, -1),
            stage.source_down,
            frames,
            length=stage.length,
            row_stride=stage.down * width,
            activation="snake",
            alpha=stage.source_blocks.alphas1[0],
            keep=True,
        )
        return _run_blocks(stage.source_blocks, x, act, stage.length, frames)

    def _decode(
        self, up: Tensor, from_source: list[Tensor], frames: Frames, side: SideStream
    ) -> Tensor:
        """Return the inner spectrum; `up`: the first stage's upsampled frames."""
        from ..kernels.conv import conv
        from ..kernels.hift import join, mean_leaky

        weights, x = self.weights, up
        for i, stage in enumerate(weights.stages):
            if i > 0:
                x = self._up(x, stage, weights.stages[i - 1].length, frames)
            if i == 1:
                side.join()
            x, act = join(
                x,
                from_source[i][0],
                stage.blocks.alphas1[0],
                frames,
                length=stage.length,
                skip=stage.skip,
                reflect=stage.length.extra,
                dtype=weights.dtype,
            )
            x = _run_blocks(stage.blocks, x, act, stage.length, frames)
        act = mean_leaky(x, 0.01, weights.dtype)
        x, _ = conv(act, weights.conv_post, frames, length=weights.stages[-1].length)
        return x[0]


def _run_blocks(
    blocks: ResBlockWeights, x: Tensor, act: Tensor, length: Length, frames: Frames
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
        last = i == len(DILATIONS) - 1
        x, act = conv(
            act,
            blocks.convs2[i],
            frames,
            length=length,
            residual=x,
            activation=None if last else "snake",
            alpha=None if last else blocks.alphas1[i + 1],
            keep=True,
        )
    return x
