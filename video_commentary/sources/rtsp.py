"""An RTSP camera as a source."""

from __future__ import annotations

from collections.abc import Iterator

import av
import av.error
from av.container import InputContainer

from .decoding import decode, explain
from .reader import SourceFrame, shown


class RtspReader:
    """Reads RTSP over TCP: with UDP, each lost packet smears the image for seconds."""

    live = True

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._container: InputContainer | None = None
        self._frames: Iterator[SourceFrame] = iter(())

    @property
    def description(self) -> str:
        """The URL without secrets."""
        return shown(self._url)

    def open(self) -> None:
        """Connect. Raise SourceError."""
        options = {
            "rtsp_transport": "tcp",
            # Without audio, whose packets would hide that the video has stopped.
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
        self._frames = decode(self._container, self.description, live=True)

    def read(self) -> SourceFrame | None:
        """Return the next frame, None when the camera ends the stream."""
        try:
            return next(self._frames, None)
        except (av.error.FFmpegError, OSError) as error:
            raise explain(error, self.description) from error

    def close(self) -> None:
        """Disconnect."""
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None
