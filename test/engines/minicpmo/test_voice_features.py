from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from video_commentary.engines.minicpmo.speech.voice_features import (
    flow_mel,
    resample,
    speaker_fbank,
    whisper_mel,
)


@pytest.mark.parity
def test_features_of_a_recorded_sample(parity: Path) -> None:
    recorded = np.load(parity / "token2wav" / "prompt_features.npz")
    sound = torch.from_numpy(recorded["pcm16"].astype(np.float32) / 32768)
    np.testing.assert_allclose(whisper_mel(sound), recorded["log_mel128"], atol=1e-4)
    np.testing.assert_allclose(speaker_fbank(sound), recorded["fbank80_centered"], atol=2e-3)
    at24k = resample(sound, 16_000, 24_000)
    np.testing.assert_allclose(at24k, recorded["wav24k"], atol=1e-5)
    np.testing.assert_allclose(flow_mel(at24k), recorded["mel24k"], atol=1e-4)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_a_tone(rate: int) -> None:
    seconds = torch.arange(rate) / rate
    there = resample(torch.sin(2 * torch.pi * 440 * seconds), rate, 24_000)
    assert len(there) == 24_000
    expected = torch.sin(2 * torch.pi * 440 * torch.arange(24_000) / 24_000)
    torch.testing.assert_close(there[200:-200], expected[200:-200], atol=2e-3, rtol=0)
