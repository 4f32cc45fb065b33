"""The folder of clips: writing them whole, deleting the oldest, reading a part of one."""

from __future__ import annotations

import json
import os
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ..core.clip import (
    CLIP_FORMATS,
    JPEG,
    MAX_CHUNK,
    MCAP,
    READ_FORMATS,
    VTT,
    ClipContents,
    RecordedClip,
)
from ..core.stamp import NANOSECONDS, Stamp
from .clip_buffer import ClipRefusedError, CutClip

UNFINISHED = ".unfinished"
"""Folder for what is being written or deleted; removed at start."""
_FACTS, _PICTURE, _WORDS = "clip.json", "picture.jpg", "words.vtt"
_OVERHEAD = 65_536
"""Bytes that a clip takes beside its pictures and sound, at most."""


class ClipFiles(Protocol):
    """How clips become files. Methods raise OSError if the disk is full or can't be written."""

    def write_mcap(self, folder: Path, contents: ClipContents) -> None:
        """Make `folder`, with a file in it that has its name and the suffix .mcap."""
        ...

    def read_mcap(self, path: Path) -> ClipContents:
        """Read that file back."""
        ...

    def write_mp4(self, path: Path, contents: ClipContents) -> None:
        """Write an mp4 file."""
        ...

    def subtitles(self, contents: ClipContents) -> str:
        """Return the words as WebVTT."""
        ...


@dataclass(frozen=True)
class _Kept:
    clip: RecordedClip
    number: int
    """Grows with each clip: clocks may be set back."""
    size: int
    """Bytes of its folder."""


