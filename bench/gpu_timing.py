"""Times on a GPU."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile


def median_ms(work: Callable[[], object], repeats: int = 7) -> float:
    """Return the median wall time of `work` in ms, the GPU's included."""
    times = []
    for _ in range(repeats):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(times)


def kernels_ms(work: Callable[[], object]) -> float:
    """Return the ms of the kernels of `work` alone, without the waits for the host.

    The rest of the wall time is what the host needs to issue them.
    """
    with profile(activities=[ProfilerActivity.CUDA]) as found:
        work()
        torch.cuda.synchronize()
    return float(sum(event.self_device_time_total for event in found.key_averages())) / 1e3


def copy_bandwidth() -> float:
    """Return GB/s of a device-to-device copy, read and written bytes together."""
    source = torch.randn(1 << 30, device="cuda")
    target = torch.empty_like(source)
    ms = min(median_ms(lambda: target.copy_(source)) for _ in range(3))
    return 2 * source.nbytes / ms / 1e6
