"""Posts alerts to a URL: signed, retried, on a thread of its own."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import re
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ...core.backoff import Backoff

SIGNATURE_HEADER = "X-Signature-256"
KEY_VARIABLE = "VIDEO_COMMENTARY_ALERT_SECRET"
MAX_WAITING = 100
MAX_AGE = 600.0
"""Seconds after which an alert that could not be delivered is given up."""
_TIMEOUT = 10.0
_GRACE = 1.0
_RETRIED = frozenset((408, 425, 429, *range(500, 600)))


class Webhook:
    """Delivers JSON by POST, one after the other, the oldest first.

    Nobody waits for it. No answer within a time limit, a refused connection and the statuses 408,
    425, 429 and 5xx are tried again after 1 to 60 s; any other status but 2xx gives that alert up:
    a redirect too, which could lead anywhere.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        report: Callable[[str], None],
        *,
        timeout: float = _TIMEOUT,
        backoff: Backoff | None = None,
    ) -> None:
        """Start the thread. `report` gets what goes wrong. Raise ValueError if `url` is no URL.

        `secret` signs the body, empty for no signature. `timeout`: seconds for one delivery as a
        whole.
        """
        self._url = checked_url(url)
        self._secret = secret.encode()
        self._report = report
        self._timeout = timeout
        self._backoff = backoff or Backoff(1.0, 60.0)
        self._changed = threading.Condition()
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._closed = False
        self._reported = ""
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    def send(self, content: dict[str, Any]) -> None:
        """Have `content` delivered, with an id of its own; of too many, the oldest are given up."""
        body = json.dumps({"delivery": str(uuid.uuid4()), **content}, ensure_ascii=False)
        with self._changed:
            full = len(self._waiting) >= MAX_WAITING
            if full:
                self._waiting.popleft()
            self._waiting.append((time.monotonic(), body.encode()))
            self._changed.notify()
        if full:
            self._say(f"alert_webhook: more than {MAX_WAITING} alerts wait, the oldest is given up")

    def close(self) -> None:
        """Stop, without waiting for a server that hangs; what has not been delivered is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(_GRACE)

    def _run(self) -> None:
        while (entry := self._next()) is not None:
            since, body = entry
            again = self._delivery_trouble(body)
            if again is None:
                self._backoff.reset()
                self._reported = ""
                self._done(entry)
            elif time.monotonic() - since > MAX_AGE:
                self._say(f"alert_webhook: an alert is given up after {MAX_AGE:g} s: {again}")
                self._done(entry)
            else:
                self._say(f"alert_webhook: {again}; it is tried again")
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, self._backoff.failed())

    def _next(self) -> tuple[float, bytes] | None:
        """Wait for the alert that has waited longest, and leave it there; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return None if self._closed else self._waiting[0]

    def _done(self, entry: tuple[float, bytes]) -> None:
        with self._changed:
            if self._waiting and self._waiting[0] is entry:  # else it was given up in between
                self._waiting.popleft()

    def _delivery_trouble(self, body: bytes) -> str | None:
        """Post; return why it is to be tried again, None if it is done with."""
        try:
            status = self._post(body)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        if status in _RETRIED:
            return f"the server answers {status}"
        if not 200 <= status < 300:
            self._say(f"alert_webhook: an alert is given up, the server answers {status}")
        return None

    def _post(self, body: bytes) -> int:
        """Return the status. Raise OSError, ValueError (a host that can't be) or HTTPException."""
        parts = urlsplit(self._url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        connection = kinds[parts.scheme](parts.hostname or "", parts.port, timeout=self._timeout)
        # A timeout of the socket is for each read: a server may send a byte now and then for ever.
        limit = threading.Timer(self._timeout, _cut, [connection])
        limit.daemon = True
        limit.start()
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, self._headers(body))
            return connection.getresponse().status
        finally:
            limit.cancel()
            connection.close()

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "video_commentary"}
        if self._secret:
            digest = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
            headers[SIGNATURE_HEADER] = f"sha256={digest}"
        return headers

    def _say(self, trouble: str) -> None:
        """Report a trouble, once until something else happens."""
        if trouble != self._reported:
            self._reported = trouble
            self._report(trouble)


def _cut(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


def checked_url(url: str) -> str:
    """Return the URL of a webhook. Raise ValueError that says what is wrong with it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"alert_webhook: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("alert_webhook: must be a URL such as https://example.org/alerts")
    if parts.username or parts.password or not re.fullmatch(r"[!-~]+", url):
        raise ValueError("alert_webhook: no user name, password, blank or non-ASCII may be in it")
    return url
