"""An RTSP camera as a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .decoding import decode, explained, open_video
from .reader import Picture, shown

if TYPE_CHECKING:
    from av.container import InputContainer


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
        self._container = open_video(
            self._url, self.description, options=options, timeout=self._timeout
        )
        self._pictures = decode(self._container, self.description, live=True)

    def read(self) -> Picture | None:
        """Return the next picture, None where the camera ends the stream."""
        with explained(self.description):
            return next(self._pictures, None)

    def close(self) -> None:
        """Hang up."""
        self._pictures = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None
