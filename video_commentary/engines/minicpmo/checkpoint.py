"""The published checkpoint: safetensors files.

Files are memory-mapped and each tensor goes straight to the device, so loading takes hardly any
host memory. Nothing in a checkpoint is ever executed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ...core.engine import EngineError
from .config import FETCH

Shape = tuple[int, ...]


class Tensors(Protocol):
    """A checkpoint's tensors by name."""

    def names(self) -> Iterable[str]:
        """Return all names."""
        ...

    def shape(self, name: str) -> Shape:
        """Return a tensor's shape without loading it."""
        ...

    def load(self, name: str) -> Tensor:
        """Return a tensor as stored, on the device."""
        ...

    def size(self, name: str) -> int:
        """Return a tensor's bytes as stored."""
        ...


class Checkpoint:
    """The safetensors files of a folder."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        """Open and map the files. Raise EngineError if there are none or one is damaged."""
        paths = sorted(folder.glob("*.safetensors"))
        if not paths:
            raise EngineError(f"no *.safetensors in {folder}: {FETCH}")
        self._folder = folder
        self._files: dict[str, Any] = {}
        for path in paths:
            try:
                file = safe_open(path, framework="pt", device=str(device))
            except (SafetensorError, OSError) as error:
                raise _damaged(path, error) from None
            self._files |= dict.fromkeys(file.keys(), file)

    def names(self) -> Iterable[str]:
        """Return all names."""
        return self._files.keys()

    def shape(self, name: str) -> Shape:
        """Return a tensor's shape without loading it."""
        return tuple(self._files[name].get_slice(name).get_shape())

    def size(self, name: str) -> int:
        """Return a tensor's bytes as stored."""
        piece = self._files[name].get_slice(name)
        bits = int("".join(c for c in piece.get_dtype() if c.isdigit()) or 8)
        return int(torch.Size(piece.get_shape()).numel()) * bits // 8

    def load(self, name: str) -> Tensor:
        """Return a tensor as stored, on the device. Raise EngineError."""
        try:
            tensor: Tensor = self._files[name].get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise _damaged(self._folder, error) from None
        return tensor


def _damaged(path: Path, error: Exception) -> EngineError:
    return EngineError(
        f"{path} is damaged or incomplete ({error}): "
        "check it with `ros2 run video_commentary fetch_model awq --verify`"
    )


def is_awq(tensors: Tensors) -> bool:
    """Return whether any linear is INT4 in AWQ's layout."""
    return any(name.endswith(".qweight") for name in tensors.names())
