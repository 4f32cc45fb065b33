"""The samplers' probabilities against recorded numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from video_commentary.engines.minicpmo.language.sampling import Sampling, scores, shortlist
from video_commentary.engines.minicpmo.language.tokens import Tokens

pytestmark = pytest.mark.parity
Arrays = dict[str, NDArray[Any]]


def sampling_of(facts: dict[str, Any]) -> Sampling:
    return Sampling(
        temperature=facts["temperature"],
        top_p=facts.get("top_p", 1.0),
        top_k=facts.get("top_k", 0),
        repetition_penalty=facts["repetition_penalty"],
        length_penalty=facts.get("length_penalty", 1.0),
        greedy=not facts.get("do_sample", True),
    )


def probabilities(ranked: torch.Tensor, sampling: Sampling) -> NDArray[np.float32]:
    values, ids = shortlist(ranked, sampling)
    return torch.zeros_like(ranked).index_copy_(0, ids, values).numpy()


def test_streaming_sampler(parity: Path, golden: Any, arrays: Arrays) -> None:
    tokens = Tokens(parity / "checkpoint")
    suppressed = torch.tensor(tokens.suppressed)
    terminators = torch.tensor(tokens.terminators)
    for name, facts in golden["samp_text"].items():
        sampling = sampling_of(facts)
        logits = torch.from_numpy(arrays[f"samp_text/{name}/logits"])
        history = arrays[f"samp_text/{name}/history"].tolist()
        drawn = arrays[f"samp_text/{name}/tokens"].tolist()
        for step, row in enumerate(logits):
            recent = torch.tensor(history[-128:] + drawn[:step], dtype=torch.int64)
            ranked = scores(row, recent, suppressed, terminators, sampling)
            if sampling.greedy:
                assert ranked.argmax() == drawn[step]
            else:
                np.testing.assert_allclose(
                    probabilities(ranked, sampling),
                    arrays[f"samp_text/{name}/probs"][step],
                    rtol=0,
                    atol=2e-5,
                )


def test_chat_sampler(golden: Any, arrays: Arrays) -> None:
    sampling = sampling_of(golden["samp_chat"])
    none = torch.zeros(0, dtype=torch.int64)
    drawn = torch.from_numpy(arrays["samp_chat/tokens"]).long()
    for step, row in enumerate(torch.from_numpy(arrays["samp_chat/logits"])):
        ranked = scores(row, drawn[:step], none, none, sampling)
        np.testing.assert_allclose(
            probabilities(ranked, sampling), arrays["samp_chat/probs"][step], rtol=0, atol=2e-5
        )
