"""The next token: suppression, repetition penalty, temperature, top-k and top-p, on the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FIRST_CHUNK, CHUNK, WINDOW = 11, 10, 128
"""Tokens in the first and in later chunks of a reply; tokens before a chunk still penalised."""


@dataclass(frozen=True, kw_only=True)
class SamplingParams:
    """`top_k` 0 and `top_p` 1 are off. `greedy` takes the largest logit after the penalties."""

    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int = 100
    repetition_penalty: float = 1.02
    greedy: bool = False


def penalty_window_start(count: int) -> int:
    """Return the first of `count` generated tokens that the repetition penalty still covers."""
    later = count - FIRST_CHUNK
    chunk = 0 if later < 0 else FIRST_CHUNK + later // CHUNK * CHUNK
    return max(0, chunk - WINDOW)


def process_logits(
    logits: Tensor, recent: Tensor, suppress_tokens: Tensor, params: SamplingParams
) -> Tensor:
    """Return float32 logits [vocab_size] after suppression, penalty and temperature.

    `recent`: ids to penalise; one given twice, or suppressed as well, does no harm.
    """
    logits = logits.index_fill(0, suppress_tokens, float("-inf"))
    penalty = params.repetition_penalty
    if penalty != 1:
        repeated = logits[recent]
        repeated = torch.where(repeated > 0, repeated / penalty, repeated * penalty)
        logits.index_copy_(0, recent, repeated)
    return logits / params.temperature


def top_k_top_p(logits: Tensor, params: SamplingParams) -> tuple[Tensor, Tensor]:
    """Return probabilities, largest first, and ids of the tokens that may be sampled."""
    count = min(params.top_k or len(logits), len(logits))
    values, ids = logits.topk(count)
    probs = values.softmax(0)
    if params.top_p < 1:
        before = probs.cumsum(0) - probs
        probs = probs.where(before <= params.top_p, 0.0)
        probs = probs / probs.sum()
    return probs, ids


def sample(
    logits: Tensor, params: SamplingParams, generator: torch.Generator | None = None
) -> Tensor:
    """Return the next token's id, int64 [1], without waiting for the device."""
    if params.greedy:
        return logits.argmax(0, keepdim=True)
    probs, ids = top_k_top_p(logits, params)
    # the largest of p / Exp(1) falls on each id with probability p
    noise = torch.empty_like(probs).exponential_(generator=generator)
    return ids[(probs / noise).argmax(0, keepdim=True)]
