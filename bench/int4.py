"""The ways to multiply with INT4 weights: the four matrices of one layer, in decode and prefill.

python -m bench.int4 --random

Needs a CUDA GPU. Each way is timed as a CUDA graph, as decoding runs it, so without the host's
launches; the last columns add the same layer as the host launches it. Between runs the L2 cache is
overwritten, as 35 other layers would.
"""

from __future__ import annotations

import argparse
import logging
import statistics
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.machine import describe
from bench.random_model import RandomTensors, published_config
from bench.torch_int4 import TorchInt4Linear
from video_commentary.engines.minicpmo.kernels.gemm_int4 import int4_gemm
from video_commentary.engines.minicpmo.kernels.plan import INT4_GEMM_CONFIGS
from video_commentary.engines.minicpmo.language.autotune import PREFILL_TOKENS, tune_prefill
from video_commentary.engines.minicpmo.language.linear import Linear
from video_commentary.engines.minicpmo.language.quantization import Int4Linear
from video_commentary.engines.minicpmo.language.qwen3 import load_qwen3

Way = Callable[[], Tensor]
REFERENCE = "unpacked by torch"
READY = "16 bits, cuBLAS"
"""Weights of 16 bits that lie ready: four times the memory."""


def captured(work: Callable[[], object]) -> Callable[[], None]:
    """Return `work` as a CUDA graph's replay."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    replay: Callable[[], None] = graph.replay
    return replay


def microseconds(work: Callable[[], object], repeats: int = 25) -> float:
    """Return the median time of `work` on the GPU, from a cold L2 cache."""
    other = torch.empty(1 << 28, dtype=torch.uint8, device="cuda")
    event: Any = torch.cuda.Event
    begin, end = event(enable_timing=True), event(enable_timing=True)
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
    ready = linear.reference_dequantize().contiguous()
    found: dict[str, Way] = {
        REFERENCE: lambda: F.linear(x, linear.reference_dequantize()),
        READY: lambda: F.linear(x, ready),
        "torch int4": lambda: rival(narrow),
        "dequantised": lambda: F.linear(x, linear.dequantize()),
    }
    if len(x) == 1:
        found["GEMV"] = lambda: linear.gemv(wide)
    for config in INT4_GEMM_CONFIGS:
        found[f"GEMM {config.block_m} x {config.block_n}"] = partial(
            int4_gemm,
            x,
            linear.qweight,
            linear.scales_and_zeros,
            group_size=linear.group_size,
            config=config,
        )
    return found


def error(made: Tensor, truth: Tensor) -> float:
    """Return the relative error against float64."""
    return float((made.double() - truth).norm() / truth.norm())


@torch.inference_mode()
def measure(layer: dict[str, Linear], rows: int) -> None:
    """Print a table: microseconds of each way, how many times faster than two others it is."""
    replayed: dict[str, list[float]] = {}
    launched: dict[str, float] = {}
    errors: dict[str, float] = {}
    for linear in layer.values():
        assert isinstance(linear, Int4Linear)
        x = torch.randn(rows, linear.in_features, device="cuda").to(linear.dtype)
        exact = Int4Linear(linear.qweight, linear.scales_and_zeros, torch.float64)
        truth = x.double() @ exact.reference_dequantize().T
        for name, way in ways(linear, x).items():
            replayed.setdefault(name, []).append(microseconds(captured(way)))
            launched[name] = launched.get(name, 0.0) + microseconds(way)
            errors[name] = max(errors.get(name, 0.0), error(way(), truth))
    unpacked, ready = sum(replayed[REFERENCE]), sum(replayed[READY])
    print(
        f"\n{rows} row{'s' * (rows > 1)}, us{'':12}"
        + "".join(f"{n:>10}" for n in layer)
        + f"{'layer':>10}{'/unpacked':>11}{'/16 bits':>10}{'error':>10}{'launched':>10}"
    )
    for name, times in replayed.items():
        total = sum(times)
        cells = "".join(f"{t:10.1f}" for t in [*times, total])
        print(
            f"  {name:20}{cells}{unpacked / total:11.1f}{ready / total:10.2f}"
            f"{errors[name]:10.1e}{launched[name]:10.1f}",
            flush=True,
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", action="store_true", required=True)
    parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    print(describe())
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}")
    config = published_config()
    config = replace(config, language=replace(config.language, num_layers=1))
    tensors = RandomTensors(config, awq=True, device=torch.device("cuda", 0))
    qwen3 = load_qwen3(tensors, config, dtype=torch.float16, max_seq_len=1024, int8_lm_head=False)
    weights = qwen3.decoder.layers[0].weights
    layer = {
        "qkv": weights.qkv_proj,
        "out": weights.o_proj,
        "gate_up": weights.gate_up_proj,
        "down": weights.down_proj,
    }
    tune_prefill(layer.values())
    one = torch.empty(1, device="cuda")
    print(f"a graph of nothing but one zero: {microseconds(captured(one.zero_)):.1f} us")
    for rows in (1, PREFILL_TOKENS):
        measure(layer, rows)


if __name__ == "__main__":
    main()
