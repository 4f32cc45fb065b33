"""Which requests the bridge refuses: size, rate, host, origin, token."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import httpx
import pytest

from test.bridge.serving import WELL, Served, serve
from video_commentary.bridge.access import COOKIE, TOKEN_VARIABLE
from video_commentary.bridge.items import Reply, Situation
from video_commentary.bridge.limits import MAX_BODY

TOKEN = "a-long-enough-token"


def test_an_oversized_body_is_refused_before_it_is_read(api: Served) -> None:
    with socket.create_connection(("127.0.0.1", int(api.url.rsplit(":", 1)[1]))) as raw:
        raw.sendall(
            b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1)
        )
        raw.settimeout(5)
        assert b" 413 " in raw.recv(100)


def test_a_body_of_unknown_length_is_refused(api: Served) -> None:
    response = httpx.post(api.url + "/api/ask", content=iter([b"{}"]))
    assert response.status_code == 411


def test_a_length_does_not_smuggle_in_a_body_that_has_none() -> None:
    with (
        serve({TOKEN_VARIABLE: TOKEN}) as web,
        socket.create_connection(("127.0.0.1", int(web.url.rsplit(":", 1)[1]))) as raw,
    ):
        raw.sendall(
            b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 20\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        raw.settimeout(5)
        assert b" 411 " in raw.recv(100)


def test_too_many_requests_have_to_wait() -> None:
    with serve() as web, httpx.Client() as client:
        answers: list[httpx.Response] = []
        # A slow machine sends hardly faster than the limit allows: until it is reached, then.
        while len(answers) < 1000 and (not answers or answers[-1].status_code == 200):
            answers.append(client.post(web.url + "/api/enabled", json={"enabled": True}))
        assert len(answers) > 30
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert client.get(web.url + "/api/status").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:8199"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "192.168.7.7:8199", "Origin": "http://192.168.7.7:8199"}, 200),
    ],
)
def test_other_hosts_and_origins_are_refused(
    api: Served, headers: dict[str, str], status: int
) -> None:
    assert api.get("/api/status", headers=headers).status_code == status
    assert api.post("/api/enabled", {"enabled": True}, headers=headers).status_code == status


def test_without_the_token_only_the_page_is_there() -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web:
        assert web.get("/").status_code == 200
        assert web.get("/static/main.js").status_code == 200
        paths = (
            "/api/status",
            "/api/frame",
            "/api/mjpeg",
            "/api/stream",
            "/api/audio.wav",
            "/metrics",
            "/docs",
            "/openapi.json",
            "/api/profiles",
        )
        for path in paths:
            refused = web.get(path)
            assert refused.status_code == 401, path
            assert "VIDEO_COMMENTARY_TOKEN" in refused.json()["detail"]
        assert web.post("/api/ask", {"question": "?"}).status_code == 401
        wrong = {"Authorization": f"Bearer {TOKEN[:-1]}"}
        assert web.get("/api/status", headers=wrong).status_code == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert web.get("/api/status", headers=right).status_code == 200
        assert web.robot.asked == []


def test_logging_in_gives_a_cookie_that_scripts_can_not_read() -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web, httpx.Client(base_url=web.url) as client:
        assert client.post("/api/login", json={"token": "guess"}).status_code == 401
        entered = client.post("/api/login", json={"token": TOKEN})
        assert entered.status_code == 204
        cookie = entered.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE}={TOKEN};")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert client.get("/api/status").status_code == 200
        guesses = [client.post("/api/login", json={"token": str(i)}).status_code for i in range(9)]
        assert guesses[-1] == 429


def test_clients_without_the_token_do_not_use_up_the_limit_of_others() -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web, httpx.Client(base_url=web.url) as client:
        for _ in range(40):
            assert client.post("/api/enabled", json={"enabled": True}).status_code == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        entered = client.post("/api/enabled", json={"enabled": True}, headers=right)
        assert entered.status_code == 200


@pytest.mark.parametrize("name", ["Authorization", "Cookie"])
def test_guesses_are_limited_and_reveal_nothing_beyond_the_limit(name: str) -> None:
    form = "Bearer {}" if name == "Authorization" else f"{COOKIE}={{}}"
    with serve({TOKEN_VARIABLE: TOKEN}) as web, httpx.Client(base_url=web.url) as client:
        answers = [
            client.get("/api/status", headers={name: form.format(f"guess-{i}")}) for i in range(9)
        ]
        assert [answer.status_code for answer in answers[:5]] == [401] * 5
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert client.get("/api/status", headers={name: form.format(TOKEN)}).status_code == 429
        assert client.get("/api/status").status_code == 401
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_behind_tls_the_cookie_never_goes_out_without(scheme: str) -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web:
        origin = web.url.replace("http", scheme, 1)
        entered = web.post("/api/login", {"token": TOKEN}, headers={"Origin": origin})
        assert ("Secure" in entered.headers["Set-Cookie"]) is (scheme == "https")


def test_a_failure_inside_shows_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as web:

        def fail(*_: object) -> object:
            raise RuntimeError("secret of the inside")

        monkeypatch.setattr(web.robot, "set_instruction", fail)
        response = web.post("/api/instruction", {"instruction": "x"})
        assert response.status_code == 500
        assert response.json() == {"detail": "something failed here: see the bridge's log"}
        assert web.get("/api/status").status_code == 200


def test_every_status_that_a_request_gets_is_documented() -> None:
    json = {"Content-Type": "application/json"}
    with serve({TOKEN_VARIABLE: TOKEN}) as web, httpx.Client(base_url=web.url) as client:
        right = {"Authorization": f"Bearer {TOKEN}"}
        paths = client.get("/openapi.json", headers=right).json()["paths"]
        answers: dict[tuple[str, str], set[int]] = {}

        def send(method: str, path: str, **options: Any) -> None:
            response = client.request(method, path, **options)
            answers.setdefault((path, method.lower()), set()).add(response.status_code)

        for path, operations in paths.items():
            for method in operations:
                send(method, path, headers={"Host": "evil.example"})
                send(method, path, headers={"Origin": "http://evil.example"})
                send(method, path, content=bytes(MAX_BODY + 1))
                send(method, path, content=iter([b"{}"]))
                if path != "/api/login":
                    send(method, path)
                if method == "post":
                    send(method, path, headers=json | right, content=b"{")
                    send(method, path, headers=json | right, content=b"{}")
        web.robot.reply = Reply(False, "no")
        send("DELETE", "/api/instruction", headers=right)
        web.robot.reply = Reply(False, "away", away=True)
        send("DELETE", "/api/instruction", headers=right)
        for path in ("/api/frame", "/api/audio.wav"):
            web.gateway.publish(
                Situation(commentator_trouble="", report=replace(WELL.report, speaks=False))
            )
            send("GET", path, headers=right)
        for _ in range(6):
            send("GET", "/api/status", headers={"Authorization": "Bearer wrong"})
        for path, operations in paths.items():
            for method in operations:
                content = b"{}" if method == "post" else None
                # One more guess is allowed every 5 s: a slow machine has to use it up.
                while 429 not in answers[path, method]:
                    send(method, path, content=content, headers={"Authorization": "Bearer wrong"})
    for (path, method), statuses in answers.items():
        assert statuses <= {int(known) for known in paths[path][method]["responses"]}
        assert {403, 411, 413, 421, 429} <= statuses, path
    refusals = {400, 401, 403, 404, 409, 411, 413, 421, 422, 429, 503}
    assert set().union(*answers.values()) == {200} | refusals
