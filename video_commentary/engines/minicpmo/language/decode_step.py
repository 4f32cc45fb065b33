"""One decode step on the device, from a token to the next: a CUDA graph on a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor

from .qwen3 import Qwen3
from .sampling import SamplingParams, penalty_window_start, process_logits, sample

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
        embed_tokens = model.embed_tokens
        device, hidden_size = embed_tokens.device, embed_tokens.shape[1]
        self._model = model
        self._params = params
        # a tokenizer may have more ids than the model has rows
        vocab_size = len(embed_tokens)
        suppress_tokens = [id for id in suppress_tokens if id < vocab_size]
        unspeakable_tokens = [id for id in unspeakable_tokens if id < vocab_size]
        spoken = [*suppress_tokens, *unspeakable_tokens]
        # both as long, so that one graph serves both
        written = [*suppress_tokens, *suppress_tokens[:1] * len(unspeakable_tokens)]
        self._suppressions = torch.tensor([written, spoken], device=device)
        self._suppress_tokens = self._suppressions[0].clone()
        self._window_starts = torch.tensor(
            [penalty_window_start(n) for n in range(MAX_NEW_TOKENS)], device=device
        )
        self._indices = torch.arange(MAX_NEW_TOKENS, device=device)
        self.generator = torch.Generator(device)
        self.generator.seed()
        with torch.inference_mode():
            self._token = torch.zeros(1, dtype=torch.int64, device=device)
            self._position = torch.zeros(1, dtype=torch.int32, device=device)
            self._count = torch.zeros(1, dtype=torch.int64, device=device)
            self._tokens = torch.zeros(MAX_NEW_TOKENS, dtype=torch.int64, device=device)
            self._prompt_hidden = torch.zeros(1, hidden_size, device=device)
            self.hidden = torch.zeros(MAX_NEW_TOKENS, hidden_size, device=device)
            self._host_tokens = torch.zeros(
                MAX_NEW_TOKENS, dtype=torch.int64, pin_memory=device.type == "cuda"
            )
        self._issued = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._events: list[torch.cuda.Event] = []

    @torch.inference_mode()
    def capture(self) -> None:
        """Capture the step as a CUDA graph on the current stream; on a CPU do nothing."""
        if self._token.device.type != "cuda":
            return
        self._events = [torch.cuda.Event() for _ in range(MAX_NEW_TOKENS)]
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.generator)
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
        self._suppress_tokens.copy_(self._suppressions[int(speak)])
        self._prompt_hidden.copy_(hidden)
        self._position.fill_(position)
        self._count.zero_()
        self._issued = 0

    @torch.inference_mode()
    def sample_first(self) -> None:
        """Sample the first token."""
        self._sample(self._prompt_hidden)
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
        self._host_tokens[issued].copy_(self._token, non_blocking=True)
        if self._events:
            self._events[self._issued].record()
        self._issued += 1

    def _decode(self) -> None:
        model = self._model
        hidden = model.decoder.decode(model.embed_tokens[self._token].float(), self._position)
        self._position += 1
        self.hidden.index_copy_(0, self._count - 1, hidden)
        self._sample(hidden)

    def _sample(self, hidden: Tensor) -> None:
        penalised = self._indices >= self._window_starts[self._count]
        penalised &= self._indices < self._count
        # a suppressed id means none: the penalty does not change it
        recent = torch.where(penalised, self._tokens, self._suppress_tokens[:1])
        logits = self._model.lm_head.gemv(hidden)[0]
        logits = process_logits(logits, recent, self._suppress_tokens, self._params)
        self._token.copy_(sample(logits, self._params, self.generator))
        self._tokens.index_copy_(0, self._count, self._token)
        self._count += 1
