"""An HTTP camera that sends JPEG after JPEG (multipart/x-mixed-replace) as a source."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from urllib.parse import unquote, urlsplit

from .multipart import JpegParts
from .reader import Picture, SourceError, shown

_BLOCK = 65_536
_REASONS = {
    401: "wrong or no password; use http://name:password@host/path",
    403: "the server refuses us (403); check name and password",
    404: "no such stream there (404); check the path in the URL",
}


class MjpegReader:
    """Reads motion JPEG over HTTP(S); the pictures stay JPEG."""

    live = True

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._response: http.client.HTTPResponse | None = None
        self._parts = JpegParts("")
        self._ready: list[bytes] = []
        self._start = 0.0

    @property
    def description(self) -> str:
        """What is read."""
        return shown(self._url)

    def open(self) -> None:
        """Connect and look at the answer's headers. Raise SourceError."""
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
        self._parts = JpegParts(headers.get_boundary() or "")

    def read(self) -> Picture | None:
        """Return the newest picture, None where the camera ends the stream."""
        assert self._response is not None
        deadline = time.monotonic() + self._timeout
        while not self._ready:
            if time.monotonic() > deadline:
                raise SourceError(f"{self.description}: data comes, but no whole JPEG in it")
            try:
                data = self._response.read1(_BLOCK)
                self._ready = self._parts.push(data)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise self._explain(error) from error
            if not data:
                return None
        # Older ones that came with it are late already.
        jpeg, self._ready = self._ready[-1], []
        return Picture(time.monotonic() - self._start, jpeg=jpeg)

    def close(self) -> None:
        """Hang up."""
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
            reason = "connection refused; is the camera on, are host and port right?"
        else:
            reason = str(cause) or type(cause).__name__
        return SourceError(f"{self.description}: {reason}")


def _request(url: str, timeout: float) -> http.client.HTTPResponse:
    """Ask for `url`, with the name and password in it by Basic or Digest, as the camera wants."""
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
