"""An RTSP camera as a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .decoding import decode, explained, open_video
from .reader import SourceFrame, shown

if TYPE_CHECKING:
    from av.container import InputContainer


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
        self._container = open_video(
            self._url, self.description, options=options, timeout=self._timeout
        )
        self._frames = decode(self._container, self.description, live=True)

    def read(self) -> SourceFrame | None:
        """Return the next frame, None when the camera ends the stream."""
        with explained(self.description):
            return next(self._frames, None)

    def close(self) -> None:
        """Disconnect."""
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None
