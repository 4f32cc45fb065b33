"""The door: every request is checked here before any route sees it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from .access import Access, same_origin
from .limits import LARGEST_BODY, RateLimit

_OPEN = ("/", "/favicon.ico", "/api/login")
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
        if scope["type"] == "http" and scope["method"] not in _READING:
            refusal = self._refuse_post(scope, headers)
            if refusal:
                return refusal
        path = scope["path"]
        if path in _OPEN or path.startswith(_OPEN_BELOW) or self._access.knows(headers):
            return None
        return Refusal(
            401,
            "a token is needed: send it as `Authorization: Bearer <token>`, or open / and log in; "
            "it is in VIDEO_COMMENTARY_TOKEN or in the bridge's log",
            (("www-authenticate", "Bearer"),),
        )

    def _refuse_post(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        length = headers.get("content-length")
        if length is None and "transfer-encoding" in headers:
            return Refusal(411, "send a Content-Length")
        if int(length or 0) > LARGEST_BODY:
            return Refusal(413, f"the body has {length} bytes: send at most {LARGEST_BODY}")
        address = scope["client"][0] if scope.get("client") else ""
        limit = self._logins if scope["path"] == "/api/login" else self._posts
        if wait := limit.wait(address):
            seconds = math.ceil(wait)
            after = (("retry-after", str(seconds)),)
            return Refusal(429, f"too many requests: wait {seconds} s", after)
        return None


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
