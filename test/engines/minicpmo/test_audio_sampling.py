from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from video_commentary.engines.minicpmo.speech.audio_sampling import (
    WINDOW,
    AudioSamplingParams,
    append_recent,
    sample_code,
)


def recent(history: list[int]) -> Tensor:
    kept = history[-WINDOW:]
    return torch.tensor([-1] * (WINDOW - len(kept)) + kept)


@pytest.mark.parity
def test_supports_and_probabilities(parity: Path) -> None:
    golden = np.load(parity / "golden.npz")
    history = golden["samp_audio/history"].tolist()
    for step, length in enumerate(golden["samp_audio/history_len"]):
        logits = torch.from_numpy(golden["samp_audio/logits"][step])
        processed = AudioSamplingParams().process_logits(logits, recent(history[:length]))
        support = golden["samp_audio/support"][step]
        support = support[support >= 0]
        assert processed.isfinite().nonzero().flatten().tolist() == sorted(support)
        probs = golden["samp_audio/probs"][step][: len(support)]
        made = processed.softmax(0)[torch.from_numpy(support)]
        np.testing.assert_allclose(made, probs, atol=2e-5)


def test_the_first_code_of_a_turn_is_sampled_unfiltered() -> None:
    processed = AudioSamplingParams().process_logits(torch.randn(100), recent([]))
    assert processed.isfinite().all()


def test_three_codes_always_stay() -> None:
    logits = torch.zeros(100)
    logits[7] = 50.0
    processed = AudioSamplingParams().process_logits(
        logits + torch.linspace(0, 1e-3, 100), recent([1])
    )
    assert processed.isfinite().nonzero().flatten().tolist() == [7, 98, 99]


def test_only_the_window_is_penalised() -> None:
    logits = torch.linspace(1, 2, 50)
    old = AudioSamplingParams().process_logits(logits, recent([49] + [0] * WINDOW)).softmax(0)
    new = AudioSamplingParams().process_logits(logits, recent([0] * WINDOW + [49])).softmax(0)
    assert new[49] < old[49]


def test_samples_follow_the_probabilities() -> None:
    uniforms = torch.rand(4000, 1, generator=torch.Generator().manual_seed(0))
    wanted = torch.tensor([0.5, 0.3, 0.2, 0.0])
    sampled = torch.cat([sample_code(wanted.log(), uniform) for uniform in uniforms])
    share = torch.bincount(sampled, minlength=4) / 4000
    torch.testing.assert_close(share, wanted, atol=0.03, rtol=0)


def test_an_eos_code_is_not_recent() -> None:
    before = recent([1, 2, 3])
    assert torch.equal(append_recent(before, torch.tensor([9]), eos_id=9), before)
    assert append_recent(before, torch.tensor([8]), eos_id=9).tolist()[-4:] == [1, 2, 3, 8]
