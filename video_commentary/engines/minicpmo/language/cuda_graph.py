"""Functions of tensors captured as CUDA graphs: one launch instead of thousands."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

Function = Callable[..., tuple[Tensor, ...]]


class CudaGraphed:
    """A function of tensors, replayed as a CUDA graph for the input shapes captured before.

    Other shapes, and the CPU, call the function itself. A replay returns the same output tensors
    each time: use them before the next one.
    """

    def __init__(
        self, function: Function, *, share_memory: bool = False, read_in_place: bool = False
    ) -> None:
        """`share_memory`: of all shapes' graphs, so outputs last until the next replay of any.

        `read_in_place`: replays read the tensors of the capture, which the caller fills; others
        are copied to them.
        """
        self._function = function
        self._read_in_place = read_in_place
        self._graphs: dict[tuple[torch.Size, ...], _Graph] = {}
        self._share_memory = share_memory
        self._pool: Any = None

    @property
    def shapes(self) -> tuple[tuple[torch.Size, ...], ...]:
        """The input shapes captured."""
        return tuple(self._graphs)

    def capture(self, *inputs: Tensor, stream: Any = None) -> tuple[Tensor, ...]:
        """Capture the function for the shapes of `inputs`, once, and return its outputs.

        It runs twice on `inputs`, so its side effects must not matter. `stream`: to capture on;
        its priority stays with the kernels.
        """
        key = tuple(tensor.shape for tensor in inputs)
        if inputs[0].is_cuda and key not in self._graphs:
            if self._share_memory and self._pool is None:
                self._pool = torch.cuda.graph_pool_handle()
            static = inputs if self._read_in_place else tuple(x.clone() for x in inputs)
            stream = stream or _capture_stream(inputs[0].device)
            self._graphs[key] = _Graph(self._function, static, self._pool, stream)
        return self(*inputs)

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Replay the graph captured for these shapes, or call the function."""
        graph = self._graphs.get(tuple(tensor.shape for tensor in inputs))
        return self._function(*inputs) if graph is None else graph.replay(inputs)


@cache
def _capture_stream(device: torch.device) -> Any:
    """Return the stream that captures on `device`: cuBLAS keeps 32 MB for every stream it sees."""
    return torch.cuda.Stream(device)


class _Graph:
    def __init__(
        self, function: Function, inputs: tuple[Tensor, ...], pool: Any, stream: Any
    ) -> None:
        self._inputs = inputs
        device = inputs[0].device
        stream.wait_stream(torch.cuda.current_stream(device))
        # what a first run makes (modules, workspaces, cuBLAS's choices) must not be captured
        with torch.cuda.stream(stream):
            function(*self._inputs)
        torch.cuda.current_stream(device).wait_stream(stream)
        # without a pool, one of its own: in a shared one, replaying another overwrites outputs
        self._graph = torch.cuda.CUDAGraph()
        # on this stream: torch's own for captures stays on the device that captured first
        with torch.cuda.graph(
            self._graph, pool=pool, stream=stream, capture_error_mode="thread_local"
        ):
            self._outputs = function(*self._inputs)

    def replay(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        for static, new in zip(self._inputs, inputs, strict=True):
            if static.data_ptr() != new.data_ptr():
                static.copy_(new)
        self._graph.replay()
        return self._outputs
