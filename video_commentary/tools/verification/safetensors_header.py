"""The header of a safetensors file, read without loading a tensor."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as a file stores it; `dtype` in the format's own words: F16, BF16, I32..."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class StoredTensors:
    """What one file says it holds, and its size in bytes: as it should be and as it is."""

    tensors: dict[str, StoredTensor]
    expected_bytes: int
    bytes: int


def read_header(path: Path) -> StoredTensors:
    """Read the header of `path`. Raise OSError, or ValueError if it is damaged."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if size < _LENGTH_BYTES or length > min(size, _MAX_HEADER_BYTES):
            raise ValueError("its header is cut off")
        text = file.read(length)
    try:
        document = json.loads(text)
        document.pop("__metadata__", None)
        tensors = {
            name: StoredTensor(entry["dtype"], tuple(entry["shape"]))
            for name, entry in document.items()
        }
        end = max((entry["data_offsets"][1] for entry in document.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its header is damaged ({type(error).__name__})") from None
    return StoredTensors(tensors, _LENGTH_BYTES + length + end, size)
