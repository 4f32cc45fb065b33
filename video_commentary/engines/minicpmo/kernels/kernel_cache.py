"""Names for what is kept on the disk about compiled kernels."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from .. import kernels


def fingerprint(device: torch.device, *facts: object) -> str:
    """Return a name that changes with `facts`, and with the GPU, torch, Triton and our kernels.

    `facts`: anything that JSON can hold.
    """
    everything = (
        torch.cuda.get_device_name(device),
        torch.__version__,
        _triton_version(),
        _code_hash(Path(kernels.__file__).parent),
        *facts,
    )
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:16]


def compiled_marker(device: torch.device, settings: str) -> Path:
    """Return the file which says that a load with `settings` has compiled all its kernels.

    It is among the kernels, so that it goes when they are deleted.
    """
    home = Path(os.environ.get("TRITON_HOME") or Path.home())
    folder = os.environ.get("TRITON_CACHE_DIR") or home / ".triton" / "cache"
    return Path(folder) / f"video_commentary-{fingerprint(device, settings)}"


def _triton_version() -> str:
    """Return the version without the import, which takes a second."""
    try:
        return version("triton")
    except PackageNotFoundError:  # a build of another name
        return ""


def _code_hash(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
