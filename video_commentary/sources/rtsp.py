"""An RTSP camera as a source."""

from __future__ import annotations

from collections.abc import Iterator

import av
import av.error
from av.container import InputContainer

from .decoding import decode, explain
from .reader import Picture, shown


class RtspReader:
    """Reads RTSP over TCP: UDP loses packets and shows grey smears for seconds after each."""

    live = True

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._container: InputContainer | None = None
        self._pictures: Iterator[Picture] = iter(())

    @property
    def description(self) -> str:
        """What is read."""
        return shown(self._url)

    def open(self) -> None:
        """Connect. Raise SourceError."""
        options = {
            "rtsp_transport": "tcp",
            # Reading goes on over packets of sound, in which a picture that stops is no timeout.
            "allowed_media_types": "video",
            "fflags": "nobuffer",
            "max_delay": "100000",  # microseconds
            "timeout": str(int(self._timeout * 1e6)),  # of the socket
        }
        try:
            self._container = av.open(
                self._url, options=options, timeout=(self._timeout, self._timeout)
            )
        except (av.error.FFmpegError, OSError) as error:
            raise explain(error, self.description) from error
        self._pictures = decode(self._container, self.description, live=True)

    def read(self) -> Picture | None:
        """Return the next picture, None where the camera ends the stream."""
        try:
            return next(self._pictures, None)
        except (av.error.FFmpegError, OSError) as error:
            raise explain(error, self.description) from error

    def close(self) -> None:
        """Hang up."""
        self._pictures = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None
