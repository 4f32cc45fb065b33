"""Prompt in, tokens out: prefix reuse, prefill, and decoding one step ahead of the host."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ....core.cancel import CancelToken
from ....core.engine import EngineError
from .quant import Int4Linear
from .qwen import Qwen
from .sampling import Sampling, draw, scores, window_start

LOG = logging.getLogger(__name__)

MAX_NEW = 1024
"""Most tokens of one reply."""


@dataclass(frozen=True)
class Token:
    """A drawn token; `hidden` [index, width]: hidden states of the reply's tokens before it."""

    id: int
    hidden: Tensor


class Language:
    """The language model with one session at a time in its KV cache."""

    def __init__(
        self,
        qwen: Qwen,
        sampling: Sampling,
        suppressed: Sequence[int],
        terminators: Sequence[int],
        picture_starts: Sequence[int],
    ) -> None:
        self._qwen = qwen
        self._device = qwen.embeddings.device
        self._picture_starts = torch.tensor(picture_starts)
        self._terminators = frozenset(terminators)
        self._prefix: list[int] = []
        self._step = _Step(qwen, sampling, suppressed, terminators)
        # its own, and ahead of the one on which frames are encoded as they arrive
        self._stream = (
            torch.cuda.Stream(self._device, priority=-1) if self._device.type == "cuda" else None
        )

    @property
    def capacity(self) -> int:
        """Positions that a prompt and its answer share."""
        return self._qwen.decoder.capacity

    def record(self) -> None:
        """Compile the kernels and record the decode step, so that no comment waits for it."""
        with torch.cuda.stream(self._stream):
            self._step.record()
        self._prefix = []

    def seed(self, seed: int) -> None:
        """Make what is drawn from here on repeatable."""
        self._step.generator.manual_seed(seed)

    @torch.inference_mode()
    def embed(self, ids: Sequence[int], pictures: Sequence[Tensor]) -> Tensor:
        """Return embeddings [n, hidden]; `pictures` take their placeholders' rows, in order."""
        numbers = torch.tensor(ids)
        rows = self._qwen.embeddings[numbers.to(self._device)]
        starts = torch.isin(numbers, self._picture_starts).nonzero().flatten().tolist()
        if len(starts) != len(pictures):
            raise ValueError(f"{len(pictures)} pictures for {len(starts)} places in the prompt")
        for start, picture in zip(starts, pictures, strict=True):
            if picture.is_cuda:
                picture.record_stream(torch.cuda.current_stream())
            rows[start + 1 : start + 1 + len(picture)] = picture.to(rows.dtype)
        return rows

    def open(
        self, prefix: Sequence[int], rest: Sequence[int], pictures: Sequence[Tensor], room: int
    ) -> None:
        """Begin a session with a prompt; `prefix` is computed only when it isn't the last one's.

        Raise EngineError where prompt and `room` new tokens don't fit.
        """
        total = len(prefix) + len(rest) + room + 1
        if total > self.capacity:
            raise EngineError(
                f"the prompt needs {total} tokens of context, {self.capacity} are set: "
                "lower frames_per_request or max_slice_nums, or raise context_tokens",
                retry=False,
            )
        with torch.cuda.stream(self._stream):
            if list(prefix) != self._prefix:
                self._prefix = []
                self._qwen.decoder.prefill(self.embed(prefix, []), 0)
                self._prefix = list(prefix)
            hidden = self._qwen.decoder.prefill(self.embed(rest, pictures), len(prefix))
            self._step.open(hidden[-1:], len(prefix) + len(rest))

    def generate(self, limit: int, cancel: CancelToken, endless: bool = False) -> Iterator[Token]:
        """Yield up to `limit` tokens of the answer; a terminator ends it and is not yielded.

        While the host looks at a token, the device already works on the next: what it made too
        much is never read. `endless` takes terminators for tokens like others.
        """
        step = self._step
        with torch.cuda.stream(self._stream):
            step.first()
        for index in range(limit):
            # not around the yield: the stream would leak to whoever reads the tokens
            with torch.cuda.stream(self._stream):
                step.next()
            token = step.read(index)
            if cancel.cancelled or (token in self._terminators and not endless):
                return
            yield Token(token, step.hidden[:index])

    def ended(self, count: int) -> bool:
        """Return whether an answer of `count` tokens, all of them drawn, is a whole one.

        Also at the limit: what would have come next is drawn already.
        """
        return self._step.read(count) in self._terminators

    def finish(self, count: int) -> Tensor:
        """Return the hidden states [count, width] of an ended answer's tokens."""
        self._step.read(count)
        return self._step.hidden[:count]


