"""An HTTP camera that sends motion JPEG (multipart/x-mixed-replace) as a source."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from urllib.parse import unquote, urlsplit

from .multipart import JpegStreamParser
from .reader import SourceError, SourceFrame, shown

_BLOCK = 65_536
_REASONS = {
    401: "wrong or no password; use http://name:password@host/path",
    403: "the server refuses us (403); check name and password",
    404: "no such stream there (404); check the path in the URL",
}


class MjpegReader:
    """Reads motion JPEG over HTTP(S); frames are not decoded."""

    live = True

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._response: http.client.HTTPResponse | None = None
        self._parser = JpegStreamParser("")
        self._ready: list[bytes] = []
        self._start = 0.0

    @property
    def description(self) -> str:
        """The URL without secrets."""
        return shown(self._url)

    def open(self) -> None:
        """Connect and check the response's headers. Raise SourceError."""
        self._ready = []
        self._start = time.monotonic()
        try:
            self._response = _request(self._url, self._timeout)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._explain(error) from error
        headers = self._response.headers
        if headers.get_content_maintype() != "multipart":
            raise SourceError(
                f"{self.description}: sends {headers.get_content_type()}, not motion JPEG "
                "(multipart/x-mixed-replace); find the camera's MJPEG or RTSP address"
            )
        self._parser = JpegStreamParser(headers.get_boundary() or "")

    def read(self) -> SourceFrame | None:
        """Return the newest frame, None when the camera ends the stream."""
        assert self._response is not None
        deadline = time.monotonic() + self._timeout
        while not self._ready:
            if time.monotonic() > deadline:
                raise SourceError(f"{self.description}: received data, but no whole JPEG in it")
            try:
                data = self._response.read1(_BLOCK)
                self._ready = self._parser.push(data)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise self._explain(error) from error
            if not data:
                return None
        # Older frames of the same block are late already.
        jpeg, self._ready = self._ready[-1], []
        return SourceFrame(time.monotonic() - self._start, jpeg=jpeg)

    def close(self) -> None:
        """Disconnect."""
        if self._response is not None:
            self._response.close()
            self._response = None

    def _explain(self, error: Exception) -> SourceError:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(error, urllib.error.HTTPError):
            error.close()
            reason = _REASONS.get(error.code, f"the server answers with status {error.code}")
        elif isinstance(cause, TimeoutError):
            reason = "no data in time; is the camera on and reachable?"
        elif isinstance(cause, ConnectionRefusedError):
            reason = "connection refused; is the camera on, and are host and port right?"
        else:
            reason = str(cause) or type(cause).__name__
        return SourceError(f"{self.description}: {reason}")


def _request(url: str, timeout: float) -> http.client.HTTPResponse:
    """Request `url`; log in with the name and password in it, by Basic or Digest."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    logins = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if parts.username:
        logins.add_password(None, bare, unquote(parts.username), unquote(parts.password or ""))
    opener = urllib.request.build_opener(
        urllib.request.HTTPBasicAuthHandler(logins), urllib.request.HTTPDigestAuthHandler(logins)
    )
    opener.addheaders = [("User-Agent", "video_commentary")]
    response: http.client.HTTPResponse = opener.open(bare, timeout=timeout)
    return response
