"""The vocoder's source: pitch from mel frames, and a sum of its harmonics with noise."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_RATE = 24_000
_SINE = 0.1
"""Amplitude of a harmonic."""
_VOICED_NOISE = 0.003
_VOICED_HZ = 10.0
"""A pitch below this counts as unvoiced."""


class PitchPredictor(nn.Module):
    """Fundamental frequency of each mel frame."""

    def __init__(self, mel: int, channels: int, layers: int = 5) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for layer in range(layers):
            inputs = mel if layer == 0 else channels
            parts += [nn.Conv1d(inputs, channels, 3, padding=1), nn.ELU()]
        self.condnet = nn.Sequential(*parts)
        self.classifier = nn.Linear(channels, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Map [1, mel, T] to Hz, [1, T]."""
        pitch: Tensor = self.classifier(self.condnet(mel).transpose(1, 2)).squeeze(-1).abs()
        return pitch


class HarmonicSource(nn.Module):
    """Sines at the multiples of the pitch where it is voiced, noise elsewhere."""

    multiples: Tensor

    def __init__(self, harmonics: int, samples_per_frame: int) -> None:
        super().__init__()
        self.samples_per_frame = samples_per_frame
        self.l_linear = nn.Linear(harmonics, 1)
        multiples = torch.arange(1, harmonics + 1, dtype=torch.float32)
        self.register_buffer("multiples", multiples[:, None], persistent=False)

    def forward(self, pitch: Tensor, noise: Tensor | None = None) -> Tensor:
        """Map Hz, [1, T], to the source [1, 1, N]; `noise` normal, [1, N, H], drawn where None."""
        turns = (pitch[:, None] * self.multiples / _RATE) % 1
        # in this order: the phase grows to 1e5 rad, where float32 rounds to 0.01
        phase = torch.cumsum(turns, dim=2) * 2 * math.pi * self.samples_per_frame
        phase = F.interpolate(phase, scale_factor=float(self.samples_per_frame), mode="linear")
        sines = torch.sin(phase).transpose(1, 2) * _SINE
        voiced = (pitch > _VOICED_HZ).float().repeat_interleave(self.samples_per_frame, dim=1)
        voiced = voiced[..., None]
        noise = torch.randn_like(sines) if noise is None else noise
        level = voiced * _VOICED_NOISE + (1 - voiced) * _SINE / 3
        mixed: Tensor = torch.tanh(self.l_linear(sines * voiced + level * noise))
        return mixed.transpose(1, 2)
