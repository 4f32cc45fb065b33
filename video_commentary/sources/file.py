"""A video file as a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .decoding import decode, explained, open_video
from .reader import SourceError, SourceFrame

if TYPE_CHECKING:
    from av.container import InputContainer


class FileReader:
    """Reads a video file, once or in a loop; times keep increasing in a loop."""

    live = False

    def __init__(self, path: Path, *, loop: bool) -> None:
        self._path = path.expanduser()
        self._loop = loop
        self._container: InputContainer | None = None
        self._frames: Iterator[SourceFrame] = iter(())
        self._start = 0.0
        self._last = 0.0
        self._period = 0.0

    @property
    def description(self) -> str:
        """The path."""
        return f"file {self._path}"

    def open(self) -> None:
        """Open the file at its start. Raise SourceError."""
        self._start = self._last = 0.0
        self._rewind()

    def read(self) -> SourceFrame | None:
        """Return the next frame, None at the end of a file that is not looped."""
        frame = self._next()
        if frame is None and self._loop:
            self._start = self._last + self._period
            self._rewind()
            frame = self._next()
            if frame is None:
                raise SourceError(f"{self._path}: no frame in it")
        if frame is None:
            return None
        time = self._start + frame.time
        if time > self._last:
            self._period = time - self._last
        self._last = time
        return SourceFrame(time, frame.image)

    def close(self) -> None:
        """Close the file."""
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _next(self) -> SourceFrame | None:
        with explained(str(self._path)):
            return next(self._frames, None)

    def _rewind(self) -> None:
        # Opening again works with every format; seeking back doesn't.
        self.close()
        # Absolute, because FFmpeg takes the part of a name before a colon for a protocol.
        self._container = open_video(str(self._path.absolute()), str(self._path))
        self._frames = decode(self._container, str(self._path), live=False)
