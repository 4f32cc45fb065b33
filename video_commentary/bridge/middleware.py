"""ASGI middleware that checks every request before a route sees it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from .access import AccessPolicy, same_origin
from .limits import MAX_BODY, RateLimiter

_PUBLIC_PATHS = ("/", "/favicon.ico")
_PUBLIC_PREFIX = "/static/"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Refusal:
    """The response to a request that is not let through."""

    status: int
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


class AccessMiddleware:
    """Checks host, origin, body size, request rate and token."""

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        self._app = app
        self._policy = policy
        self._posts = RateLimiter(rate=5.0, burst=30.0)
        self._logins = RateLimiter(rate=0.2, burst=5.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        refusal = self._check(scope, headers)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await _respond(refusal, scope, send)

    def _check(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._policy.allows_host(host):
            return Refusal(
                421,
                f"this is not {host or 'a host without name'}: open the page by IP address, or "
                "add the name to the parameter allowed_hosts",
            )
        if origin is not None and not same_origin(origin, host):
            return Refusal(403, "a page of another origin may not use this")
        address = scope["client"][0] if scope.get("client") else ""
        changes = scope["type"] == "http" and scope["method"] not in _SAFE_METHODS
        return (
            _check_body(headers)
            or self._check_token(scope["path"], changes, headers, address)
            or (_too_many(self._posts.acquire(address)) if changes else None)
        )

    def _check_token(
        self, path: str, changes: bool, headers: Mapping[str, str], address: str
    ) -> Refusal | None:
        """Refuse clients without the token.

        Their attempts count against the login limit only, not against that of authorized clients.
        """
        if path == "/api/login":
            return _too_many(self._logins.acquire(address)) if changes else None
        if path in _PUBLIC_PATHS or path.startswith(_PUBLIC_PREFIX):
            return None
        sends_token = self._policy.sends_token(headers)
        if sends_token and (wait := self._logins.retry_after(address)):
            # Don't even compare: the response would reveal whether the guess was right.
            return _too_many(wait)
        if self._policy.is_authorized(headers):
            return None
        if sends_token:
            self._logins.acquire(address)
        return Refusal(
            401,
            "a token is needed: send it as `Authorization: Bearer <token>`, or open / and log in; "
            "it is in VIDEO_COMMENTARY_TOKEN or in the bridge's log",
            (("www-authenticate", "Bearer"),),
        )


def _check_body(headers: Mapping[str, str]) -> Refusal | None:
    # If both are sent, servers obey Transfer-Encoding and ignore the length.
    if "transfer-encoding" in headers:
        return Refusal(411, "send a Content-Length and no Transfer-Encoding")
    length = headers.get("content-length", "0")
    if int(length) > MAX_BODY:
        return Refusal(413, f"the body has {length} bytes: send at most {MAX_BODY}")
    return None


def _too_many(wait: float) -> Refusal | None:
    """Return the refusal of a client that must wait `wait` seconds; None for 0."""
    if not wait:
        return None
    seconds = math.ceil(wait)
    return Refusal(429, f"too many requests: wait {seconds} s", (("retry-after", str(seconds)),))


async def _respond(refusal: Refusal, scope: Scope, send: Send) -> None:
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