class ClipStore:
    """Clips in a folder each, called as their id; safe on several threads.

    A clip is written in another folder and renamed when it is whole, so there is no half one.
    """

    def __init__(self, root: Path, files: ClipFiles, limit: int) -> None:
        """`limit`: bytes of all clips together. Nothing is read before `open`."""
        self.root = root
        self.limit = limit
        self._files = files
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._clips: dict[str, _Kept] = {}
        self._ids: set[str] = set()

    def open(self) -> None:
        """Find the clips that are there, and remove what was not finished. Raise OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(exist_ok=True)
        found = {}
        for folder in self.root.iterdir():
            with suppress(OSError, ValueError, KeyError, TypeError):
                facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
                number, clip = int(facts.pop("number")), RecordedClip.of(facts)
                if clip.id == folder.name and clip.format in CLIP_FORMATS:
                    found[clip.id] = _Kept(clip, number, _size(folder))
        with self._lock:
            self._clips = found

    @property
    def size(self) -> int:
        """Bytes of all clips."""
        with self._lock:
            return sum(kept.size for kept in self._clips.values())

    def new_id(self, now: Stamp) -> str:
        """Return an id that no clip has had since the start; `now`: this machine's time."""
        name = f"{datetime.fromtimestamp(now / NANOSECONDS):%Y%m%d-%H%M%S}"
        with self._lock:
            number, id = 1, name
            while id in self._ids or (self.root / id).exists():
                number += 1
                id = f"{name}-{number}"
            self._ids.add(id)
        return id

    def add(self, cut: CutClip, format: str, alert: int) -> RecordedClip:
        """Write a clip; the oldest ones make room for it. `alert`: id of the alert's entry.

        Raise OSError, ClipRefusedError if it is larger than the limit, and what `ClipFiles` raises.
        """
        order, contents = cut.order, cut.contents
        if contents.size + _OVERHEAD > self.limit:
            raise ClipRefusedError(
                f"the clip takes {contents.size / 1e6:.0f} MB: raise clip_disk_megabytes"
            )
        self._make_room(contents.size + _OVERHEAD)
        folder = self._unfinished / order.id
        shutil.rmtree(folder, ignore_errors=True)  # of a try before, when the disk was full
        media = folder / f"{order.id}.{format}"
        try:
            if format == MCAP:
                self._files.write_mcap(folder, contents)
            else:
                folder.mkdir()
                self._files.write_mp4(media, contents)
            (folder / _WORDS).write_text(self._files.subtitles(contents), encoding="utf-8")
            (folder / _PICTURE).write_bytes(contents.picture_at(order.moment).jpeg)
            clip = RecordedClip(
                id=order.id,
                name=order.name,
                begin=contents.begin,
                end=contents.end,
                moment=order.moment,
                alert=alert,
                camera=contents.camera,
                format=format,
                size=media.stat().st_size,
                pictures=len(contents.pictures),
            )
            self._publish(folder, clip)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._make_room(0, clip.id)
        return clip

    def newest(self, before: Stamp, limit: int) -> list[RecordedClip]:
        """Return up to `limit` clips that begin before a stamp (0 for any), newest first."""
        with self._lock:
            every = sorted(self._clips.values(), key=lambda k: (k.clip.begin, k.number))
        chosen = [kept.clip for kept in reversed(every) if not before or kept.clip.begin < before]
        return chosen[:limit]

    def __len__(self) -> int:
        """Return how many clips there are."""
        return len(self._clips)

    def read(self, id: str, format: str, offset: int, length: int) -> tuple[bytes, int]:
        """Return up to `length` bytes of a clip from `offset` on, and the bytes of all of it.

        `format`: one of `READ_FORMATS`, empty for the clip's own. The mp4 file of a clip that was
        written as MCAP is made at the first call and kept. Raise ClipRefusedError, OSError, and
        what `ClipFiles` raises.
        """
        if format and format not in READ_FORMATS:
            raise ClipRefusedError(f"format: {format!r} is not one of {', '.join(READ_FORMATS)}")
        if length > MAX_CHUNK:
            raise ClipRefusedError(f"length: {length} is above {MAX_CHUNK}")
        with self._lock:
            kept = self._clips.get(id)
        if kept is None:
            raise ClipRefusedError(f"there is no clip {id!r}, or none any more")
        try:
            with self._file(kept.clip, format or kept.clip.format).open("rb") as file:
                total = file.seek(0, os.SEEK_END)
                file.seek(min(offset, total))
                return file.read(length or MAX_CHUNK), total
        except FileNotFoundError:  # deleted meanwhile, to make room
            raise ClipRefusedError(f"there is no clip {id!r} any more") from None

    def _file(self, clip: RecordedClip, format: str) -> Path:
        folder = self.root / clip.id
        if format in (VTT, JPEG):
            return folder / {VTT: _WORDS, JPEG: _PICTURE}[format]
        path = folder / f"{clip.id}.{format}"
        if format == clip.format:
            return path
        if format == MCAP:
            raise ClipRefusedError("the clip was written as mp4: there is no MCAP file of it")
        with self._making:
            if not path.exists():
                self._make_mp4(clip, path)
        return path

    def _make_mp4(self, clip: RecordedClip, path: Path) -> None:
        half = self._unfinished / path.name
        try:
            contents = self._files.read_mcap(path.with_suffix(f".{MCAP}"))
            self._files.write_mp4(half, contents)
            _synced(half)
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
        with self._lock:
            kept = self._clips.get(clip.id)
            if kept is not None:
                self._clips[clip.id] = replace(kept, size=_size(path.parent))
        self._make_room(0, clip.id)

    @property
    def _unfinished(self) -> Path:
        return self.root / UNFINISHED

    def _publish(self, folder: Path, clip: RecordedClip) -> None:
        with self._lock:
            number = 1 + max((kept.number for kept in self._clips.values()), default=0)
        facts = json.dumps(clip.values() | {"number": number}, indent=1)
        (folder / _FACTS).write_text(facts, encoding="utf-8")
        for file in folder.iterdir():
            _synced(file)
        size = _size(folder)
        folder.rename(self.root / clip.id)
        _synced(self.root)
        with self._lock:
            self._clips[clip.id] = _Kept(clip, number, size)

    def _make_room(self, needed: int, but: str = "") -> None:
        """Delete the oldest clips until `needed` bytes are free; not the one called `but`."""
        while True:
            with self._lock:
                others = [kept for kept in self._clips.values() if kept.clip.id != but]
                taken = sum(kept.size for kept in self._clips.values())
                if not others or taken + needed <= self.limit:
                    return
                oldest = min(others, key=lambda kept: kept.number).clip.id
                del self._clips[oldest]
            gone = self._unfinished / oldest
            with suppress(FileNotFoundError):  # somebody has deleted it
                (self.root / oldest).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder))


def _synced(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk. Raise OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
