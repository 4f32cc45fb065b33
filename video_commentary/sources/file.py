"""A video file as a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .decoding import decode, explained, open_video
from .reader import Picture, SourceError

if TYPE_CHECKING:
    from av.container import InputContainer


class FileReader:
    """Reads a video file, once or in a loop; in a loop, time goes on."""

    live = False

    def __init__(self, path: Path, *, loop: bool) -> None:
        self._path = path.expanduser()
        self._loop = loop
        self._container: InputContainer | None = None
        self._pictures: Iterator[Picture] = iter(())
        self._start = 0.0
        self._last = 0.0
        self._period = 0.0

    @property
    def description(self) -> str:
        """What is read."""
        return f"file {self._path}"

    def open(self) -> None:
        """Open the file from its start. Raise SourceError."""
        self._start = self._last = 0.0
        self._rewind()

    def read(self) -> Picture | None:
        """Return the next picture, None at the end of a file that is not looped."""
        picture = self._next()
        if picture is None and self._loop:
            self._start = self._last + self._period
            self._rewind()
            picture = self._next()
            if picture is None:
                raise SourceError(f"{self._path}: no picture in it")
        if picture is None:
            return None
        time = self._start + picture.time
        if time > self._last:
            self._period = time - self._last
        self._last = time
        return Picture(time, picture.image)

    def close(self) -> None:
        """Close the file."""
        self._pictures = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _next(self) -> Picture | None:
        with explained(str(self._path)):
            return next(self._pictures, None)

    def _rewind(self) -> None:
        # Opening anew works with every format; seeking back doesn't.
        self.close()
        # FFmpeg takes what comes before a name's colon, as in a time, for a protocol.
        self._container = open_video(str(self._path.absolute()), str(self._path))
        self._pictures = decode(self._container, str(self._path), live=False)
