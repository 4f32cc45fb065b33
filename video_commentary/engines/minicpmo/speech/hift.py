"""Mel frames to sound: HiFTNet, a source-filter vocoder (arXiv:2309.09493).

Published as `hift.pt` beside the checkpoint. Float32 throughout, as upstream runs it; on a GPU
`FusedHift` computes the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .hift_source import F0Predictor, HarmonicSource
from .stft import ConvStft

DILATIONS = (1, 3, 5)
LIMIT = 0.99
MAX_MAGNITUDE = 100.0


@dataclass(frozen=True, kw_only=True)
class HiftConfig:
    """Sizes of the vocoder; the defaults are the published ones."""

    num_mels: int = 80
    channels: int = 512
    f0_channels: int = 512
    harmonics: int = 9
    n_fft: int = 16
    upsample_kernel_sizes: tuple[int, ...] = (16, 11, 7)
    source_resblock_kernel_sizes: tuple[int, ...] = (7, 7, 11)
    resblock_kernel_sizes: tuple[int, ...] = (3, 7, 11)

    @staticmethod
    def from_state_dict(state: Mapping[str, Tensor]) -> HiftConfig:
        """Read the sizes from a folded state dict (see `fold_weight_norm`)."""
        pre = state["conv_pre.weight"]
        stages = sum(name.startswith("ups.") and name.endswith(".weight") for name in state)
        parallel = sum(name.endswith("convs1.0.weight") for name in state) // stages - 1

        def kernel(name: str) -> int:
            return int(state[name].shape[2])

        return HiftConfig(
            num_mels=pre.shape[1],
            channels=pre.shape[0],
            f0_channels=state["f0_predictor.condnet.0.weight"].shape[0],
            harmonics=state["m_source.l_linear.weight"].shape[1],
            n_fft=state["conv_post.weight"].shape[0] - 2,
            upsample_kernel_sizes=tuple(kernel(f"ups.{i}.weight") for i in range(stages)),
            source_resblock_kernel_sizes=tuple(
                kernel(f"source_resblocks.{i}.convs1.0.weight") for i in range(stages)
            ),
            resblock_kernel_sizes=tuple(
                kernel(f"resblocks.{i}.convs1.0.weight") for i in range(parallel)
            ),
        )

    @property
    def upsample_rates(self) -> tuple[int, ...]:
        """Upsampling of each stage; a published kernel is twice its rate, or one more."""
        return tuple(kernel // 2 for kernel in self.upsample_kernel_sizes)

    @property
    def hop_length(self) -> int:
        """Samples between two frames of the inner Fourier transform."""
        return self.n_fft // 4

    @property
    def samples_per_frame(self) -> int:
        """Samples of sound for one mel frame."""
        return math.prod(self.upsample_rates) * self.hop_length


class Snake(nn.Module):
    """x + sin^2(a x) / a, a learned for each channel (arXiv:2006.08195)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map [1, C, T] to the same shape."""
        alpha = self.alpha[:, None]
        sine = torch.sin(x * alpha)
        return torch.addcmul(x, sine * (1.0 / (alpha + 1e-9)), sine)


class ResBlock(nn.Module):
    """Three residual pairs of dilated convolutions."""

    def __init__(self, channels: int, kernel_size: int) -> None:
        super().__init__()

        def conv(dilation: int) -> nn.Conv1d:
            padding = (kernel_size - 1) * dilation // 2
            return nn.Conv1d(channels, channels, kernel_size, dilation=dilation, padding=padding)

        self.convs1 = nn.ModuleList(conv(dilation) for dilation in DILATIONS)
        self.convs2 = nn.ModuleList(conv(1) for _ in DILATIONS)
        self.activations1 = nn.ModuleList(Snake(channels) for _ in DILATIONS)
        self.activations2 = nn.ModuleList(Snake(channels) for _ in DILATIONS)

    def forward(self, x: Tensor) -> Tensor:
        """Map [1, C, T] to the same shape."""
        layers = zip(self.activations1, self.convs1, self.activations2, self.convs2, strict=True)
        for first, conv1, second, conv2 in layers:
            x = x + conv2(second(conv1(first(x))))
        return x


class Hift(nn.Module):
    """Mel frames to sound, with the harmonic source that joins one chunk to the next."""

    def __init__(self, config: HiftConfig) -> None:
        super().__init__()
        self.config = config
        self.f0_predictor = F0Predictor(config.num_mels, config.f0_channels)
        self.m_source = HarmonicSource(config.harmonics, config.samples_per_frame)
        self.stft = ConvStft(config.n_fft, config.hop_length)
        self.conv_pre = nn.Conv1d(config.num_mels, config.channels, 7, padding=3)
        self.ups = nn.ModuleList()
        self.source_downs = nn.ModuleList()
        self.source_resblocks = nn.ModuleList()
        self.resblocks = nn.ModuleList()
        channels, rates = config.channels, config.upsample_rates
        for stage, (rate, size) in enumerate(zip(rates, config.upsample_kernel_sizes, strict=True)):
            padding = (size - rate) // 2
            self.ups.append(
                nn.ConvTranspose1d(channels, channels // 2, size, rate, padding=padding)
            )
            channels //= 2
            down = math.prod(rates[stage + 1 :])
            shape = (1, 1, 0) if down == 1 else (2 * down, down, down // 2)
            self.source_downs.append(nn.Conv1d(config.n_fft + 2, channels, *shape))
            source_size = config.source_resblock_kernel_sizes[stage]
            self.source_resblocks.append(ResBlock(channels, source_size))
            self.resblocks.extend(
                ResBlock(channels, kernel) for kernel in config.resblock_kernel_sizes
            )
        self.conv_post = nn.Conv1d(channels, config.n_fft + 2, 7, padding=3)

    def forward(
        self, mel: Tensor, cached_source: Tensor, noise: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the waveform [1, N] of `mel` [1, num_mels, T] and its source [1, 1, N].

        `cached_source`: the source to start with, [1, 1, S], S may be 0. `noise`: normal,
        [1, N, harmonics], random if None.
        """
        source = self.m_source(self.f0_predictor(mel), noise)
        source = torch.cat([cached_source, source[..., cached_source.shape[2] :]], dim=2)
        return self._decode(mel, source), source

    def _decode(self, mel: Tensor, source: Tensor) -> Tensor:
        spectrum = self.stft.transform(source)
        x = self.conv_pre(mel)
        parallel = len(self.config.resblock_kernel_sizes)
        for stage, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            if stage == len(self.ups) - 1:
                x = F.pad(x, (1, 0), mode="reflect")
            x = x + self.source_resblocks[stage](self.source_downs[stage](spectrum))
            blocks = self.resblocks[stage * parallel : (stage + 1) * parallel]
            x = torch.stack([block(x) for block in blocks]).mean(dim=0)
        x = self.conv_post(F.leaky_relu(x, 0.01))
        magnitude, phase = x.chunk(2, dim=1)
        magnitude = magnitude.exp().clamp(max=MAX_MAGNITUDE)
        phase = torch.sin(phase)
        spectrum = torch.cat([magnitude * torch.cos(phase), magnitude * torch.sin(phase)], dim=1)
        return self.stft.inverse(spectrum).clamp(-LIMIT, LIMIT)


def fold_weight_norm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Replace weight-normed pairs (`original0` = g, `original1` = v) by g * v / ||v||.

    The norm runs over all dimensions but the first. A leading `generator.` is dropped.
    """
    folded = {}
    for name, value in state.items():
        key = name.removeprefix("generator.")
        if key.endswith(".parametrizations.weight.original0"):
            continue
        if key.endswith(".parametrizations.weight.original1"):
            gain = state[name[:-1] + "0"]
            norm = value.flatten(1).norm(dim=1).view(gain.shape)
            key = key.removesuffix(".parametrizations.weight.original1") + ".weight"
            value = value * (gain / norm)  # noqa: PLW2901
        folded[key] = value
    return folded
