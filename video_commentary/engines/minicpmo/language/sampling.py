"""The next token: suppression, repetition penalty, temperature, top-k and top-p, on the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ..kernels.reference import RMSNorm

FIRST_CHUNK, CHUNK, WINDOW = 11, 10, 128
"""Tokens in the first and in later chunks of a reply; tokens before a chunk still penalised."""
SUPPRESSED = torch.iinfo(torch.int32).max
"""Stands in `last_index` for an id that must not be sampled."""
_MAX_FUSED_TOP_K = 256
"""With more, the kernels would sort too much."""


@dataclass(frozen=True, kw_only=True)
class SamplingParams:
    """`top_k` 0 and `top_p` 1 are off. `greedy` takes the largest logit after the penalties."""

    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int = 100
    repetition_penalty: float = 1.02
    greedy: bool = False


@dataclass(frozen=True, kw_only=True)
class ReplyState:
    """What a reply's tokens leave on the device for the next one.

    `count`: int64 [1], the tokens sampled so far. `position`: int32 [1], where the last one will be
    decoded. `embeds`: float32 [1, hidden_size], its embedding. `tokens`: int64 [max_new_tokens].
    `hidden`: float32 [max_new_tokens, hidden_size], the hidden states of the tokens decoded.
    `last_index`: int32 [vocab_size], the index of each id's last token, -1 for none, or SUPPRESSED.
    `uniforms`: float32 [max_new_tokens], numbers from 0 to 1 that decide which token is sampled.
    `window_starts`: int64 [max_new_tokens], the first token that is still penalised.
    """

    count: Tensor
    position: Tensor
    embeds: Tensor
    tokens: Tensor
    hidden: Tensor
    last_index: Tensor
    uniforms: Tensor
    window_starts: Tensor


TokenSampler = Callable[[Tensor, "Tensor | None", ReplyState], None]
"""Samples a token from float32 logits [vocab_size], which it may overwrite, into the state.

The second argument is the last layer's output [1, hidden_size] of the token before, if there is
one: its norm is the token's hidden state.
"""


def token_sampler(embed_tokens: Tensor, norm: RMSNorm, params: SamplingParams) -> TokenSampler:
    """Return what samples: two kernels on a GPU for a `top_k` within their bounds, else torch."""
    if embed_tokens.is_cuda and not params.greedy and 0 < params.top_k <= _MAX_FUSED_TOP_K:
        from ..kernels.sample_token import FusedTokenSampler

        fused = FusedTokenSampler(
            embed_tokens,
            norm,
            temperature=params.temperature,
            top_k=params.top_k,
            top_p=params.top_p,
            repetition_penalty=params.repetition_penalty,
        )
        names = [field.name for field in fields(ReplyState)]
        return lambda logits, x, state: fused(
            logits, x, **{name: getattr(state, name) for name in names}
        )
    return lambda logits, x, state: sample_token(logits, x, state, embed_tokens, norm, params)


def sample_token(
    logits: Tensor,
    x: Tensor | None,
    state: ReplyState,
    embed_tokens: Tensor,
    norm: RMSNorm,
    params: SamplingParams,
) -> None:
    """Sample a token in plain torch, see `TokenSampler`."""
    if x is not None:
        state.hidden.index_copy_(0, state.count - 1, norm(x))
    window_start = state.window_starts[state.count]
    logits = process_logits(logits, state.last_index, window_start, params)
    token = sample(logits, params, state.uniforms[state.count])
    state.embeds.copy_(embed_tokens[token])
    state.tokens.index_copy_(0, state.count, token)
    state.last_index.index_copy_(0, token, state.count.int())
    state.count.add_(1)
    state.position.add_(1)


def penalty_window_start(count: int) -> int:
    """Return the first of `count` generated tokens that the repetition penalty still covers."""
    later = count - FIRST_CHUNK
    chunk = 0 if later < 0 else FIRST_CHUNK + later // CHUNK * CHUNK
    return max(0, chunk - WINDOW)


def process_logits(
    logits: Tensor, last_index: Tensor, window_start: Tensor, params: SamplingParams
) -> Tensor:
    """Return float32 logits [vocab_size] after suppression, penalty and temperature.

    `last_index`: see `ReplyState`; ids since `window_start` (int64 [1]) are penalised.
    """
    # products with inverses: so a GPU divides by a number, and the kernels give the same
    penalty = params.repetition_penalty
    repeated = torch.where(logits > 0, logits * (1 / penalty), logits * penalty)
    logits = torch.where(last_index >= window_start, repeated, logits) * (1 / params.temperature)
    return logits.masked_fill(last_index == SUPPRESSED, float("-inf"))


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


def sample(logits: Tensor, params: SamplingParams, uniform: Tensor) -> Tensor:
    """Return the next token's id, int64 [1], without waiting for the device.

    `uniform`: float32 [1] from 0 to 1, it decides.
    """
    if params.greedy:
        return logits.argmax(0, keepdim=True)
    probs, ids = top_k_top_p(logits, params)
    return ids[draw(probs, uniform)]


def draw(probs: Tensor, uniform: Tensor) -> Tensor:
    """Return the index, int64 [1], of one of `probs`, as likely as it is large.

    `uniform`: float32 [1] from 0 to 1, it decides.
    """
    cumulative = probs.cumsum(0)
    possible = probs > 0
    reached = possible & (cumulative > uniform * cumulative[-1:])
    # one that is possible even if rounding leaves none reached
    return (possible.int() + reached.int()).argmax(0, keepdim=True)
