from __future__ import annotations

from pathlib import Path

import pytest
import torch

from video_commentary.engines.minicpmo.speech.hift import HiftConfig, fold_weight_norm
from video_commentary.engines.minicpmo.speech.stft import ConvStft
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_hift

from .token2wav import CPU, Token2wav, difference, source_noise

pytestmark = pytest.mark.parity


def test_pitch_and_source_of_two_calls(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    hift = load_hift(recorded.folder, CPU)
    mel = recorded.tensor("call0/mel")[None]
    with torch.inference_mode():
        pitch = hift.f0_predictor(mel)
        source = hift.m_source(pitch, source_noise(24_000))
        assert difference(pitch[0], recorded.arrays["call0/f0"]) < 1e-2
        assert difference(source[0, 0], recorded.arrays["call0/source"]) < 1e-3
        mel = torch.cat([mel[..., -8:], recorded.tensor("call1/mel")[None]], dim=2)
        pitch = hift.f0_predictor(mel)
        source = hift.m_source(pitch, source_noise(27_840))
        assert difference(pitch[0], recorded.arrays["call1/f0"]) < 1e-2
        assert difference(source[0, 0], recorded.arrays["call1/source"]) < 1e-3


def test_one_call_without_a_cache(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    hift = load_hift(recorded.folder, CPU)
    mel = recorded.tensor("single/mel")[None]
    with torch.inference_mode():
        wave, source = hift(mel, torch.zeros(1, 1, 0), source_noise(10_560))
    assert difference(wave[0], recorded.arrays["single/wav"]) < 2e-3
    assert source.shape == (1, 1, 10_560)


def test_a_cached_source_replaces_the_start(parity: Path) -> None:
    hift = load_hift(parity / "token2wav", CPU)
    cached = torch.rand(1, 1, 100)
    with torch.inference_mode():
        _, source = hift(torch.randn(1, 80, 4), cached)
    assert torch.equal(source[..., :100], cached)


def test_stft_inverts_itself_and_agrees_with_torch() -> None:
    stft = ConvStft(16, 4)
    signal = torch.randn(1, 1, 400)
    spectrum = stft.transform(signal)
    expected = torch.stft(signal[0], 16, 4, window=torch.hann_window(16), return_complex=True)
    torch.testing.assert_close(spectrum[:, :9], expected.real)
    torch.testing.assert_close(spectrum[:, 9:], expected.imag)
    torch.testing.assert_close(stft.inverse(spectrum), signal[0])


def test_sizes_come_from_the_tensors(parity: Path) -> None:
    state = torch.load(parity / "token2wav" / "hift.pt", weights_only=True)
    config = HiftConfig.from_state_dict(fold_weight_norm(state))
    assert config.samples_per_frame == 480
    published = HiftConfig()
    assert config.upsample_kernel_sizes == published.upsample_kernel_sizes
    assert config.resblock_kernel_sizes == published.resblock_kernel_sizes


def test_fold_weight_norm_takes_the_norm_over_all_but_the_first_dimension() -> None:
    direction, gain = torch.randn(4, 3, 5), torch.rand(4, 1, 1)
    state = {
        "generator.conv.parametrizations.weight.original0": gain,
        "generator.conv.parametrizations.weight.original1": direction,
        "generator.conv.bias": torch.zeros(4),
    }
    folded = fold_weight_norm(state)
    assert set(folded) == {"conv.weight", "conv.bias"}
    torch.testing.assert_close(folded["conv.weight"].flatten(1).norm(dim=1), gain.flatten())
