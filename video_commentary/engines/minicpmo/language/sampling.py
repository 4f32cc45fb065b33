"""Which token comes next: suppression, penalties, temperature, top-k and top-p, on the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FIRST_CHUNK, CHUNK, WINDOW = 11, 10, 128
"""Ids in the first and in later chunks of a reply; ids before a chunk that are still penalised."""


@dataclass(frozen=True)
class Sampling:
    """`top_k` 0 and `top_p` 1 mean all; `greedy` takes the best after penalties."""

    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int = 100
    repetition_penalty: float = 1.02
    length_penalty: float = 1.0
    greedy: bool = False


def window_start(count: int) -> int:
    """Return the first of `count` generated ids that counts as repeated when seen again."""
    later = count - FIRST_CHUNK
    chunk = 0 if later < 0 else FIRST_CHUNK + later // CHUNK * CHUNK
    return max(0, chunk - WINDOW)


def scores(
    logits: Tensor, recent: Tensor, suppressed: Tensor, terminators: Tensor, sampling: Sampling
) -> Tensor:
    """Return float32 logits [vocabulary] after suppression, penalties and temperature.

    `recent`: ids that count as repeated; a repeated or a suppressed one in it does no harm.
    """
    logits = logits.index_fill(0, suppressed, float("-inf"))
    penalty = sampling.repetition_penalty
    if penalty != 1:
        logits.index_copy_(0, recent, _penalised(logits[recent], penalty))
    penalty = sampling.length_penalty
    if penalty != 1:
        logits.index_copy_(0, terminators, _penalised(logits[terminators], penalty))
    return logits / sampling.temperature


def shortlist(scores: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Return probabilities, the largest first, and ids of the tokens that may be drawn."""
    count = min(sampling.top_k or len(scores), len(scores))
    values, ids = scores.topk(count)
    probabilities = values.softmax(0)
    if sampling.top_p < 1:
        before = probabilities.cumsum(0) - probabilities
        probabilities = probabilities.where(before <= sampling.top_p, 0.0)
        probabilities = probabilities / probabilities.sum()
    return probabilities, ids


def draw(scores: Tensor, sampling: Sampling, generator: torch.Generator | None) -> Tensor:
    """Return the next id, int64 [1], without waiting for the device."""
    if sampling.greedy:
        return scores.argmax(0, keepdim=True)
    probabilities, ids = shortlist(scores, sampling)
    # the largest of p / Exp(1) falls on each id with probability p
    noise = torch.empty_like(probabilities).exponential_(generator=generator)
    return ids[(probabilities / noise).argmax(0, keepdim=True)]


def _penalised(logits: Tensor, penalty: float) -> Tensor:
    return torch.where(logits > 0, logits / penalty, logits * penalty)
