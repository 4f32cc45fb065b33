"""One decode step on the device, from a token to the next: a CUDA graph on a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor

from ..kernels.launching import compiling
from .qwen3 import Qwen3
from .sampling import (
    SUPPRESSED,
    ReplyState,
    SamplingParams,
    penalty_window_start,
    token_sampler,
)

MAX_NEW_TOKENS = 1024
"""Most tokens of one reply."""


class DecodeStep:
    """Decodes one reply: `reset`, `sample_first`, then `advance` for each further token.

    Nothing waits for the device but `read`. `hidden`: float32 [MAX_NEW_TOKENS, hidden_size], the
    hidden states of the tokens decoded so far. `suppress_tokens` are never sampled,
    `unspeakable_tokens` only where the reply is not spoken.
    """

    def __init__(
        self,
        model: Qwen3,
        params: SamplingParams,
        suppress_tokens: Sequence[int],
        unspeakable_tokens: Sequence[int] = (),
    ) -> None:
        embed_tokens, norm = model.embed_tokens, model.decoder.norm
        device, (vocab_size, hidden_size) = embed_tokens.device, embed_tokens.shape
        self._model = model
        self._sample = token_sampler(embed_tokens, norm, params)
        # of a reply that is written, and of one that is spoken
        self._first_index = torch.full((2, vocab_size), -1, dtype=torch.int32)
        # a tokenizer may have more ids than the model has rows
        self._first_index[:, [id for id in suppress_tokens if id < vocab_size]] = SUPPRESSED
        self._first_index[1, [id for id in unspeakable_tokens if id < vocab_size]] = SUPPRESSED
        self._first_index = self._first_index.to(device)
        window_starts = [penalty_window_start(n) for n in range(MAX_NEW_TOKENS)]
        self.generator = torch.Generator(device)
        self.generator.seed()
        with torch.inference_mode():
            self._prompt_hidden = torch.zeros(1, hidden_size, device=device)
            self._state = ReplyState(
                count=torch.zeros(1, dtype=torch.int64, device=device),
                position=torch.zeros(1, dtype=torch.int32, device=device),
                embeds=torch.zeros(1, hidden_size, device=device),
                tokens=torch.zeros(MAX_NEW_TOKENS, dtype=torch.int64, device=device),
                hidden=torch.zeros(MAX_NEW_TOKENS, hidden_size, device=device),
                last_index=self._first_index[0].clone(),
                uniforms=torch.zeros(MAX_NEW_TOKENS, device=device),
                window_starts=torch.tensor(window_starts, device=device),
            )
            self._host_tokens = torch.zeros(
                MAX_NEW_TOKENS, dtype=torch.int64, pin_memory=device.type == "cuda"
            )
        self._issued = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._events: list[torch.cuda.Event] = []

    @torch.inference_mode()
    def compile(self) -> None:
        """Compile the kernels that sample. On a CPU there is nothing to do."""
        device = self._prompt_hidden.device
        if device.type != "cuda":
            return
        with compiling(device):
            logits = torch.zeros(self._first_index.shape[1], device=device)
            self._sample(logits, None, self._state)

    @torch.inference_mode()
    def capture(self) -> None:
        """Capture the step as a CUDA graph on the current stream; on a CPU do nothing."""
        if not self._prompt_hidden.is_cuda:
            return
        self._events = [torch.cuda.Event() for _ in range(MAX_NEW_TOKENS)]
        graph = torch.cuda.CUDAGraph()
        stream = torch.cuda.current_stream()
        self._restart()
        self._decode()
        stream.synchronize()
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            self._decode()
        self._graph = graph

    @torch.inference_mode()
    def seconds(self, repeats: int = 8) -> float:
        """Return the wall time of one captured step, the mean of `repeats`."""
        assert self._graph is not None
        self._restart()
        self._graph.replay()
        torch.cuda.current_stream().synchronize()
        begun = time.perf_counter()
        for _ in range(repeats):
            self._graph.replay()
        torch.cuda.current_stream().synchronize()
        return (time.perf_counter() - begun) / repeats

    @torch.inference_mode()
    def reset(self, hidden: Tensor, position: int, *, speak: bool = False) -> None:
        """Start a reply after `hidden` [1, hidden_size], the last of `position` prompt tokens.

        `speak`: the model's own voice speaks it.
        """
        state = self._state
        state.last_index.copy_(self._first_index[int(speak)])
        state.uniforms.uniform_(generator=self.generator)
        # sampling goes one further
        state.position.fill_(position - 1)
        state.count.zero_()
        # at last: the kernels that sample read the rest before the kernel behind this has ended
        self._prompt_hidden.copy_(hidden)
        self._issued = 0

    @torch.inference_mode()
    def sample_first(self) -> None:
        """Sample the first token."""
        logits = self._model.lm_head.gemv(self._prompt_hidden)[0]
        self._sample(logits, None, self._state)
        self._copy_to_host()

    @torch.inference_mode()
    def advance(self) -> None:
        """Decode the last token and sample another."""
        if self._issued >= MAX_NEW_TOKENS:
            return
        if self._graph is None:
            self._decode()
        else:
            self._graph.replay()
        self._copy_to_host()

    @property
    def hidden(self) -> Tensor:
        """The hidden states of the tokens decoded, float32 [MAX_NEW_TOKENS, hidden_size]."""
        return self._state.hidden

    @torch.inference_mode()
    def has_finite_logits(self) -> bool:
        """Return whether the logits after the prompt and after the first token are finite."""
        rows = (self._prompt_hidden, self.hidden[:1])
        return all(bool(self._model.lm_head.gemv(row).isfinite().all()) for row in rows)

    def read(self, index: int) -> int:
        """Wait for the `index`-th token and return it."""
        if self._events:
            self._events[index].synchronize()
        return int(self._host_tokens[index])

    def _restart(self) -> None:
        self.reset(self._prompt_hidden, 0)
        self.sample_first()

    def _copy_to_host(self) -> None:
        issued = slice(self._issued, self._issued + 1)
        self._host_tokens[issued].copy_(self._state.tokens[issued], non_blocking=True)
        if self._events:
            self._events[self._issued].record()
        self._issued += 1

    def _decode(self) -> None:
        decoder, state = self._model.decoder, self._state
        x = decoder.decode_layers(state.embeds, state.position)
        logits = self._model.lm_head.gemv(x, norm=decoder.norm)[0]
        self._sample(logits, x, state)
