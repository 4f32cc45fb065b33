"""What can be narrated: a video file, or a camera's topic in a rosbag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.stamp import Stamp

Rgb = NDArray[np.uint8]

_BAG = (".mcap", ".db3", ".yaml", ".zstd")


class FootageError(Exception):
    """The recording can't be read; the message says why and what to do."""


@dataclass(frozen=True)
class Shot:
    """One picture of a recording.

    `time`: seconds since the recording's first picture, never falling. `stamp`: the camera's own,
    which may jump. `image`: converts the picture to uint8 RGB [H, W, 3]. `frame`: the picture as
    decoded (an av.VideoFrame), None from a bag.
    """

    time: float
    stamp: Stamp
    camera: str
    image: Callable[[], Rgb]
    frame: Any = None


class Footage(Protocol):
    """A recording. `shots` may be asked for several times, and starts over each time."""

    path: Path

    @property
    def duration(self) -> float:
        """Seconds, about; 0.0 if the recording doesn't say."""
        ...

    @property
    def identity(self) -> dict[str, object]:
        """What distinguishes this recording from others, and from itself after a change."""
        ...

    def shots(self) -> Iterator[Shot]:
        """Yield every picture. Raise FootageError."""
        ...


def identity(path: Path) -> dict[str, object]:
    """Return name, size and time of change of a file, or of all of a bag's folder together."""
    # Other files there, such as a narration of it, are not the recording.
    files = [f for f in path.iterdir() if f.suffix in _BAG] if path.is_dir() else [path]
    status = [file.stat() for file in files if file.is_file()]
    return {
        "path": str(path.resolve()),
        "size": sum(s.st_size for s in status),
        "changed": max((s.st_mtime_ns for s in status), default=0),
    }
