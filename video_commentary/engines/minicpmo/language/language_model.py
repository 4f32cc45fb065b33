"""Prompt in, tokens out: prefix caching, prefill, and decoding one step ahead of the host."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ....core.cancel import CancelToken
from ....core.engine import EngineError
from .decode_step import DecodeStep
from .qwen3 import Qwen3
from .sampling import SamplingParams

LOG = logging.getLogger(__name__)

PREFILL_ROWS = (*range(64, 640, 64), *range(640, 1025, 128))
"""Numbers of rows whose prefill is captured: up to 14 frames and some text. A tile of a matrix
product has 128 rows."""


@dataclass(frozen=True)
class GeneratedToken:
    """A sampled token; `hidden` [index, hidden_size]: the states of the tokens before it."""

    id: int
    hidden: Tensor


class LanguageModel:
    """The language model with one session at a time in its KV cache."""

    def __init__(
        self,
        model: Qwen3,
        params: SamplingParams,
        *,
        suppress_tokens: Sequence[int],
        unspeakable_tokens: Sequence[int] = (),
        eos_ids: Sequence[int],
        media_start_ids: Sequence[int],
    ) -> None:
        self._model = model
        self._device = model.embed_tokens.device
        self._media_start_ids = torch.tensor(media_start_ids)
        self._eos_ids = frozenset(eos_ids)
        self._cached_prefix: list[int] = []
        self._step = DecodeStep(model, params, suppress_tokens, unspeakable_tokens)
        # its own, and ahead of the one on which frames are encoded as they arrive
        self._stream = (
            torch.cuda.Stream(self._device, priority=-1) if self._device.type == "cuda" else None
        )

    @property
    def max_seq_len(self) -> int:
        """Positions that a prompt and its reply share."""
        return self._model.decoder.max_seq_len

    def capture(self) -> None:
        """Compile the kernels and capture the decode step, so that no comment waits for it."""
        if self._stream is not None:
            self._stream.wait_stream(torch.cuda.current_stream(self._device))
            with torch.cuda.stream(self._stream):
                self._model.decoder.capture_prefill(
                    n for n in PREFILL_ROWS if n <= self.max_seq_len
                )
                self._step.capture()
                LOG.info("a decode step takes %.2f ms", 1e3 * self._step.seconds())
        self._cached_prefix = []

    @torch.inference_mode()
    def embed(self, ids: Sequence[int], media_embeds: Sequence[Tensor]) -> Tensor:
        """Return embeddings [n, hidden_size] of `ids`.

        `media_embeds`, of images and sounds in order, take the place of the placeholders' rows.
        Raise ValueError if there are more or fewer of them than places.
        """
        input_ids = torch.tensor(ids)
        rows = self._model.embed_tokens[input_ids.to(self._device)]
        starts = torch.isin(input_ids, self._media_start_ids).nonzero().flatten().tolist()
        if len(starts) != len(media_embeds):
            raise ValueError(
                f"{len(media_embeds)} images and sounds for {len(starts)} places in the prompt"
            )
        for start, embeds in zip(starts, media_embeds, strict=True):
            if embeds.is_cuda:
                embeds.record_stream(torch.cuda.current_stream())
            rows[start + 1 : start + 1 + len(embeds)] = embeds.to(rows.dtype)
        return rows

    def prefill(
        self,
        prefix: Sequence[int],
        rest: Sequence[int],
        media_embeds: Sequence[Tensor],
        *,
        max_new_tokens: int,
        speak: bool = False,
    ) -> None:
        """Begin a session with the prompt `prefix` + `rest`; a `prefix` still cached is reused.

        `speak`: the reply is for the model's own voice, without what that can't speak. Raise
        EngineError if prompt and `max_new_tokens` do not fit into the context.
        """
        total = len(prefix) + len(rest) + max_new_tokens + 1
        if total > self.max_seq_len:
            raise EngineError(
                f"the prompt needs {total} tokens of context, {self.max_seq_len} are set: "
                "lower frames_per_request, max_slice_nums or hear_seconds, or raise context_tokens",
                retry=False,
            )
        with torch.cuda.stream(self._stream):
            if list(prefix) != self._cached_prefix:
                self._cached_prefix = []
                self._model.decoder.prefill(self.embed(prefix, []), 0)
                self._cached_prefix = list(prefix)
            hidden = self._model.decoder.prefill(self.embed(rest, media_embeds), len(prefix))
            self._step.reset(hidden, len(prefix) + len(rest), speak=speak)

    def generate(
        self, max_new_tokens: int, cancel: CancelToken, *, ignore_eos: bool = False
    ) -> Iterator[GeneratedToken]:
        """Yield up to `max_new_tokens` tokens of the reply; an EOS token ends it, not yielded.

        While the host reads a token, the device already decodes the next; the surplus at the end
        is never read. `ignore_eos` treats EOS tokens like others.
        """
        step = self._step
        with torch.cuda.stream(self._stream):
            step.sample_first()
        for index in range(max_new_tokens):
            # not around the yield: the caller would run on this stream too
            with torch.cuda.stream(self._stream):
                step.advance()
            token = step.read(index)
            if cancel.cancelled or (token in self._eos_ids and not ignore_eos):
                return
            yield GeneratedToken(token, step.hidden[:index])

    def has_finite_logits(self) -> bool:
        """Return whether the reply generated last began with finite logits."""
        with torch.cuda.stream(self._stream):
            return self._step.has_finite_logits()

    def ended_with_eos(self, count: int) -> bool:
        """Return whether an EOS token follows the `count` tokens yielded, even at the limit."""
        return self._step.read(count) in self._eos_ids

    def hidden_states(self, count: int) -> Tensor:
        """Return the hidden states [count, hidden_size] of a finished reply's tokens."""
        self._step.read(count)
        return self._step.hidden[:count]
