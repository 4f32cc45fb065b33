"""NVIDIA's driver as the kernel shows it, and what to do where torch cannot use it."""

from __future__ import annotations

import re
from pathlib import Path

DRIVER_FILE = Path("/proc/driver/nvidia/version")
"""Exists wherever NVIDIA's driver is loaded, whatever torch sees."""


def driver_version() -> str:
    """Return the loaded driver's version, such as 560.35.03; empty without a driver."""
    try:
        text = DRIVER_FILE.read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"\b\d{3,}(?:\.\d+)+\b", text)
    return found.group() if found else "of unknown version"


def unseen_gpu(driver: str, cuda: str | None) -> str:
    """Return why torch, built for the CUDA version `cuda`, sees no GPU of a loaded driver."""
    built = f"was built for CUDA {cuda}" if cuda else "was built without CUDA"
    return f"the NVIDIA driver {driver} is loaded, but torch sees no GPU; torch {built}"


UNSEEN_GPU_FIX = (
    "install a newer driver (CUDA 13 needs 580 or later), or torch built for CUDA 12.6 "
    "(the cu126 wheels that pytorch.org lists)"
)
"""The two remedies where the driver is older than torch's CUDA."""
