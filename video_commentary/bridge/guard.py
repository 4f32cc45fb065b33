"""The door: every request is checked here before any route sees it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from .access import Access, same_origin
from .limits import LARGEST_BODY, RateLimit

_OPEN = ("/", "/favicon.ico")
_OPEN_BELOW = "/static/"
_READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


class Guard:
    """ASGI middleware: host, origin, size and rate of requests, and the token."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """Guard `app`."""
        self._app = app
        self._access = access
        self._posts = RateLimit(rate=5.0, burst=30.0)
        self._logins = RateLimit(rate=0.2, burst=5.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        refusal = self._refuse(scope, headers)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await _answer(refusal, scope, send)

    def _refuse(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._access.serves(host):
            return Refusal(
                421,
                f"this is not {host or 'a host without name'}: open the page by IP address, or "
                "add the name to the parameter allowed_hosts",
            )
        if origin is not None and not same_origin(origin, host):
            return Refusal(403, "a page of another origin may not use this")
        address = scope["client"][0] if scope.get("client") else ""
        changes = scope["type"] == "http" and scope["method"] not in _READING
        return (
            _refuse_body(headers)
            or self._refuse_stranger(scope["path"], changes, headers, address)
            or (_too_many(self._posts.wait(address)) if changes else None)
        )

    def _refuse_stranger(
        self, path: str, changes: bool, headers: Mapping[str, str], address: str
    ) -> Refusal | None:
        """Ask for the token. Strangers use up guesses only, never what those who have it may do."""
        if path == "/api/login":
            return _too_many(self._logins.wait(address)) if changes else None
        if path in _OPEN or path.startswith(_OPEN_BELOW):
            return None
        offers = self._access.is_offered(headers)
        if offers and (wait := self._logins.until_one(address)):
            # Looked at, even a refused guess would tell whether it was right.
            return _too_many(wait)
        if self._access.knows(headers):
            return None
        if offers:
            self._logins.wait(address)
        return Refusal(
            401,
            "a token is needed: send it as `Authorization: Bearer <token>`, or open / and log in; "
            "it is in VIDEO_COMMENTARY_TOKEN or in the bridge's log",
            (("www-authenticate", "Bearer"),),
        )


def _refuse_body(headers: Mapping[str, str]) -> Refusal | None:
    # Where both are sent, servers go by this one and not by the length.
    if "transfer-encoding" in headers:
        return Refusal(411, "send a Content-Length and no Transfer-Encoding")
    length = headers.get("content-length", "0")
    if int(length) > LARGEST_BODY:
        return Refusal(413, f"the body has {length} bytes: send at most {LARGEST_BODY}")
    return None


def _too_many(wait: float) -> Refusal | None:
    """Return the refusal of one who has to wait so many seconds; 0 for none."""
    if not wait:
        return None
    seconds = math.ceil(wait)
    return Refusal(429, f"too many requests: wait {seconds} s", (("retry-after", str(seconds)),))


async def _answer(refusal: Refusal, scope: Scope, send: Send) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.detail[:120]})
            return
        kind = "websocket.http.response"
    body = json.dumps({"detail": refusal.detail}).encode()
    headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
    raw = [(k.encode(), v.encode()) for k, v in (*headers, *refusal.headers)]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": raw})
    await send({"type": f"{kind}.body", "body": body})
