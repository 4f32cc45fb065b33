from __future__ import annotations

import socket

import pytest

from video_commentary.bridge.access import COOKIE, TOKEN_VARIABLE, access_policy, same_origin
from video_commentary.config.settings import BridgeSettings

TOKEN = "a-long-enough-token"


def test_on_loopback_nobody_is_asked_unless_a_token_is_set() -> None:
    assert access_policy(BridgeSettings(), {}).is_authorized({})
    assert not access_policy(BridgeSettings(), {TOKEN_VARIABLE: TOKEN}).is_authorized({})


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "192.168.1.5"])
def test_beyond_loopback_a_token_is_made(listen: str) -> None:
    first, second = (access_policy(BridgeSettings(listen=listen), {}) for _ in range(2))
    assert first.generated
    assert first.token != second.token
    assert first.token is not None
    assert len(first.token) >= 32
    assert not first.is_authorized({})
    given = access_policy(BridgeSettings(listen=listen), {TOKEN_VARIABLE: TOKEN})
    assert (given.token, given.generated) == (TOKEN, False)


def test_behind_a_proxy_a_token_is_made_though_it_listens_on_loopback() -> None:
    proxied = access_policy(BridgeSettings(allowed_hosts="robot.example"), {})
    assert proxied.generated
    assert not proxied.is_authorized({})
    assert access_policy(BridgeSettings(allowed_hosts=" "), {}).token is None


@pytest.mark.parametrize("token", ["short", "not-äscii-but-long"])
def test_a_weak_token_is_refused_with_what_is_allowed(token: str) -> None:
    with pytest.raises(ValueError, match="at least 12 ASCII"):
        access_policy(BridgeSettings(), {TOKEN_VARIABLE: token})


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, True),
        ({"authorization": f"bearer {TOKEN}"}, True),
        ({"authorization": TOKEN}, False),
        ({"authorization": f"Bearer {TOKEN}x"}, False),
        ({"authorization": "Bearer "}, False),
        ({"cookie": f"other=1; {COOKIE}={TOKEN}"}, True),
        ({"cookie": f'prefs={{"a":1}}; {COOKIE}={TOKEN}'}, True),
        ({"cookie": f"{COOKIE}=wrong"}, False),
        ({"cookie": "\x00;=;"}, False),
        ({"authorization": "Bearer \xe4"}, False),
    ],
)
def test_the_token_comes_by_header_or_cookie(headers: dict[str, str], known: bool) -> None:
    assert access_policy(BridgeSettings(), {TOKEN_VARIABLE: TOKEN}).is_authorized(headers) is known


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("localhost:8199", True),
        ("127.0.0.1:8199", True),
        ("192.168.1.5", True),
        ("[::1]:8199", True),
        (f"{socket.gethostname()}:8199".upper(), True),
        ("robot.example:8199", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("", False),
        ("[", False),
    ],
)
def test_only_this_machines_names_are_served(host: str, served: bool) -> None:
    access = access_policy(BridgeSettings(allowed_hosts="robot.example, other"), {})
    assert access.allows_host(host) is served


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://robot:8199", True),
        ("https://ROBOT:8199", True),
        ("http://robot:80", False),
        ("http://evil.example", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_the_origin_is_the_host_port_included(origin: str, same: bool) -> None:
    assert same_origin(origin, "robot:8199") is same
