"""The manifest of what was fetched into a model's folder, and the check against it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

MANIFEST = "fetched.json"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """One file: path in the folder, size in bytes, SHA-256, and where it was fetched from."""

    path: str
    size: int
    sha256: str
    source: str


def digest(path: Path, prefix: bytes = b"", algorithm: str = "sha256") -> str:
    """Return the hex digest of `prefix` and the file's contents."""
    hashed = hashlib.new(algorithm, prefix)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            hashed.update(block)
    return hashed.hexdigest()


def write(folder: Path, files: list[Fetched]) -> None:
    """Record `files` as what `folder` must hold."""
    document = {"files": [asdict(file) for file in files]}
    partial = folder / (MANIFEST + ".part")
    partial.write_text(json.dumps(document, indent=1) + "\n")
    partial.replace(folder / MANIFEST)


def read(folder: Path) -> list[Fetched]:
    """Return what `folder` must hold; empty if nothing was recorded. Raise ValueError."""
    try:
        document = json.loads((folder / MANIFEST).read_text())
        return [Fetched(**file) for file in document["files"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        damaged = folder / MANIFEST
        raise ValueError(f"{damaged} is damaged ({error}): fetch the model again") from None


def sources(files: Iterable[Fetched]) -> list[str]:
    """Return where the files were fetched from, as repository@commit, each once."""
    return list(dict.fromkeys(file.source for file in files))


def missing(folder: Path, files: list[Fetched]) -> list[str]:
    """Return the paths that are absent or of the wrong size, without reading the files."""
    return [file.path for file in files if not _has_size(folder / file.path, file.size)]


def problems(folder: Path, files: list[Fetched]) -> Iterator[str]:
    """Read every file; yield a line for each that is absent, truncated or changed."""
    for file in files:
        path = folder / file.path
        if not path.is_file():
            yield f"{path} is missing"
        elif not _has_size(path, file.size):
            yield f"{path} has {path.stat().st_size} bytes, not {file.size}"
        elif digest(path) != file.sha256:
            yield f"{path} is damaged: its sha256 is not {file.sha256}"


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