class _Step:
    """One decode step on the device, from a token to the next one; a CUDA graph on a GPU."""

    def __init__(
        self,
        qwen: Qwen,
        sampling: Sampling,
        suppressed: Sequence[int],
        terminators: Sequence[int],
    ) -> None:
        device = qwen.embeddings.device
        self._qwen = qwen
        self._sampling = sampling
        self._suppressed = torch.tensor(suppressed, device=device)
        self._terminators = torch.tensor(terminators, device=device)
        self._harmless = self._suppressed[:1]
        self._first_counted = torch.tensor([window_start(n) for n in range(MAX_NEW)], device=device)
        self._places = torch.arange(MAX_NEW, device=device)
        self.generator = torch.Generator(device)
        self.generator.seed()
        with torch.inference_mode():
            self._state(device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._events: list[torch.cuda.Event] = []

    def _state(self, device: torch.device) -> None:
        embeddings = self._qwen.embeddings
        self._token = torch.zeros(1, dtype=torch.int64, device=device)
        self._position = torch.zeros(1, dtype=torch.int32, device=device)
        self._count = torch.zeros(1, dtype=torch.int64, device=device)
        self._drawn = torch.zeros(MAX_NEW, dtype=torch.int64, device=device)
        self._opening = torch.zeros(1, embeddings.shape[1], device=device)
        self.hidden = torch.zeros(MAX_NEW, embeddings.shape[1], device=device)
        self._read = torch.zeros(MAX_NEW, dtype=torch.int64, pin_memory=device.type == "cuda")
        self._issued = 0

    @torch.inference_mode()
    def record(self) -> None:
        """Capture the step as a CUDA graph; on a CPU it stays a call."""
        if self._token.device.type != "cuda":
            return
        self._events = [torch.cuda.Event() for _ in range(MAX_NEW)]
        found: dict[int, tuple[float, torch.cuda.CUDAGraph]] = {}
        for outputs in Int4Linear.OUTPUTS if self._qwen.int4 else (Int4Linear.outputs,):
            Int4Linear.outputs = outputs
            graph = self._captured()
            found[outputs] = self._seconds(graph), graph
        best = min(found, key=lambda outputs: found[outputs][0])
        Int4Linear.outputs = best
        seconds, self._graph = found[best]
        times = ", ".join(f"{1e3 * t:.2f} ms with {n}" for n, (t, _) in found.items())
        LOG.info(
            "a decode step takes %.2f ms%s",
            1e3 * seconds,
            f"; INT4 outputs a program: {times}" if self._qwen.int4 else "",
        )

    def _captured(self) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.generator)
        stream = torch.cuda.current_stream()
        for _ in range(2):
            self.open(self._opening, 0)
            self.first()
            self._advance()
        stream.synchronize()
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            self._advance()
        return graph

    def _seconds(self, graph: torch.cuda.CUDAGraph, repeats: int = 8) -> float:
        self.open(self._opening, 0)
        self.first()
        graph.replay()
        torch.cuda.current_stream().synchronize()
        begun = time.perf_counter()
        for _ in range(repeats):
            graph.replay()
        torch.cuda.current_stream().synchronize()
        return (time.perf_counter() - begun) / repeats

    @torch.inference_mode()
    def open(self, hidden: Tensor, position: int) -> None:
        """Start an answer after `hidden` [1, width], the last of a prompt of `position` rows."""
        self._opening.copy_(hidden)
        self._position.fill_(position)
        self._count.zero_()
        self._issued = 0

    @torch.inference_mode()
    def first(self) -> None:
        """Draw the first token."""
        self._draw(self._opening)
        self._copy()

    @torch.inference_mode()
    def next(self) -> None:
        """Feed the token drawn last and draw another, without waiting for the device."""
        if self._issued >= MAX_NEW:
            return
        if self._graph is None:
            self._advance()
        else:
            self._graph.replay()
        self._copy()

    def read(self, index: int) -> int:
        """Wait for the `index`-th token and return it."""
        if self._events:
            self._events[index].synchronize()
        return int(self._read[index])

    def _copy(self) -> None:
        self._read[self._issued : self._issued + 1].copy_(self._token, non_blocking=True)
        if self._events:
            self._events[self._issued].record()
        self._issued += 1

    def _advance(self) -> None:
        qwen = self._qwen
        hidden = qwen.decoder.step(qwen.embeddings[self._token].float(), self._position)
        self._position += 1
        self.hidden.index_copy_(0, self._count - 1, hidden)
        self._draw(hidden)

    def _draw(self, hidden: Tensor) -> None:
        counted = self._places >= self._first_counted[self._count]
        counted &= self._places < self._count
        recent = torch.where(counted, self._drawn, self._harmless)
        logits = self._qwen.head.row(hidden)[0]
        ranked = scores(logits, recent, self._suppressed, self._terminators, self._sampling)
        self._token.copy_(draw(ranked, self._sampling, self.generator))
        self._drawn.index_copy_(0, self._count, self._token)
        self._count += 1
