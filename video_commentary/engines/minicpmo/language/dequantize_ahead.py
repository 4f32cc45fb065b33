"""INT4 weights of a prefill dequantised on a second stream, while the layers before are computed.

A matrix product keeps the tensor cores busy, and dequantising the memory. One after the other, each
waits for the other; beside each other, dequantising fills the time of the small kernels between two
products, and the SMs that a product leaves idle at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kernels.plan import KernelPlan
from ..kernels.reference import RMSNorm
from .layer_weights import LayerWeights
from .linear import Linear
from .quantization import Int4Linear

_MATRICES = ("qkv_proj", "o_proj", "gate_up_proj", "down_proj")


class DequantizedAhead:
    """The layers of a prefill, whose INT4 weights are dequantised before they are needed.

    Each of a layer's four matrices has one buffer of 16 bits, which serves all layers: 0.4 GB for
    an 8B model. Call `begin` before the first layer and `end` after the last, on the stream that
    computes them. In the last layer only `qkv_proj` is prepared: behind it, a prefill goes on with
    one row.
    """

    def __init__(self, layers: Sequence[LayerWeights], device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)
        self._first: list[_PreparedLinear] = []
        self.layers = list(layers)
        for name in _MATRICES:
            linears = [getattr(layer, name) for layer in layers]
            if name != "qkv_proj":
                linears.pop()
            if linears and _can_share_a_buffer(linears):
                for i, prepared in enumerate(self._chain(linears)):
                    changed: dict[str, Any] = {name: prepared}
                    self.layers[i] = replace(self.layers[i], **changed)

    def _chain(self, linears: Sequence[Int4Linear]) -> list[_PreparedLinear]:
        first = linears[0]
        buffer = first.dequantize()
        chain = [
            _PreparedLinear(linear, buffer, self._stream, torch.cuda.Event()) for linear in linears
        ]
        for linear, following in pairwise(chain):
            linear.following = following
        self._first.append(chain[0])
        return chain

    @property
    def prepares(self) -> bool:
        """Whether there are such weights at all."""
        return bool(self._first)

    def begin(self) -> None:
        """Start with the first layer's weights."""
        self._stream.wait_stream(torch.cuda.current_stream(self._stream.device))
        for linear in self._first:
            linear.prepare()

    def end(self) -> None:
        """Let the current stream wait for the other one."""
        torch.cuda.current_stream(self._stream.device).wait_stream(self._stream)


def _can_share_a_buffer(linears: Sequence[Linear]) -> bool:
    """Return whether all are dequantised for a prefill, and equally large."""
    shapes = {
        linear.qweight.shape if isinstance(linear, Int4Linear) and not linear.plan.gemm else None
        for linear in linears
    }
    return len(shapes) == 1 and None not in shapes


@dataclass
class _PreparedLinear:
    """A linear that multiplies with `buffer`, which `prepare` has filled on `stream`.

    `ready`: when that is done. `following`: the same matrix in the next layer.
    """

    linear: Int4Linear
    buffer: Tensor
    stream: torch.cuda.Stream
    ready: torch.cuda.Event
    following: _PreparedLinear | None = None

    def prepare(self) -> None:
        """Dequantise once `stream` comes to it."""
        with torch.cuda.stream(self.stream):
            self.linear.dequantize(self.buffer)
            self.ready.record(self.stream)

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply, then have the buffer filled for the next layer."""
        current = torch.cuda.current_stream(self.stream.device)
        current.wait_event(self.ready)
        y = F.linear(x, self.buffer)
        if self.following is not None:
            self.stream.wait_stream(current)
            self.following.prepare()
        return y

    def gemv(
        self,
        x: Tensor,
        *,
        norm: RMSNorm | None = None,
        swiglu: bool = False,
        residual: Tensor | None = None,
    ) -> Tensor:
        """Multiply one float32 row, see `Linear`."""
        return self.linear.gemv(x, norm=norm, swiglu=swiglu, residual=residual)

    def with_plan(self, plan: KernelPlan) -> Linear:
        """Return the plain linear with `plan`."""
        return self.linear.with_plan(plan)
