"""Sampling the next audio code, on the device and without a branch, so that a graph can hold it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ..language.sampling import draw

WINDOW = 16
"""Last codes that the repetition penalty covers."""
_MAX_FUSED_CODES, _MAX_FUSED_TOP_K = 8192, 128
"""What one program of a kernel can hold in its registers and sort."""


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
        logits = logits.float() * (1 / self.temperature)
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


@dataclass(frozen=True, kw_only=True)
class TurnState:
    """What a turn's codes leave on the device for the next one.

    `count`: int64 [1], the codes sampled of this group. `position`: int32 [1], where the last one
    will be decoded. `embeds`: float32 [1, width], its embedding. `code`: int64 [1]. `recent`: int64
    [WINDOW], the last codes of the turn, -1 for none. `uniforms`: float32 [codes of a group],
    numbers from 0 to 1 that decide which code is sampled.
    """

    count: Tensor
    position: Tensor
    embeds: Tensor
    code: Tensor
    recent: Tensor
    uniforms: Tensor


CodeSampler = Callable[[Tensor, TurnState], None]
"""Samples a code from float32 logits [num_audio_tokens] into the state.

An EOS code is not appended to the recent ones, nor is the code after it.
"""


def code_sampler(emb_code: Tensor, params: AudioSamplingParams) -> CodeSampler:
    """Return what samples: a kernel on a GPU if its program can hold it, else torch."""
    if emb_code.is_cuda and len(emb_code) <= _MAX_FUSED_CODES and params.top_k <= _MAX_FUSED_TOP_K:
        from ..kernels.sample_code import FusedCodeSampler

        fused = FusedCodeSampler(
            emb_code,
            temperature=params.temperature,
            top_k=params.top_k,
            top_p=params.top_p,
            repetition_penalty=params.repetition_penalty,
            min_tokens_to_keep=params.min_tokens_to_keep,
            eos_id=len(emb_code) - 1,
        )
        names = [field.name for field in fields(TurnState)]
        return lambda logits, state: fused(logits, **{name: getattr(state, name) for name in names})
    return lambda logits, state: sample_next_code(logits, state, emb_code, params)


def sample_next_code(
    logits: Tensor,
    state: TurnState,
    emb_code: Tensor,
    params: AudioSamplingParams,
    sample: Callable[[Tensor], Tensor] | None = None,
) -> None:
    """Sample a code in plain torch, see `CodeSampler`.

    `sample` chooses an id, int64 [1], from the processed logits.
    """
    logits = params.process_logits(logits, state.recent)
    uniform = state.uniforms[state.count]
    code = sample_code(logits, uniform) if sample is None else sample(logits)
    eos_id = len(emb_code) - 1
    appended = append_recent(state.recent, code, eos_id)
    state.recent.copy_(torch.where(state.code == eos_id, state.recent, appended))
    state.embeds.copy_(emb_code[code])
    state.code.copy_(code)
    state.count.add_(1)
    state.position.add_(1)


def sample_code(logits: Tensor, uniform: Tensor) -> Tensor:
    """Sample one id, int64 [1], from the softmax of `logits` [num_audio_tokens].

    `uniform`: float32 [1] from 0 to 1, it decides.
    """
    return draw(logits.softmax(0), uniform)


def append_recent(recent: Tensor, code: Tensor, eos_id: int) -> Tensor:
    """Return `recent` with `code` [1] appended, unchanged if it is `eos_id`."""
    return torch.where(code == eos_id, recent, torch.cat([recent[1:], code]))
