# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""From the logits of an audio code to the next step's input: one Triton kernel of one program."""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .gemv import supports_pdl
from .launching import launch
from .top_k import (
    draw,
    load_largest,
    lower_bound,
    ordered,
    sorted_size,
    with_id,
    without_id,
)

_GROUPS = 256
"""Groups of logits, whose largest are compared first."""


class FusedCodeSampler:
    """Samples with up to 128 of up to 8,192 logits, which fit into one program's registers."""

    def __init__(
        self,
        emb_code: Tensor,
        *,
        temperature: float,
        top_k: int,
        top_p: float,
        repetition_penalty: float,
        min_tokens_to_keep: int,
        eos_id: int,
    ) -> None:
        """`emb_code`: [num_codes, width]. `top_k` is at least 1."""
        self._emb_code = emb_code
        self._arguments = (
            1 / temperature,
            top_k,
            top_p,
            math.log2(repetition_penalty),
            min_tokens_to_keep,
            eos_id,
        )
        self._keys = torch.empty(len(emb_code), dtype=torch.int64, device=emb_code.device)
        self._size = sorted_size(top_k)

    def __call__(
        self,
        logits: Tensor,
        *,
        count: Tensor,
        position: Tensor,
        embeds: Tensor,
        code: Tensor,
        recent: Tensor,
        uniforms: Tensor,
    ) -> None:
        """Sample a code from float32 `logits` [num_codes].

        The state is as `TurnState` in speech/audio_sampling.py has it.
        """
        num_codes, width = self._emb_code.shape
        use_pdl = logits.is_cuda and supports_pdl(logits.device)
        launch(
            _sample_code_kernel,
            (1,),
            logits,
            uniforms,
            self._emb_code,
            self._keys,
            count,
            position,
            recent,
            code,
            embeds,
            *self._arguments,
            num_codes,
            WINDOW=len(recent),
            WIDTH=width,
            PADDED_WIDTH=triton.next_power_of_2(width),
            BLOCK=max(4 * _GROUPS, triton.next_power_of_2(num_codes)),
            GROUPS=_GROUPS,
            SIZE=self._size,
            USE_PDL=use_pdl,
            num_warps=8,
            enable_fp_fusion=True,
            **({"launch_pdl": True} if use_pdl else {}),
        )


@triton.jit
def _sample_code_kernel(
    logits_ptr,
    uniforms_ptr,
    emb_code_ptr,
    keys_ptr,
    count_ptr,
    position_ptr,
    recent_ptr,
    code_ptr,
    embeds_ptr,
    inverse_temperature,
    top_k,
    top_p,
    log2_penalty,
    min_tokens_to_keep,
    eos_id,
    num_codes,
    WINDOW: tl.constexpr,
    WIDTH: tl.constexpr,
    PADDED_WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
    GROUPS: tl.constexpr,
    SIZE: tl.constexpr,
    USE_PDL: tl.constexpr,
):
    # this is older than the previous kernel
    ids = tl.arange(0, BLOCK)
    window = tl.arange(0, WINDOW)
    recent = tl.load(recent_ptr + window)
    later = tl.load(recent_ptr + window + 1, mask=window < WINDOW - 1, other=0)
    previous = tl.load(code_ptr)
    count = tl.load(count_ptr)
    uniform = tl.load(uniforms_ptr + count)
    repeats = tl.zeros([BLOCK], tl.int32)
    for i in tl.static_range(WINDOW):
        repeats += (ids == tl.load(recent_ptr + i)).to(tl.int32)
    if USE_PDL:
        ptx.gdc_wait()
    position = tl.load(position_ptr)
    logits = tl.load(logits_ptr + ids, mask=ids < num_codes, other=float("-inf"))
    logits *= inverse_temperature
    exponents = repeats.to(tl.float32) * log2_penalty
    logits *= tl.exp2(tl.where(logits < 0, exponents, -exponents))
    probs = tl.exp(logits - tl.max(logits, 0))
    # the first code of a turn is sampled unfiltered
    if tl.max(recent, 0) >= 0:
        threshold = _threshold(
            logits,
            ids,
            keys_ptr,
            top_k,
            top_p * tl.sum(probs, 0),
            min_tokens_to_keep,
            tl.max(logits, 0),
            BLOCK,
            GROUPS,
            SIZE,
        )
        probs = tl.where(logits >= threshold, probs, 0.0)
    code = draw(probs, uniform, BLOCK)
    columns = tl.arange(0, PADDED_WIDTH)
    mask = columns < WIDTH
    embed = tl.load(emb_code_ptr + code.to(tl.int64) * WIDTH + columns, mask=mask)
    ended = (previous == eos_id) | (code == eos_id)
    appended = tl.where(window < WINDOW - 1, later, code.to(tl.int64))
    tl.store(recent_ptr + window, tl.where(ended, recent, appended))
    tl.store(code_ptr, code.to(tl.int64))
    tl.store(count_ptr, count + 1)
    tl.store(position_ptr, position + 1)
    tl.store(embeds_ptr + columns, embed.to(tl.float32), mask=mask)


@triton.jit
def _threshold(
    logits,
    ids,
    keys_ptr,
    top_k,
    top_mass,
    min_tokens_to_keep,
    largest,
    BLOCK: tl.constexpr,
    GROUPS: tl.constexpr,
    SIZE: tl.constexpr,
):
    """Return the least logit that stays after top-k and top-p.

    `top_mass`: that of a code and all less likely ones is dropped if more likely ones have this.
    """
    # a group's logits are in one thread
    maxima = tl.max(tl.max(tl.reshape(logits, [BLOCK // (4 * GROUPS), GROUPS, 4]), 2), 0)
    values = ordered(logits)
    kept = (values >= lower_bound(ordered(maxima), top_k)) & (logits > float("-inf"))
    slots = tl.cumsum(kept.to(tl.int32), 0)
    num_keys = tl.max(slots, 0)
    tl.store(keys_ptr + slots - 1, with_id(values, ids), mask=kept)
    tl.debug_barrier()
    best = without_id(load_largest(keys_ptr, num_keys, SIZE))
    ranks = tl.arange(0, SIZE)
    probs = tl.where(ranks < tl.minimum(top_k, num_keys), tl.exp(best - largest), 0.0)
    before = tl.cumsum(probs, 0) - probs
    staying = tl.sum(((probs > 0) & (before < top_mass)).to(tl.int32), 0)
    staying = tl.minimum(tl.maximum(staying, min_tokens_to_keep), num_keys)
    return tl.max(tl.where(ranks == staying - 1, best, float("-inf")), 0)
