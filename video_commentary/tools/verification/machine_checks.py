"""Checks of the machine: driver, torch, Triton, GPU."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import torch

from ...engines.minicpmo.gpu_driver import driver_version
from .check import CheckOutcome, Figure, NotCheckedError, ok, warn
from .gpu_specs import copy_bandwidth, driver_used_bytes

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

MEASURED_TORCH, MEASURED_TRITON = "2.11", "3.6"
"""The pair that all published figures were measured with (requirements/measured.txt)."""


def check_software(model: ModelUnderTest) -> CheckOutcome:
    """Name the versions that decide how the kernels are compiled and run."""
    triton = _version("triton")
    figures: dict[str, Figure] = {
        "driver": driver_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "triton": triton,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    found = (
        f"driver {figures['driver'] or 'none'}, torch {torch.__version__}, "
        f"CUDA {torch.version.cuda or 'none'}, Triton {triton or 'none'}, "
        f"Python {figures['python']}"
    )
    pair = (f"{MEASURED_TORCH}.", f"{MEASURED_TRITON}.")
    same = torch.__version__.startswith(pair[0]) and triton.startswith(pair[1])
    if model.options.device != "cpu" and torch.cuda.is_available() and not same:
        return warn(
            found,
            f"our figures are from torch {MEASURED_TORCH} with Triton {MEASURED_TRITON}: "
            "-c requirements/measured.txt installs that pair",
            **figures,
        )
    return ok(found, **figures)


def check_gpu(model: ModelUnderTest) -> CheckOutcome:
    """Name the GPU that the engine takes, its memory and its peak figures."""
    device = model.device()
    if device.type != "cuda":
        raise NotCheckedError("no GPU: everything runs on the CPU in float32, correct but slow")
    found = torch.cuda.get_device_properties(device)
    model.driver_bytes_before = driver_used_bytes(device)
    free, total = torch.cuda.mem_get_info(device)
    specs, copied = model.specs(), copy_bandwidth(device)
    torch.cuda.empty_cache()
    known = "" if specs.measured else f", {specs.bandwidth / 1e9:.0f} GB/s by its clocks"
    return ok(
        f"{found.name}, sm_{found.major}{found.minor}, {free / 1e9:.1f} of {total / 1e9:.1f} GB "
        f"free{known}, copy {copied / 1e9:.0f} GB/s",
        name=found.name,
        capability=f"{found.major}.{found.minor}",
        multiprocessors=found.multi_processor_count,
        memory_gb=round(total / 1e9, 2),
        free_gb=round(free / 1e9, 2),
        bandwidth_gb_s=round(specs.bandwidth / 1e9),
        bandwidth_measured=specs.measured,
        copy_gb_s=round(copied / 1e9),
        tflops=round(specs.flops / 1e12),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
