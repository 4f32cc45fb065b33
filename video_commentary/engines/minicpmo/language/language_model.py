"""Prompt in, tokens out: prefix caching, prefill, and decoding one step ahead of the host."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from ....core.cancel import CancelToken
from ....core.engine import EngineError
from .decode_step import DecodeStep
from .qwen3 import Qwen3
from .sampling import SamplingParams

LOG = logging.getLogger(__name__)

PREFILL_ROWS = (*range(64, 384, 64), *range(384, 640, 32), *range(640, 1025, 128))
"""Numbers of rows whose prefill is captured: up to 14 frames and some text.

They are closest where most prompts are, those with four frames: 16 rows of padding cost 3 %.
"""


CHUNK_ROWS = 128
"""Rows of a prefill that can be cancelled, between two checks: a comment waits for them."""


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
        self._media_start_ids = frozenset(media_start_ids)
        self._eos_ids = frozenset(eos_ids)
        self._cached_prefix: list[int] = []
        self._prompt_end = 0
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
        rows = self._model.embed_tokens[torch.tensor(ids, device=self._device)]
        starts = [index for index, id in enumerate(ids) if id in self._media_start_ids]
        if len(starts) != len(media_embeds):
            raise ValueError(
                f"{len(media_embeds)} images and sounds for {len(starts)} places in the prompt"
            )
        stream = torch.cuda.current_stream(self._device) if rows.is_cuda else None
        for start, embeds in zip(starts, media_embeds, strict=True):
            if stream is not None:
                embeds.record_stream(stream)
            rows[start + 1 : start + 1 + len(embeds)].copy_(embeds)
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
        self._check_room(len(prefix) + len(rest) + max_new_tokens + 1)
        with torch.cuda.stream(self._stream):
            start, ids = len(prefix), rest
            if list(prefix) != self._cached_prefix:
                # with the rest, in one pass: another would read all weights once more
                self._cached_prefix = []
                start, ids = 0, [*prefix, *rest]
            hidden = self._model.decoder.prefill(self.embed(ids, media_embeds), start)
            self._cached_prefix = list(prefix)
            self._step.reset(hidden, len(prefix) + len(rest), speak=speak)
        self._prompt_end = len(prefix) + len(rest)

    @torch.inference_mode()
    def read(self, ids: Sequence[int]) -> Tensor:
        """Return the hidden states [n, hidden_size] of a reply that is given, after its prompt.

        They are those that `generate` would leave if it had chosen these tokens. `prefill` comes
        before, with as many `max_new_tokens`.
        """
        with torch.cuda.stream(self._stream):
            start = torch.tensor([self._prompt_end], dtype=torch.int32, device=self._device)
            hidden = self._model.decoder.prefill_rows(self.embed(ids, []).float(), start)
        if self._stream is not None:
            self._stream.synchronize()
            hidden.record_stream(torch.cuda.current_stream(self._device))
        return hidden

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

    @torch.inference_mode()
    def first_logits(
        self,
        prompt: Sequence[int],
        media_embeds: Sequence[Tensor],
        endings: Sequence[Sequence[int]],
        cancel: CancelToken,
    ) -> list[Tensor]:
        """Return logits [vocab_size] of the first reply token after `prompt` + each of `endings`.

        `prompt`, of one token at least, is computed once and the endings in batches behind it.
        After `cancel`, those that are done by then. The cached prefix stays; a session that was
        begun is lost. Raise EngineError if it does not fit into the context.
        """
        length = max(map(len, endings))
        batch = max(1, CHUNK_ROWS // length)
        self._check_room(len(prompt) + min(batch, len(endings)) * length)
        logits: list[Tensor] = []
        with torch.cuda.stream(self._stream), self._keeping_prefix():
            rows = self.embed(prompt, media_embeds)
            for start in range(0, len(prompt), CHUNK_ROWS):
                self._model.decoder.prefill(rows[start : start + CHUNK_ROWS], start)
                if self._is_cancelled(cancel):
                    return []
            for first in range(0, len(endings), batch):
                some = endings[first : first + batch]
                logits += self._batch_logits(some, length, len(prompt))
                if self._is_cancelled(cancel):
                    break
        return logits

    def _batch_logits(
        self, endings: Sequence[Sequence[int]], length: int, start: int
    ) -> list[Tensor]:
        # what is behind an ending's last token changes nothing before it
        ids = [[*ending, *[ending[-1]] * (length - len(ending))] for ending in endings]
        position = torch.full((1,), start, dtype=torch.int32, device=self._device)
        rows = self.embed([id for padded in ids for id in padded], [])
        hidden = self._model.decoder.prefill_rows(rows.float(), position, length)
        ends = [index * length + len(ending) - 1 for index, ending in enumerate(endings)]
        return [self._model.lm_head.gemv(hidden[end : end + 1])[0] for end in ends]

    def _is_cancelled(self, cancel: CancelToken) -> bool:
        """Wait for what was issued; return whether to stop there."""
        if self._stream is not None:
            self._stream.synchronize()
        return cancel.cancelled

    @contextmanager
    def _keeping_prefix(self) -> Iterator[None]:
        """Put the cached prefix back at the end, so that the next comment need not compute it."""
        prefix, self._cached_prefix = self._cached_prefix, []
        cache = self._model.decoder.kv_cache[..., : len(prefix), :]
        kept = cache.clone()
        try:
            yield
        finally:
            cache.copy_(kept)
            self._cached_prefix = prefix

    def _check_room(self, total: int) -> None:
        if total > self.max_seq_len:
            raise EngineError(
                f"the prompt needs {total} tokens of context, {self.max_seq_len} are set: "
                "lower frames_per_request, max_slice_nums or hear_seconds, or raise context_tokens",
                retry=False,
            )

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
