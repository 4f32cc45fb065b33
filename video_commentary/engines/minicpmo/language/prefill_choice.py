"""Which of the lossless ways multiplies a prefill's rows with INT4 weights: measured at load."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import torch

from .linear import Linear
from .quant import Int4Linear

LOG = logging.getLogger(__name__)

ROWS = 600
"""Rows of the measurement: four frames and some text."""


@torch.inference_mode()
def choose_prefill(linears: Iterable[Linear]) -> None:
    """Time each way on the INT4 linears of one layer, set the fastest for all, and log it.

    Nothing is done on a CPU, nor where no linear is INT4. Torch's int4 operator takes no part: it
    would need a second copy of the weights and isn't lossless.
    """
    layer = [part for part in linears if isinstance(part, Int4Linear) and part.words.is_cuda]
    if not layer:
        return
    from triton.runtime.errors import OutOfResources

    found = {}
    for tile in (None, *Int4Linear.TILES):
        Int4Linear.tile = tile
        try:
            found[tile] = _milliseconds(layer)
        except OutOfResources:
            continue
    Int4Linear.tile = min(found, key=lambda tile: found[tile])
    names = {
        tile: f"GEMM of {tile.rows} x {tile.outputs}" if tile else "dequantised" for tile in found
    }
    LOG.info(
        "prefill with INT4: %s; %d rows, one layer: %s",
        names[Int4Linear.tile],
        ROWS,
        ", ".join(f"{ms:.2f} ms {names[tile]}" for tile, ms in found.items()),
    )


def _milliseconds(layer: list[Int4Linear], repeats: int = 5) -> float:
    """Return the least time of all `layer` once, after a run that compiles and warms up."""
    inputs = [
        torch.randn(ROWS, part.inputs, device=part.words.device).to(part.dtype) for part in layer
    ]
    times = []
    for _ in range(1 + repeats):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for part, x in zip(layer, inputs, strict=True):
            part(x)
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return float(min(times[1:]))
