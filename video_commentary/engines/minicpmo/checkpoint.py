"""The published checkpoint: safetensors files.

Files are memory-mapped and each tensor goes straight to the device, so loading takes hardly any
host memory. Nothing in a checkpoint is ever executed.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Iterable, Sequence
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
        self._paths: dict[str, Path] = {}
        for path in paths:
            try:
                file = safe_open(path, framework="pt", device=str(device))
            except (SafetensorError, OSError) as error:
                raise _damaged(path, error) from None
            self._files |= dict.fromkeys(file.keys(), file)
            self._paths |= dict.fromkeys(file.keys(), path)

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

    def rows(self, name: str) -> TensorRows:
        """Return the rows of a matrix, which stay in the file. Raise EngineError."""
        return TensorRows(self._paths[name], name)


class TensorRows:
    """The rows of a matrix in a safetensors file, each read when it is used.

    For a large table of which few rows are needed: it takes no memory of the process. `dtype`: as
    stored; `width`: of a row.
    """

    def __init__(self, path: Path, name: str) -> None:
        """Open the file. Raise EngineError if it is damaged."""
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._file)
            length = int.from_bytes(os.pread(self._file, 8, 0), "little")
            entry = json.loads(os.pread(self._file, min(length, _MAX_HEADER), 8))[name]
            self.dtype = _DTYPES[entry["dtype"]]
            self._rows, self.width = entry["shape"]
            self._start = 8 + length + int(entry["data_offsets"][0])
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(path, error) from None
        self._path, self._name = path, name

    def __call__(self, indices: Sequence[int]) -> Tensor:
        """Return the rows at `indices`, [n, width] in host memory.

        Raise EngineError if there is no such row, or if the file is damaged.
        """
        wrong = [index for index in indices if not 0 <= index < self._rows]
        if wrong:
            raise EngineError(
                f"{self._name} in {self._path} has no row {wrong[0]}, only 0 to {self._rows - 1}"
            )
        size = self.width * self.dtype.itemsize
        try:
            parts = [os.pread(self._file, size, self._start + i * size) for i in indices]
        except OSError as error:
            raise _damaged(self._path, error) from None
        content = bytearray(b"".join(parts))
        if len(content) != size * len(indices):
            raise _damaged(self._path, EOFError("the file has become shorter"))
        # torch refuses an empty buffer
        flat = torch.frombuffer(content, dtype=self.dtype) if indices else torch.empty(0)
        return flat.to(self.dtype).view(len(indices), self.width)


_MAX_HEADER = 100_000_000
"""Bytes of a file's header, as safetensors limits them."""
_DTYPES = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32}
"""What rows may be stored in, by its name in safetensors."""


def _damaged(path: Path, error: Exception) -> EngineError:
    return EngineError(
        f"{path} is damaged or incomplete ({error}): "
        "check it with `ros2 run video_commentary fetch_model awq --verify`"
    )


def is_awq(tensors: Tensors) -> bool:
    """Return whether any linear is INT4 in AWQ's layout."""
    return any(name.endswith(".qweight") for name in tensors.names())
