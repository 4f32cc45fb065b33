"""Features of a voice sample for the speech tokenizer, the speaker net and the flow model.

Each function takes sound as float32 [n] in [-1, 1], and follows Whisper, Kaldi or HiFi-GAN.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def resample(sound: Tensor, rate: int, wanted: int) -> Tensor:
    """Change the sampling rate with a Hann-windowed sinc, 6 zero crossings, roll-off 0.99."""
    if rate == wanted:
        return sound
    common = math.gcd(rate, wanted)
    rate, wanted = rate // common, wanted // common
    crossings, cutoff = 6, 0.99 * min(rate, wanted)
    width = math.ceil(crossings * rate / cutoff)
    taps = torch.arange(-width, width + rate, dtype=torch.float64) / rate
    phases = torch.arange(0, -wanted, -1, dtype=torch.float64) / wanted
    time = ((phases[:, None] + taps) * cutoff).clamp(-crossings, crossings)
    kernel = torch.cos(time * (math.pi / crossings / 2)) ** 2 * torch.sinc(time) * (cutoff / rate)
    padded = F.pad(sound[None, None], (width, width + rate))
    out = F.conv1d(padded, kernel[:, None].float(), stride=rate)
    return out[0].T.flatten()[: math.ceil(wanted * len(sound) / rate)]


def whisper_mel(sound: Tensor, bins: int = 128) -> Tensor:
    """Return the log-mel frames [bins, T] of 16 kHz sound, 100 a second, scaled as Whisper's."""
    power = power_spectrum(F.pad(sound[None], (200, 200), mode="reflect")[0], 400, 160)[:, :-1]
    mel = (slaney_filters(bins, 400, 16_000, 8_000) @ power).clamp(min=1e-10).log10()
    return (torch.maximum(mel, mel.max() - 8.0) + 4.0) / 4.0


def flow_mel(sound: Tensor, bins: int = 80) -> Tensor:
    """Return the log-mel frames [T, bins] of 24 kHz sound, 50 a second."""
    padded = F.pad(sound[None], (720, 720), mode="reflect")[0]
    amplitude = (power_spectrum(padded, 1920, 480) + 1e-9).sqrt()
    mel: Tensor = (slaney_filters(bins, 1920, 24_000, 8_000) @ amplitude).clamp(min=1e-5).log().T
    return mel


def speaker_fbank(sound: Tensor, bins: int = 80) -> Tensor:
    """Return Kaldi's filter bank [T, bins] of 16 kHz sound, 100 a second, less its mean."""
    frames = sound.unfold(0, 400, 160)
    frames = frames - frames.mean(dim=1, keepdim=True)
    before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
    povey = torch.hann_window(400, periodic=False) ** 0.85
    spectrum = torch.fft.rfft((frames - 0.97 * before) * povey, n=512)
    energy = (spectrum.abs() ** 2)[:, :-1] @ _kaldi_filters(bins, 512, 16_000).T
    bank = energy.clamp(min=torch.finfo(torch.float32).eps).log()
    centred: Tensor = bank - bank.mean(dim=0)
    return centred


def power_spectrum(padded: Tensor, size: int, hop: int) -> Tensor:
    """Return the power [size / 2 + 1, T] of frames of `size` samples, one every `hop`."""
    frames = padded.unfold(0, size, hop) * torch.hann_window(size)
    power: Tensor = (torch.fft.rfft(frames).abs() ** 2).T
    return power


def slaney_filters(bins: int, n_fft: int, rate: int, high: float) -> Tensor:
    """Return triangles of unit area on Slaney's mel scale, [bins, n_fft / 2 + 1]."""
    # linear below 1 kHz (3 mel per 200 Hz), then 27 mel for each factor of 6.4
    top = 15 + 27 * math.log(high / 1000, 6.4)
    mel = torch.linspace(0, top, bins + 2, dtype=torch.float64)
    hertz = torch.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))
    frequency = torch.linspace(0, rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    triangles = _triangles(frequency, hertz)
    return (triangles * (2 / (hertz[2:] - hertz[:-2]))[:, None]).float()


def _kaldi_filters(bins: int, n_fft: int, rate: int) -> Tensor:
    """Return Kaldi's triangles from 20 Hz up, [bins, n_fft / 2]."""

    def mel(hertz: Tensor) -> Tensor:
        return 1127.0 * torch.log1p(hertz / 700.0)

    low, high = mel(torch.tensor([20.0, rate / 2], dtype=torch.float64)).tolist()
    edges = torch.linspace(low, high, bins + 2, dtype=torch.float64)
    frequency = torch.arange(n_fft // 2, dtype=torch.float64) * (rate / n_fft)
    return _triangles(mel(frequency), edges).float()


def _triangles(at: Tensor, edges: Tensor) -> Tensor:
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (at - left) / (centre - left), (right - at) / (right - centre)
    return torch.minimum(rising, falling).clamp(min=0)
