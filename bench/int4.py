"""The ways to multiply with INT4 weights: the four matrices of one layer, one row and a prefill's.

python -m bench.int4 --random

Needs a CUDA GPU. Between runs the L2 cache is overwritten, as 35 other layers would.
"""

from __future__ import annotations

import argparse
import logging
import statistics
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.machine import describe
from bench.random_model import RandomTensors, published_config
from video_commentary.engines.minicpmo.kernels.gemm_int4 import int4_rows
from video_commentary.engines.minicpmo.language.linear import Linear
from video_commentary.engines.minicpmo.language.prefill_choice import ROWS
from video_commentary.engines.minicpmo.language.quant import Int4Linear
from video_commentary.engines.minicpmo.language.qwen import load_qwen
from video_commentary.engines.minicpmo.torch_int4 import TorchInt4Linear

Way = Callable[[], Tensor]
REFERENCE = "reference"


def microseconds(work: Callable[[], object], repeats: int = 15) -> float:
    """Return the median time of `work` on the GPU, from a cold L2 cache."""
    other = torch.empty(1 << 28, dtype=torch.uint8, device="cuda")
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    times = []
    for _ in range(3 + repeats):
        other.zero_()
        begin.record()
        work()
        end.record()
        end.synchronize()
        times.append(float(1e3 * begin.elapsed_time(end)))
    return statistics.median(times[3:])


def ways(linear: Int4Linear, x: Tensor) -> dict[str, Way]:
    """Return the ways to multiply the rows of `x`, by name, each in the dtype it takes."""
    rival, narrow, wide = TorchInt4Linear(linear), x.bfloat16(), x.float()
    found: dict[str, Way] = {
        REFERENCE: lambda: F.linear(x, linear.plain_weight()),
        "torch int4": lambda: rival(narrow),
        "dequantised": lambda: F.linear(x, linear.weight()),
    }
    if len(x) == 1:
        found["GEMV"] = lambda: linear.row(wide)
    for tile in Int4Linear.TILES:
        found[f"GEMM {tile.rows} x {tile.outputs}"] = partial(
            int4_rows, x, linear.words, linear.scales, linear.group, tile
        )
    return found


def error(made: Tensor, truth: Tensor) -> float:
    """Return the relative error against float64."""
    return float((made.double() - truth).norm() / truth.norm())


@torch.inference_mode()
def measure(layer: dict[str, Linear], rows: int) -> None:
    """Print a table: microseconds of each way and how many times faster than the reference."""
    table: dict[str, list[float]] = {}
    errors: dict[str, float] = {}
    for linear in layer.values():
        assert isinstance(linear, Int4Linear)
        x = torch.randn(rows, linear.inputs, device="cuda").to(linear.dtype)
        plain = Int4Linear(linear.words, linear.scales, torch.float64).plain_weight()
        truth = x.double() @ plain.T
        for name, way in ways(linear, x).items():
            table.setdefault(name, []).append(microseconds(way))
            errors[name] = max(errors.get(name, 0.0), error(way(), truth))
    total = sum(table[REFERENCE])
    print(
        f"\n{rows} row{'s' * (rows > 1)}, us{'':12}"
        + "".join(f"{n:>10}" for n in layer)
        + f"{'layer':>10}{'ratio':>8}{'error':>10}"
    )
    for name, times in table.items():
        cells = "".join(f"{t:10.1f}" for t in [*times, sum(times)])
        print(f"  {name:20}{cells}{total / sum(times):8.1f}{errors[name]:10.1e}", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", action="store_true", required=True)
    parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    print(describe())
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}")
    config = published_config()
    config = replace(config, language=replace(config.language, layers=1))
    tensors = RandomTensors(config, awq=True, device=torch.device("cuda", 0))
    qwen = load_qwen(tensors, config, torch.float16, capacity=1024, int8_head=False)
    weights = qwen.decoder._blocks[0]._weights
    layer = {
        "qkv": weights.qkv,
        "out": weights.out,
        "gate_up": weights.gate_up,
        "down": weights.down,
    }
    for rows in (1, ROWS):
        measure(layer, rows)


if __name__ == "__main__":
    main()
