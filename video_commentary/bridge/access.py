"""Who may use the bridge: the token, and the host names and origins that are served."""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import cookie_parser

from ..config.settings import BridgeSettings

TOKEN_VARIABLE = "VIDEO_COMMENTARY_TOKEN"  # noqa: S105 - its name, not a token
COOKIE = "video_commentary_token"
_MIN_TOKEN_LENGTH = 12


@dataclass(frozen=True)
class AccessPolicy:
    """The token a request needs, and the host names it may be sent to.

    `token` is None if none is needed. `generated`: it was made at start, not set by the user.
    """

    token: str | None
    hosts: frozenset[str]
    generated: bool = False

    def is_authorized(self, headers: Mapping[str, str]) -> bool:
        """Return whether the request carries the token, or none is needed."""
        if self.token is None:
            return True
        # Always compare both, so that the response time does not reveal which one was sent.
        bearer = self.is_token(_bearer(headers.get("authorization", "")))
        return self.is_token(_cookie(headers.get("cookie", ""))) or bearer

    def sends_token(self, headers: Mapping[str, str]) -> bool:
        """Return whether a token is needed and the request carries one, right or wrong."""
        sent = _bearer(headers.get("authorization", "")) or _cookie(headers.get("cookie", ""))
        return self.token is not None and bool(sent)

    def is_token(self, candidate: str) -> bool:
        """Return whether `candidate` is the token, compared in constant time."""
        return self.token is not None and hmac.compare_digest(
            candidate.encode(), self.token.encode()
        )

    def allows_host(self, host: str) -> bool:
        """Return whether a Host header names this machine.

        IP addresses always do: in DNS rebinding the browser still sends the attacker's host name.
        """
        name = _hostname(host)
        if name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def same_origin(origin: str, host: str) -> bool:
    """Return whether an Origin header belongs to the page served at `host`, port included."""
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def access_policy(
    settings: BridgeSettings, environment: Mapping[str, str] = os.environ
) -> AccessPolicy:
    """Return the policy of the settings and of VIDEO_COMMENTARY_TOKEN.

    A token is needed if the bridge listens beyond loopback or allows another host name, since only
    a proxy brings requests for another name to loopback. One is generated if none is set. Raise
    ValueError for a weak token.
    """
    name = socket.gethostname().lower()
    hosts = {"localhost", name, f"{name.split('.')[0]}.local"}
    hosts |= {host.strip().lower() for host in settings.allowed_hosts.split(",") if host.strip()}
    token = environment.get(TOKEN_VARIABLE) or None
    if token is not None and (len(token) < _MIN_TOKEN_LENGTH or not token.isascii()):
        raise ValueError(f"{TOKEN_VARIABLE}: use at least {_MIN_TOKEN_LENGTH} ASCII characters")
    exposed = not is_loopback(settings.listen) or bool(settings.allowed_hosts.strip())
    generated = token is None and exposed
    if generated:
        token = secrets.token_urlsafe(24)
    return AccessPolicy(token, frozenset(hosts), generated)


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach `address`."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _cookie(header: str) -> str:
    # Python's SimpleCookie stops at the first cookie it can't parse, which may be another site's.
    return cookie_parser(header).get(COOKIE, "")
