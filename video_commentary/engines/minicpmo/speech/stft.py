"""A short-time Fourier transform as convolutions: small frames, one kernel, graph-capturable."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvStft(nn.Module):
    """Forward and inverse STFT with a periodic Hann window, frames centred."""

    forward_basis: Tensor
    inverse_basis: Tensor
    squared_window: Tensor

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        window = torch.hann_window(n_fft, dtype=torch.float64)
        n = torch.arange(n_fft, dtype=torch.float64)
        k = torch.arange(n_fft // 2 + 1, dtype=torch.float64)
        angle = 2 * math.pi * k[:, None] * n / n_fft
        basis = torch.cat([torch.cos(angle), -torch.sin(angle)]) * window
        # a real signal's spectrum is mirrored: all bins but the first and last count twice
        twice = torch.full((len(k), 1), 2.0, dtype=torch.float64)
        twice[0] = twice[-1] = 1.0
        self.register_buffer("forward_basis", basis[:, None].float(), persistent=False)
        inverse = basis * twice.repeat(2, 1) / n_fft
        self.register_buffer("inverse_basis", inverse[:, None].float(), persistent=False)
        squared = (window**2)[None, None].float()
        self.register_buffer("squared_window", squared, persistent=False)

    def transform(self, signal: Tensor) -> Tensor:
        """Map [1, 1, N] to real parts, then imaginary parts: [1, n_fft + 2, N / hop_length + 1]."""
        half = self.n_fft // 2
        padded = F.pad(signal, (half, half), mode="reflect")
        return F.conv1d(padded, self.forward_basis, stride=self.hop_length)

    def inverse(self, spectrum: Tensor) -> Tensor:
        """Map real parts, then imaginary parts, [1, n_fft + 2, F] to [1, (F - 1) * hop_length]."""
        half = self.n_fft // 2
        ones = torch.ones_like(spectrum[:, :1])
        weight = F.conv_transpose1d(ones, self.squared_window, stride=self.hop_length)
        signal = F.conv_transpose1d(spectrum, self.inverse_basis, stride=self.hop_length)
        return (signal[..., half:-half] / weight[..., half:-half]).squeeze(1)
