"""What kind of recording a path is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .bag import BagFootage
from .footage import Footage, FootageError
from .video import VideoFootage


def open_footage(path: Path, topic: str, choose: Callable[[list[str]], str]) -> Footage:
    """Open a video file or a rosbag, by what `path` is; raise FootageError.

    `topic` names a bag's camera; if it is empty and there are several, `choose` picks one.
    """
    if not path.exists():
        raise FootageError(f"{path}: no such file or folder")
    if path.is_dir() or path.suffix in (".mcap", ".db3", ".bag"):
        return BagFootage(path, topic, choose)
    if topic:
        raise FootageError(f"{path} is no rosbag: leave out --topic")
    return VideoFootage(path)
