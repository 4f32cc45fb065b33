"""Who may come in: by token, by host name, by origin."""

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
_SHORTEST = 12


@dataclass(frozen=True)
class Access:
    """What is asked of a request. `token`: None where none is needed; `made`: made by us now."""

    token: str | None
    hosts: frozenset[str]
    made: bool = False

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Return whether the request carries the token, compared in constant time."""
        if self.token is None:
            return True
        # Both are always compared: how long it takes tells nothing about which was sent.
        bearer = self.fits(_bearer(headers.get("authorization", "")))
        return self.fits(_cookie(headers.get("cookie", ""))) or bearer

    def is_offered(self, headers: Mapping[str, str]) -> bool:
        """Return whether the request carries a token, right or wrong, where one is needed."""
        sent = _bearer(headers.get("authorization", "")) or _cookie(headers.get("cookie", ""))
        return self.token is not None and bool(sent)

    def fits(self, offered: str) -> bool:
        """Return whether `offered` is the token, compared in constant time."""
        return self.token is not None and hmac.compare_digest(offered.encode(), self.token.encode())

    def serves(self, host: str) -> bool:
        """Return whether a Host header names this machine.

        Numbers always do: a page that rebinds its DNS name to our address still sends the name.
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
    """Return whether the page of `origin` came from `host`, port included."""
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def access_from(settings: BridgeSettings, environment: Mapping[str, str] = os.environ) -> Access:
    """Return what the settings and VIDEO_COMMENTARY_TOKEN ask for. Raise ValueError.

    A token is always needed beyond loopback, and where another host name is allowed, which only a
    proxy in front of loopback brings here: one is made where none is set.
    """
    name = socket.gethostname().lower()
    hosts = {"localhost", name, f"{name.split('.')[0]}.local"}
    hosts |= {host.strip().lower() for host in settings.allowed_hosts.split(",") if host.strip()}
    token = environment.get(TOKEN_VARIABLE) or None
    if token is not None and (len(token) < _SHORTEST or not token.isascii()):
        raise ValueError(f"{TOKEN_VARIABLE}: use at least {_SHORTEST} ASCII characters")
    exposed = not is_loopback(settings.listen) or bool(settings.allowed_hosts.strip())
    made = token is None and exposed
    return Access(secrets.token_urlsafe(24) if made else token, frozenset(hosts), made)


def is_loopback(address: str) -> bool:
    """Return whether only this machine reaches `address`."""
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
    # Python's SimpleCookie gives up at the first cookie it can't read, one of another page perhaps.
    return cookie_parser(header).get(COOKIE, "")
