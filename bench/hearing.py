"""Hearing at full size: ms a second of the scene's sound, a spoken question, memory.

python -m bench.hearing --random [--dtype float16|bfloat16] [--device cuda|cpu]

The weights are random; the work is the same. bench.engine has the same rows beside the whole model.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from bench.machine import describe
from bench.random_model import RandomTensors, published_config
from video_commentary.core.audio import Pcm
from video_commentary.core.stamp import from_seconds
from video_commentary.engines.minicpmo.checkpoint_shapes import hearing_shapes
from video_commentary.engines.minicpmo.hearing.hearing import FORMAT, load_hearing

QUESTION = 4
"""Seconds of a spoken question."""


def noise(seconds: int) -> Pcm:
    """Return noise in the model's own format."""
    rng = np.random.default_rng(0)
    return Pcm(rng.normal(0, 3000, seconds * FORMAT.rate).astype(np.int16), FORMAT)


def hearing_rows(
    device: torch.device, dtype: torch.dtype, stream: torch.cuda.Stream | None, repeats: int = 40
) -> dict[str, float]:
    """Load the ears with random weights and measure them; the rows of a table.

    A second includes its mel on the CPU; the cache is dropped once in every 30 of them.
    """
    config = published_config(hear=True)
    tensors = RandomTensors(config, dtype is torch.float16, device)
    cuda = device.type == "cuda"
    before = torch.cuda.memory_reserved(device) if cuda else 0
    hearing = load_hearing(tensors, config, dtype, stream)
    rows = {"hearing, weights, GB": sum(map(tensors.size, hearing_shapes(config))) / 1e9}
    if cuda:
        torch.cuda.empty_cache()
        rows["hearing, memory, GB"] = (torch.cuda.memory_reserved(device) - before) / 1e9
    second, question, clock = noise(1), noise(QUESTION), itertools.count()
    hear = wall_ms(lambda: hearing.hear(second, from_seconds(next(clock))), repeats)
    rows["hearing, ms a second of sound"] = statistics.median(hear)
    rows["hearing, ms the slowest second"] = max(hear[2:])
    asked = wall_ms(lambda: hearing.encode(question), max(repeats // 4, 3))
    rows[f"spoken question of {QUESTION} s, ms"] = statistics.median(asked)
    return rows


def wall_ms(work: Callable[[], object], repeats: int) -> list[float]:
    """Return the ms of each call of `work`, which waits for the device itself."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - begun))
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--random", action="store_true", required=True, help="random weights")
    parser.add_argument("--dtype", default="float16", choices=("float16", "bfloat16", "float32"))
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--repeats", type=int, default=40, help="seconds of sound")
    options = parser.parse_args()
    device = torch.device("cuda", 0) if options.device == "cuda" else torch.device("cpu")
    stream = torch.cuda.Stream(device) if options.device == "cuda" else None
    print(describe("torch"))
    print(f"{torch.cuda.get_device_name() if stream else 'CPU'}; {options.dtype}")
    rows = hearing_rows(device, getattr(torch, options.dtype), stream, options.repeats)
    for name, value in rows.items():
        print(f"  {name:34}{value:10.2f}")


if __name__ == "__main__":
    main()
