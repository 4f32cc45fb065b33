"""The samplers' probabilities against recorded numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from video_commentary.engines.minicpmo.language.sampling import (
    SUPPRESSED,
    SamplingParams,
    process_logits,
    top_k_top_p,
)
from video_commentary.engines.minicpmo.language.tokenizer import Tokenizer

pytestmark = pytest.mark.parity
Arrays = dict[str, NDArray[Any]]
FROM_THE_FIRST = torch.tensor([0])


def params_of(facts: dict[str, Any]) -> SamplingParams:
    return SamplingParams(
        temperature=facts["temperature"],
        top_p=facts.get("top_p", 1.0),
        top_k=facts.get("top_k", 0),
        repetition_penalty=facts["repetition_penalty"],
        greedy=not facts.get("do_sample", True),
    )


def length_penalised(logits: torch.Tensor, eos_ids: list[int], penalty: float) -> torch.Tensor:
    """Return logits whose EOS tokens upstream has penalised; the engine leaves this at 1."""
    eos = logits[eos_ids]
    return logits.index_copy(
        0, torch.tensor(eos_ids), torch.where(eos > 0, eos / penalty, eos * penalty)
    )


def last_indices(ids: torch.Tensor, vocab_size: int) -> torch.Tensor:
    """Return the index of each id's last place in `ids`, -1 for none."""
    last_index = torch.full((vocab_size,), -1, dtype=torch.int32)
    for index, id in enumerate(ids.tolist()):
        last_index[id] = index
    return last_index


def probabilities(logits: torch.Tensor, params: SamplingParams) -> NDArray[np.float32]:
    values, ids = top_k_top_p(logits, params)
    return torch.zeros_like(logits).index_copy_(0, ids, values).numpy()


def test_streaming_sampler(parity: Path, golden: Any, arrays: Arrays) -> None:
    tokenizer = Tokenizer(parity / "checkpoint")
    for name, facts in golden["samp_text"].items():
        params = params_of(facts)
        logits = torch.from_numpy(arrays[f"samp_text/{name}/logits"])
        history = arrays[f"samp_text/{name}/history"].tolist()
        sampled = arrays[f"samp_text/{name}/tokens"].tolist()
        for step, row in enumerate(logits):
            recent = torch.tensor(history[-128:] + sampled[:step], dtype=torch.int64)
            raw = length_penalised(row, list(tokenizer.eos_ids), facts["length_penalty"])
            last_index = last_indices(recent, len(raw))
            last_index[list(tokenizer.unspeakable_tokens)] = SUPPRESSED
            processed = process_logits(raw, last_index, FROM_THE_FIRST, params)
            if params.greedy:
                assert processed.argmax() == sampled[step]
            else:
                np.testing.assert_allclose(
                    probabilities(processed, params),
                    arrays[f"samp_text/{name}/probs"][step],
                    rtol=0,
                    atol=2e-5,
                )


def test_chat_sampler(golden: Any, arrays: Arrays) -> None:
    params = params_of(golden["samp_chat"])
    sampled = torch.from_numpy(arrays["samp_chat/tokens"]).long()
    for step, row in enumerate(torch.from_numpy(arrays["samp_chat/logits"])):
        last_index = last_indices(sampled[:step], len(row))
        processed = process_logits(row, last_index, FROM_THE_FIRST, params)
        np.testing.assert_allclose(
            probabilities(processed, params), arrays["samp_chat/probs"][step], rtol=0, atol=2e-5
        )
