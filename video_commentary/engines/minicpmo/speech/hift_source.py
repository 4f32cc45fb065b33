"""The vocoder's source: F0 from mel frames, and a sum of its harmonics with noise."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SAMPLE_RATE = 24_000
_SINE_AMPLITUDE = 0.1
_NOISE_STD = 0.003
"""Of voiced frames."""
_VOICED_THRESHOLD = 10.0
"""Hz; an F0 up to this is unvoiced."""


class F0Predictor(nn.Module):
    """Fundamental frequency of each mel frame."""

    def __init__(self, num_mels: int, channels: int, layers: int = 5) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for layer in range(layers):
            inputs = num_mels if layer == 0 else channels
            parts += [nn.Conv1d(inputs, channels, 3, padding=1), nn.ELU()]
        self.condnet = nn.Sequential(*parts)
        self.classifier = nn.Linear(channels, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Map [1, num_mels, T] to Hz, [1, T]."""
        f0: Tensor = self.classifier(self.condnet(mel).transpose(1, 2)).squeeze(-1).abs()
        return f0


class HarmonicSource(nn.Module):
    """Sines at the multiples of F0 in voiced frames, noise elsewhere."""

    multiples: Tensor

    def __init__(self, harmonics: int, samples_per_frame: int) -> None:
        super().__init__()
        self.samples_per_frame = samples_per_frame
        self.l_linear = nn.Linear(harmonics, 1)
        multiples = torch.arange(1, harmonics + 1, dtype=torch.float32)
        self.register_buffer("multiples", multiples[:, None], persistent=False)

    def forward(self, f0: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map Hz, [1, T], to the source [1, 1, N].

        `noise`: normal, [1, N, harmonics], random if None.
        """
        cycles = (f0[:, None] * self.multiples / _SAMPLE_RATE) % 1
        # in this order: the phase grows to 1e5 rad, where float32 rounds to 0.01
        phase = torch.cumsum(cycles, dim=2) * 2 * math.pi * self.samples_per_frame
        phase = F.interpolate(phase, scale_factor=float(self.samples_per_frame), mode="linear")
        sines = torch.sin(phase).transpose(1, 2) * _SINE_AMPLITUDE
        voiced = (f0 > _VOICED_THRESHOLD).float().repeat_interleave(self.samples_per_frame, dim=1)
        voiced = voiced[..., None]
        noise = torch.randn_like(sines) if noise is None else noise
        noise_level = voiced * _NOISE_STD + (1 - voiced) * _SINE_AMPLITUDE / 3
        source: Tensor = torch.tanh(self.l_linear(sines * voiced + noise_level * noise))
        return source.transpose(1, 2)
