"""What a GPU can do at most, from its device properties."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import torch

_FLOPS_PER_CLOCK = {
    (8, 0): 2048,
    (8, 6): 512,
    (8, 9): 512,
    (9, 0): 4096,
    (10, 0): 8192,
    (12, 0): 512,
}
"""Dense 16-bit operations with float32 sums, a clock and multiprocessor, by compute capability."""
_COPIED_FLOATS = 64 << 20


@dataclass(frozen=True)
class GpuSpecs:
    """`bandwidth`: bytes a second; `flops`: 16-bit operations a second, 0 where unknown.

    `measured`: the bandwidth is that of a copy, as the driver states no clocks.
    """

    bandwidth: float
    flops: float
    measured: bool


def read_specs(device: torch.device) -> GpuSpecs:
    """Compute the peak figures of `device`."""
    found = torch.cuda.get_device_properties(device)
    # kHz and bits; not in every version of torch
    memory_clock = getattr(found, "memory_clock_rate", 0)
    bus_width = getattr(found, "memory_bus_width", 0)
    clock = getattr(found, "clock_rate", 0)
    bandwidth = 2 * memory_clock * 1e3 * bus_width / 8
    per_clock = _FLOPS_PER_CLOCK.get((found.major, found.minor), 0)
    return GpuSpecs(
        bandwidth or copy_bandwidth(device),
        per_clock * clock * 1e3 * found.multi_processor_count,
        measured=not bandwidth,
    )


def copy_bandwidth(device: torch.device) -> float:
    """Return bytes a second that a copy on the device reads and writes together."""
    source = torch.ones(_COPIED_FLOATS, device=device)
    target = torch.empty_like(source)
    best = float("inf")
    with torch.cuda.device(device):  # events are recorded on the current device's stream
        for _ in range(6):
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            target.copy_(source)
            end.record()
            end.synchronize()
            best = min(best, begin.elapsed_time(end))
    return 2 * source.nbytes / best * 1e3


def driver_used_bytes(device: torch.device) -> int | None:
    """Return the bytes in use on the card by the driver's count, of all processes."""
    uuid = str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))
    if not uuid:
        return None
    card = uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"
    command = ["nvidia-smi", "-i", card, "--query-gpu=memory.used"]
    try:
        done = subprocess.run(
            [*command, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return int(done.stdout.strip()) << 20
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
