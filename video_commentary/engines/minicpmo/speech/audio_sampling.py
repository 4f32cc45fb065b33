"""Sampling the next audio code, on the device and without a branch, so that a graph can hold it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

WINDOW = 16
"""Last codes that the repetition penalty covers."""


@dataclass(frozen=True, kw_only=True)
class AudioSamplingParams:
    """How audio codes are sampled; the defaults are the published ones."""

    temperature: float = 0.8
    top_p: float = 0.85
    top_k: int = 25
    repetition_penalty: float = 1.05
    min_tokens_to_keep: int = 3

    def process_logits(self, logits: Tensor, recent: Tensor) -> Tensor:
        """Return float32 logits [num_audio_tokens]; -inf for codes that must not be sampled.

        `recent`: int64 [WINDOW], the last codes, -1 for none. The first code of a turn is sampled
        unfiltered, as upstream does.
        """
        num_codes = len(logits)
        logits = logits.float() / self.temperature
        # ids of -1 are counted in one more bin, which is cut off
        bins = torch.where(recent < 0, num_codes, recent)
        counts = logits.new_zeros(num_codes + 1).index_add(0, bins, logits.new_ones(WINDOW))
        penalty = self.repetition_penalty ** counts[:num_codes]
        logits = torch.where(logits < 0, logits * penalty, logits / penalty)
        best = logits.topk(min(self.top_k, num_codes)).values
        probs = torch.exp(best - logits.logsumexp(0))
        # the mass of a code and all less likely ones: upstream drops it up to 1 - top_p
        rest = 1 - (probs.cumsum(0) - probs)
        kept = (rest > 1 - self.top_p).sum().clamp(min=self.min_tokens_to_keep)
        threshold = best.index_select(0, kept[None] - 1)
        allowed = (logits >= threshold) | (recent < 0).all()
        return logits.masked_fill(~allowed, float("-inf"))


def sample_code(logits: Tensor) -> Tensor:
    """Sample one id, int64 [1], from the softmax of `logits` [num_audio_tokens] (Gumbel trick)."""
    exponential = torch.empty_like(logits).exponential_()
    return (logits - exponential.log()).argmax(keepdim=True)


def append_recent(recent: Tensor, code: Tensor, eos_id: int) -> Tensor:
    """Return `recent` with `code` [1] appended, unchanged if it is `eos_id`."""
    return torch.where(code == eos_id, recent, torch.cat([recent[1:], code]))
