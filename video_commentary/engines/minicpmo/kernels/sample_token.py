# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""From the logits of a decode step to the next step's input: two Triton kernels.

The first processes the logits in blocks and keeps each group's largest. The k-th largest of these
is a lower bound of the k-th largest logit, so the second keeps the few logits that reach it, and
its last program sorts them and samples one.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .gemv import supports_pdl
from .launching import launch
from .reference import RMSNorm
from .top_k import (
    draw,
    id_of,
    load_largest,
    lower_bound,
    ordered,
    sorted_size,
    with_id,
    without_id,
)

_BLOCK, _LINE = 1024, 32
"""Logits of a program, and logits side by side of those that one program reads: 128 bytes."""
_MAX_GROUPS = 1024
"""Groups of logits, whose largest are in one program's registers."""


class FusedTokenSampler:
    """Samples with up to 256 of the largest logits; keeps 1.2 MB for a vocabulary of 152,000."""

    def __init__(
        self,
        embed_tokens: Tensor,
        norm: RMSNorm,
        *,
        temperature: float,
        top_k: int,
        top_p: float,
        repetition_penalty: float,
    ) -> None:
        """`embed_tokens`: [vocab_size, hidden_size]. `top_k` is at least 1; `top_p` 1 is off."""
        vocab_size, device = len(embed_tokens), embed_tokens.device
        self._embed_tokens = embed_tokens
        self._norm = norm
        self._scales = (1 / temperature, repetition_penalty, 1 / repetition_penalty)
        self._top_k = top_k
        self._top_p = top_p if top_p < 1 else float("inf")
        self._group = max(32, triton.next_power_of_2(triton.cdiv(vocab_size, _MAX_GROUPS)))
        self._block = max(_BLOCK, self._group)
        self._blocks = triton.cdiv(vocab_size, self._block)
        num_groups = self._blocks * (self._block // self._group)
        self._maxima = torch.empty(num_groups, device=device)
        self._keys = torch.empty(vocab_size, dtype=torch.int64, device=device)
        self._num_keys = torch.zeros(1, dtype=torch.int32, device=device)
        self._done_count = torch.zeros(1, dtype=torch.int32, device=device)
        self._size = sorted_size(top_k)

    def __call__(
        self,
        logits: Tensor,
        x: Tensor | None,
        *,
        count: Tensor,
        position: Tensor,
        embeds: Tensor,
        tokens: Tensor,
        hidden: Tensor,
        last_index: Tensor,
        uniforms: Tensor,
        window_starts: Tensor,
    ) -> None:
        """Sample a token from float32 `logits` [vocab_size], which are overwritten.

        The state and `x` are as `TokenSampler` in language/sampling.py has them.
        """
        vocab_size, hidden_size = self._embed_tokens.shape
        use_pdl = logits.is_cuda and supports_pdl(logits.device)
        width = {"WIDTH": hidden_size, "PADDED_WIDTH": triton.next_power_of_2(hidden_size)}
        options = {"enable_fp_fusion": True, **({"launch_pdl": True} if use_pdl else {})}
        launch(
            _process_logits_kernel,
            (self._blocks + 1,),
            logits,
            last_index,
            window_starts,
            count,
            self._maxima,
            logits if x is None else x,
            self._norm.weight,
            hidden,
            self._norm.eps,
            *self._scales,
            vocab_size,
            BLOCK=self._block,
            GROUP=self._group,
            LINE=_LINE,
            USE_PDL=use_pdl,
            num_warps=4,
            **width,
            **options,
        )
        launch(
            _sample_token_kernel,
            (self._blocks,),
            logits,
            self._maxima,
            self._keys,
            self._num_keys,
            self._done_count,
            uniforms,
            self._embed_tokens,
            count,
            position,
            last_index,
            tokens,
            embeds,
            self._top_k,
            self._top_p,
            vocab_size,
            len(self._maxima),
            BLOCK=self._block,
            PADDED_GROUPS=triton.next_power_of_2(len(self._maxima)),
            SIZE=self._size,
            USE_PDL=use_pdl,
            num_warps=4,
            **width,
            **options,
        )


@triton.jit
def _process_logits_kernel(
    logits_ptr,
    last_index_ptr,
    window_starts_ptr,
    count_ptr,
    maxima_ptr,
    x_ptr,
    norm_weight_ptr,
    hidden_ptr,
    eps,
    inverse_temperature,
    penalty,
    inverse_penalty,
    vocab_size,
    WIDTH: tl.constexpr,
    PADDED_WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
    GROUP: tl.constexpr,
    LINE: tl.constexpr,
    USE_PDL: tl.constexpr,
):
    block = tl.program_id(0)
    if USE_PDL:
        ptx.gdc_launch_dependents()
    # what the previous step wrote, or the beginning of the reply, is older than the last kernel
    count = tl.load(count_ptr)
    if block == tl.num_programs(0) - 1:
        if USE_PDL:
            ptx.gdc_wait()
        if count > 0:
            _store_hidden(
                x_ptr, norm_weight_ptr, hidden_ptr + (count - 1) * WIDTH, eps, WIDTH, PADDED_WIDTH
            )
    else:
        # likely ids are neighbours: lines of the whole vocabulary spread them among the groups
        lines = tl.arange(0, BLOCK // LINE)[:, None] * (tl.num_programs(0) - 1) + block
        ids = lines * LINE + tl.arange(0, LINE)[None]
        # behind the last logit: suppressed
        last_index = tl.load(last_index_ptr + ids, mask=ids < vocab_size, other=0x7FFFFFFF)
        suppressed = last_index == 0x7FFFFFFF
        penalised = last_index >= tl.load(window_starts_ptr + count)
        if USE_PDL:
            ptx.gdc_wait()
        logits = tl.load(logits_ptr + ids, mask=ids < vocab_size, other=0.0)
        repeated = logits * tl.where(logits > 0, inverse_penalty, penalty)
        logits = tl.where(penalised, repeated, logits) * inverse_temperature
        logits = tl.where(suppressed, float("-inf"), logits)
        tl.store(logits_ptr + ids, logits, mask=ids < vocab_size)
        GROUPS: tl.constexpr = BLOCK // GROUP
        grouped = tl.reshape(logits, [BLOCK // GROUPS, GROUPS])
        maxima = tl.max(grouped, 0)
        tl.store(maxima_ptr + block * GROUPS + tl.arange(0, GROUPS), maxima)


@triton.jit
def _store_hidden(
    x_ptr, norm_weight_ptr, hidden_ptr, eps, WIDTH: tl.constexpr, PADDED_WIDTH: tl.constexpr
):
    columns = tl.arange(0, PADDED_WIDTH)
    mask = columns < WIDTH
    x = tl.load(x_ptr + columns, mask=mask, other=0.0)
    weight = tl.load(norm_weight_ptr + columns, mask=mask, other=0.0)
    inverse_rms = tl.rsqrt(tl.sum(x * x, 0) / WIDTH + eps)
    tl.store(hidden_ptr + columns, x * inverse_rms * weight, mask=mask)


@triton.jit
def _sample_token_kernel(
    logits_ptr,
    maxima_ptr,
    keys_ptr,
    num_keys_ptr,
    done_count_ptr,
    uniforms_ptr,
    embed_tokens_ptr,
    count_ptr,
    position_ptr,
    last_index_ptr,
    tokens_ptr,
    embeds_ptr,
    top_k,
    top_p,
    vocab_size,
    num_groups,
    WIDTH: tl.constexpr,
    PADDED_WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
    PADDED_GROUPS: tl.constexpr,
    SIZE: tl.constexpr,
    USE_PDL: tl.constexpr,
):
    ids = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    offs_group = tl.arange(0, PADDED_GROUPS)
    if USE_PDL:
        ptx.gdc_wait()
    maxima = tl.load(maxima_ptr + offs_group, mask=offs_group < num_groups, other=float("-inf"))
    logits = tl.load(logits_ptr + ids, mask=ids < vocab_size, other=float("-inf"))
    values = ordered(logits)
    kept = (values >= lower_bound(ordered(maxima), top_k)) & (logits > float("-inf"))
    slots = tl.atomic_add(num_keys_ptr + tl.zeros_like(ids), 1, mask=kept, sem="relaxed")
    tl.store(keys_ptr + slots, with_id(values, ids), mask=kept)
    tl.debug_barrier()
    if tl.atomic_add(done_count_ptr, 1) == tl.num_programs(0) - 1:
        num_keys = tl.load(num_keys_ptr, cache_modifier=".cg")
        count = tl.load(count_ptr)
        position = tl.load(position_ptr)
        uniform = tl.load(uniforms_ptr + count)
        keys = load_largest(keys_ptr, num_keys, SIZE)
        rank = _sample_rank(keys, tl.minimum(top_k, num_keys), top_p, uniform, SIZE)
        token = id_of(tl.sum(tl.where(tl.arange(0, SIZE) == rank, keys, 0), 0))
        # without a logit to choose there is no token either
        token = tl.minimum(token, vocab_size - 1)
        columns = tl.arange(0, PADDED_WIDTH)
        mask = columns < WIDTH
        embed = tl.load(embed_tokens_ptr + token.to(tl.int64) * WIDTH + columns, mask=mask)
        tl.store(tokens_ptr + count, token.to(tl.int64))
        tl.store(last_index_ptr + token, count.to(tl.int32))
        tl.store(count_ptr, count + 1)
        tl.store(position_ptr, position + 1)
        tl.store(num_keys_ptr, 0)
        tl.store(done_count_ptr, 0)
        tl.store(embeds_ptr + columns, embed.to(tl.float32), mask=mask)


@triton.jit
def _sample_rank(keys, allowed, top_p, uniform, SIZE: tl.constexpr):
    """Return the place in sorted `keys` [SIZE] of the one sampled from the first `allowed`."""
    ranks = tl.arange(0, SIZE)
    logits = tl.where(ranks < allowed, without_id(keys), float("-inf"))
    probs = tl.where(ranks < allowed, tl.exp(logits - tl.max(logits, 0)), 0.0)
    probs /= tl.sum(probs, 0)
    before = tl.cumsum(probs, 0) - probs
    return draw(tl.where(before <= top_p, probs, 0.0), uniform, SIZE)
