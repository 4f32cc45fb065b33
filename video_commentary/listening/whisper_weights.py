"""Reads the decoder's weights of a Whisper model in CTranslate2's format, which runs no code."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]
_VERSION = 6
_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""Number types by CTranslate2's numbers."""
_PREFIX = "decoder/"


class WeightsError(ValueError):
    """The file is not what was expected; the message says what was found."""


def read_decoder(path: Path) -> dict[str, Array]:
    """Return the decoder's weights by name, without "decoder/": float32, int8 ones scaled.

    Raise WeightsError for another format, OSError.
    """
    with path.open("rb") as file:
        version, spec = _number(file, "<I"), _text(file)
        _number(file, "<I")
        if version != _VERSION or spec != "WhisperSpec":
            raise WeightsError(f"{path}: {spec}, format {version}, not Whisper in {_VERSION}")
        found: dict[str, NDArray[np.generic]] = {}
        for _ in range(_number(file, "<I")):
            name = _text(file)
            shape = [_number(file, "<I") for _ in range(_number(file, "<B"))]
            kind, size = _number(file, "<B"), _number(file, "<I")
            if not name.startswith(_PREFIX):
                file.seek(size, 1)
            elif kind >= len(_TYPES):
                raise WeightsError(f"{path}: {name} has numbers of type {kind}, which are unknown")
            else:
                values = np.frombuffer(file.read(size), _TYPES[kind])
                found[name.removeprefix(_PREFIX)] = values.reshape(shape)
    return {
        name: _scaled(values, found.get(name + "_scale"))
        for name, values in found.items()
        if not name.endswith("_scale")
    }


def _scaled(values: NDArray[np.generic], scale: NDArray[np.generic] | None) -> Array:
    wide = values.astype(np.float32)
    if values.dtype == np.int8 and scale is not None:
        wide /= scale.astype(np.float32).reshape(-1, 1)
    return wide


def _number(file: BinaryIO, form: str) -> int:
    data = file.read(struct.calcsize(form))
    if len(data) != struct.calcsize(form):
        raise WeightsError("the file of the weights ends too early")
    return int(struct.unpack(form, data)[0])


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "<H"))[:-1].decode()
