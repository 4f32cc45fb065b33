from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from video_commentary.engines.minicpmo.speech.audio_sampling import AudioSamplingParams
from video_commentary.engines.minicpmo.speech.talker import (
    MAX_NEW_CODES,
    Talker,
    TalkerConfig,
)

from .talkers import silence_after, tiny_talker, tts_config, tts_tensors

pytestmark = pytest.mark.parity


@dataclasses.dataclass(frozen=True)
class RecordingParams(AudioSamplingParams):
    """Records the logits before and after processing."""

    logits: list[Tensor] = dataclasses.field(default_factory=list)
    processed: list[Tensor] = dataclasses.field(default_factory=list)

    def process_logits(self, logits: Tensor, recent: Tensor) -> Tensor:
        self.logits.append(logits.clone())
        self.processed.append(super().process_logits(logits, recent))
        return self.processed[-1]


def turns(parity: Path) -> list[dict[str, Any]]:
    record = json.loads((parity / "golden.json").read_text())
    turns: list[dict[str, Any]] = record["speech"]
    return turns


def test_conditions(parity: Path) -> None:
    golden = np.load(parity / "golden.npz")
    talker = tiny_talker(parity, lambda logits: logits.argmax(keepdim=True))
    for turn in turns(parity):
        name = f"speech{turn['scenario']}"
        ids = torch.tensor([code for chunk in turn["spoken_chunks"] for code in chunk])
        hidden = torch.from_numpy(golden[f"{name}/llm_hidden"])
        np.testing.assert_allclose(
            talker.condition(ids, hidden), golden[f"{name}/conditions"], atol=1e-5
        )


@pytest.mark.parametrize("attention", ["full_attention", "sliding_recompute"])
def test_every_turn_teacher_forced(parity: Path, attention: str) -> None:
    golden = np.load(parity / "golden.npz")
    chosen = [turn for turn in turns(parity) if turn["attention"] == attention]
    assert chosen
    for turn in chosen:
        name = f"speech{turn['scenario']}/{attention}"
        recorded = {
            key: golden[f"{name}/{key}"]
            for key in ("tokens", "logits", "support", "probs", "last_position")
        }
        conditions = torch.from_numpy(golden[f"speech{turn['scenario']}/conditions"])
        params, positions = _forced(parity, turn, recorded["tokens"].tolist(), conditions)
        np.testing.assert_allclose(torch.stack(params.logits), recorded["logits"], atol=5e-4)
        assert positions == recorded["last_position"].tolist()
        for step, processed in enumerate(params.processed):
            if step in turn["unfiltered_steps"]:
                expected = golden[f"{name}/unfiltered_probs_{step}"]
                np.testing.assert_allclose(processed.softmax(0), expected, atol=1e-4)
                continue
            support = recorded["support"][step]
            support = support[support >= 0]
            assert processed.isfinite().nonzero().flatten().tolist() == sorted(support)
            np.testing.assert_allclose(
                processed.softmax(0)[torch.from_numpy(support)],
                recorded["probs"][step][: len(support)],
                atol=1e-4,
            )


def _forced(
    parity: Path, turn: dict[str, Any], tokens: list[int], conditions: Tensor
) -> tuple[RecordingParams, list[int]]:
    """Speak a turn whose codes are `tokens`; return what the sampler saw, and positions."""
    positions: list[int] = []
    script = iter(tokens)

    def sample(logits: Tensor) -> Tensor:
        positions.append(int(talker._state.position))
        return torch.tensor([next(script)])

    params = RecordingParams()
    config = TalkerConfig.from_tts_config(
        {**tts_config(parity), "attention_type": turn["attention"]}
    )
    talker = Talker(
        tts_tensors(parity), dataclasses.replace(config, sampling=params), sample=sample
    )
    groups = zip(conditions.split(turn["condition_lengths"]), turn["text_finished"], strict=True)
    said = [list(talker.generate(group, last)) for group, last in groups]
    assert [len(codes) for codes in said] == turn["audio_len_per_chunk"]
    return params, positions


def test_a_turn_does_not_hear_the_one_before(parity: Path) -> None:
    talker = tiny_talker(parity, silence_after(parity, 20))
    group = torch.randn(10, tts_config(parity)["hidden_size"])
    first = list(talker.generate(group, False))
    left_off = talker.generate(group, False)
    next(left_off)
    del left_off
    talker.start()
    talker._sample_code = silence_after(parity, 20)
    assert list(talker.generate(group, False)) == first


def test_a_group_ends_after_500_codes(parity: Path) -> None:
    eos_id = tts_config(parity)["num_audio_tokens"] - 1
    talker = tiny_talker(parity, lambda logits: logits[:eos_id].argmax(keepdim=True))
    group = torch.randn(2, tts_config(parity)["hidden_size"])
    said = list(talker.generate(group, False))
    assert len(said) == MAX_NEW_CODES
    assert talker._state.recent.tolist() == said[-16:]
    assert talker._seq_len == 2 + 1 + MAX_NEW_CODES


def test_a_turn_longer_than_the_cache_goes_on(parity: Path) -> None:
    talker = tiny_talker(parity, silence_after(parity, 60), max_seq_len=MAX_NEW_CODES + 100)
    group = torch.randn(10, tts_config(parity)["hidden_size"])
    for _ in range(5):
        assert len(list(talker.generate(group, False))) == 60


def test_an_unknown_attention_is_refused(parity: Path) -> None:
    with pytest.raises(ValueError, match="neither full_attention nor sliding_recompute"):
        TalkerConfig.from_tts_config({**tts_config(parity), "attention_type": "window"})
