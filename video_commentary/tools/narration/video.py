"""A video file to narrate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
import av.error

from ...core.stamp import from_seconds
from ...sources.decoding import explain, timed_frames, upright
from ...sources.reader import SourceError
from .footage import FootageError, Shot, identity


class VideoFootage:
    """Whatever FFmpeg can read. `start`: the first picture's time within the file, seconds."""

    def __init__(self, path: Path) -> None:
        """Look into the file. Raise FootageError."""
        self.path = path
        try:
            with av.open(str(path.absolute())) as container:
                if not container.streams.video:
                    raise FootageError(f"{path}: no video in it, only sound or data")
                video = container.streams.video[0]
                self.duration = (container.duration or 0) / av.time_base
                self.start = float((video.start_time or 0) * (video.time_base or 0))
                self.has_sound = bool(container.streams.audio)
        except (av.error.FFmpegError, OSError) as error:
            raise FootageError(str(explain(error, str(path)))) from error

    @property
    def identity(self) -> dict[str, object]:
        """What distinguishes this file from others."""
        return identity(self.path)

    def shots(self) -> Iterator[Shot]:
        """Yield every picture, stamped with its time. Raise FootageError."""
        try:
            with av.open(str(self.path.absolute())) as container:
                for time, frame in timed_frames(container, str(self.path), live=False):
                    image = partial(upright, frame)
                    yield Shot(time, from_seconds(time), "camera", image, frame)
        except SourceError as error:
            raise FootageError(str(error)) from error
        except (av.error.FFmpegError, OSError) as error:
            raise FootageError(str(explain(error, str(self.path)))) from error
