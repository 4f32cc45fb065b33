"""Fetching checkpoint files from a Hugging Face hub: resumed, checked, at one commit."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .catalogue import HubFiles
from .manifest import Fetched, digest

Say = Callable[[str], None]
_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries; each continues where the last one broke off."""
_SPARE = 1 << 30
"""Bytes to leave free on the disk."""


@dataclass(frozen=True)
class RemoteFile:
    """One file on the hub: `sha256` for large files, `blob` (git's SHA-1) for the others."""

    repo: str
    commit: str
    path: str
    size: int
    sha256: str | None
    blob: str | None

    def matches(self, path: Path) -> bool:
        """Return whether a local file has this size and content; reads it."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        if self.sha256:
            return digest(path) == self.sha256
        # git's own hash of a file: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
        return digest(path, b"blob %d\0" % self.size, "sha1") == self.blob


def list_files(parts: Sequence[HubFiles], latest: bool = False) -> list[RemoteFile]:
    """Ask the hub which files there are, at which commit, with sizes and hashes.

    `latest` takes each repository's newest commit instead of the catalogue's. Raise what
    huggingface_hub raises, and ValueError if nothing matches.
    """
    from huggingface_hub import HfApi

    found: dict[str, RemoteFile] = {}
    for part in parts:
        revision = None if latest else part.revision
        info = HfApi().model_info(part.repo, revision=revision, files_metadata=True)
        names = len(found)
        for sibling in info.siblings or ():
            if any(fnmatchcase(sibling.rfilename, pattern) for pattern in part.files):
                found[sibling.rfilename] = _remote(part.repo, str(info.sha), sibling)
        if len(found) == names:
            raise ValueError(f"{part.repo} at {part.revision} has none of: {', '.join(part.files)}")
    return list(found.values())


def _remote(repo: str, commit: str, sibling: Any) -> RemoteFile:
    return RemoteFile(
        repo=repo,
        commit=commit,
        path=sibling.rfilename,
        size=int(sibling.size),
        sha256=sibling.lfs.sha256 if sibling.lfs else None,
        blob=sibling.blob_id,
    )


def check_space(files: Sequence[RemoteFile], folder: Path) -> None:
    """Raise OSError if the disk can't hold what is still to be fetched."""
    present = sum(_size(folder / file.path) for file in files)
    begun = sum(_size(_partial(folder / file.path)) for file in files)
    needed = sum(file.size for file in files) - present - begun + _SPARE
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"{folder} needs {needed / 1e9:.1f} GB more and has {free / 1e9:.1f} GB free: "
            "free some, or choose another folder with --dest"
        )


def fetch(files: Sequence[RemoteFile], folder: Path, say: Say) -> list[Fetched]:
    """Fetch every file into `folder`, resuming partial ones; return what is there now.

    Files that are correct already are kept. Raise OSError for one that arrives damaged twice, and
    what huggingface_hub raises after the last retry.
    """
    for number, file in enumerate(files, 1):
        say(f"[{number}/{len(files)}] {file.path} ({file.size / 1e6:,.1f} MB)")
        if not file.matches(folder / file.path):
            _fetch_checked(file, folder, say)
    return [
        Fetched(
            file.path,
            file.size,
            file.sha256 or digest(folder / file.path),
            f"{file.repo}@{file.commit}",
        )
        for file in files
    ]


def _fetch_checked(file: RemoteFile, folder: Path, say: Say) -> None:
    target = folder / file.path
    partial = _partial(target)
    for attempt in (1, 2):
        _download(file, partial, say)
        if file.matches(partial):
            partial.replace(target)
            return
        partial.unlink()
        if attempt == 1:
            say(f"{file.path} arrived damaged: fetching it again")
    raise OSError(
        f"{file.path} of {file.repo} arrived damaged twice: its checksum is not the hub's"
    )


def _partial(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _download(file: RemoteFile, partial: Path, say: Say) -> None:
    # Not hf_hub_download: since huggingface_hub 2 that begins at zero in each new process.
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(file.repo, file.path, revision=file.commit)
    partial.parent.mkdir(parents=True, exist_ok=True)
    if _size(partial) > file.size:
        partial.unlink()
    for wait in (*_WAITS, None):
        try:
            with partial.open("ab") as out:
                http_get(
                    url,
                    out,
                    resume_size=out.tell(),
                    headers=build_hf_headers(),
                    expected_size=file.size,
                    displayed_filename=file.path,
                )
            return
        except Exception as error:  # of whichever HTTP library the client uses
            refused = isinstance(error, HfHubHTTPError) and error.response.status_code < 500
            if wait is None or refused:
                raise
            say(f"connection lost ({type(error).__name__}): continuing in {wait:.0f} s")
            time.sleep(wait)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
