"""Drawing the next audio code, on the device and without a branch, so that a graph can hold it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

WINDOW = 16
"""Kept codes that the repetition penalty looks back on."""


@dataclass(frozen=True)
class AudioSampling:
    """How audio codes are drawn; the defaults are the published ones."""

    temperature: float = 0.8
    top_p: float = 0.85
    top_k: int = 25
    repetition_penalty: float = 1.05
    at_least: int = 3

    def filtered(self, logits: Tensor, recent: Tensor) -> Tensor:
        """Return float32 log-scores [A] of raw `logits` [A]; -inf what must not be drawn.

        `recent` int64 [WINDOW]: codes kept last, -1 where there is none. The very first code of a
        turn is drawn unfiltered, as upstream does.
        """
        codes = len(logits)
        scores = logits.float() / self.temperature
        # ids of -1 are counted in one more bin, which is cut off
        slots = torch.where(recent < 0, codes, recent)
        count = scores.new_zeros(codes + 1).index_add(0, slots, scores.new_ones(WINDOW))[:codes]
        penalty = self.repetition_penalty**count
        scores = torch.where(scores < 0, scores * penalty, scores / penalty)
        best = scores.topk(min(self.top_k, codes)).values
        likely = torch.exp(best - scores.logsumexp(0))
        # the mass of a code and all less likely ones: upstream drops where this is <= 1 - top_p
        rest = 1 - (likely.cumsum(0) - likely)
        kept = (rest > 1 - self.top_p).sum().clamp(min=self.at_least)
        threshold = best.index_select(0, kept[None] - 1)
        allowed = (scores >= threshold) | (recent < 0).all()
        return scores.masked_fill(~allowed, float("-inf"))


def draw(scores: Tensor) -> Tensor:
    """Draw one id, int64 [1], with softmax probabilities of `scores` [A] (the Gumbel trick)."""
    exponential = torch.empty_like(scores).exponential_()
    return (scores - exponential.log()).argmax(keepdim=True)


def remember(recent: Tensor, code: Tensor, end: int) -> Tensor:
    """Return `recent` with `code` [1] appended, unchanged if it is the `end` of audio."""
    return torch.where(code == end, recent, torch.cat([recent[1:], code]))
