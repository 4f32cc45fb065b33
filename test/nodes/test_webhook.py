"""The webhook of alerts, against servers that work, refuse, hang and lie."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from video_commentary.core.backoff import Backoff
from video_commentary.nodes.commentator.webhook import (
    MAX_WAITING,
    SIGNATURE_HEADER,
    Webhook,
    checked_url,
)

Behave = Callable[[socket.socket, int], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Server:
    """Reads requests and has each connection answered by `behave`, with its number from 0."""

    def __init__(self, behave: Behave) -> None:
        self.requests: queue.Queue[tuple[str, dict[str, str], bytes]] = queue.Queue()
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/alerts?robot=1"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        number = 0
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()
                number += 1

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            first = stream.readline().decode().strip()
            headers = {}
            while line := stream.readline().decode().strip():
                name, _, value = line.partition(": ")
                headers[name] = value
            body = stream.read(int(headers["Content-Length"]))
            self.requests.put((first, headers, body))
            self._behave(connection, number)


def statuses(*codes: int, **headers: str) -> Behave:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    def behave(connection: socket.socket, number: int) -> None:
        code = codes[min(number, len(codes) - 1)]
        connection.sendall(f"HTTP/1.1 {code} X\r\n{lines}Content-Length: 0\r\n\r\n".encode())

    return behave


@contextmanager
def delivering(
    behave: Behave, secret: str = "s3cret", timeout: float = 5.0
) -> Iterator[tuple[Server, Webhook, list[str]]]:
    said: list[str] = []
    with closing(Server(behave)) as server:
        hook = Webhook(
            server.url, secret, said.append, timeout=timeout, backoff=Backoff(0.01, 0.05)
        )
        with closing(hook):
            yield server, hook, said


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_alert_is_posted_and_signed() -> None:
    with delivering(statuses(200)) as (server, hook, said):
        hook.send({"text": "Tür offen."})
        first, headers, body = server.requests.get(timeout=10)
        assert first == "POST /alerts?robot=1 HTTP/1.1"
        assert headers["Content-Type"] == "application/json"
        digest = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
        assert headers[SIGNATURE_HEADER] == f"sha256={digest}"
        assert json.loads(body)["text"] == "Tür offen."
        hook.send({"text": "Again."})
        again = json.loads(server.requests.get(timeout=10)[2])
        assert again["delivery"] != json.loads(body)["delivery"]
        assert said == []


def test_without_a_secret_nothing_is_signed() -> None:
    with delivering(statuses(204), secret="") as (server, hook, _):
        hook.send({})
        assert SIGNATURE_HEADER not in server.requests.get(timeout=10)[1]


def test_a_server_in_trouble_is_tried_again_with_the_same_delivery() -> None:
    with delivering(statuses(503, 429, 500, 200)) as (server, hook, said):
        hook.send({"n": 1})
        hook.send({"n": 2})
        bodies = [json.loads(server.requests.get(timeout=10)[2]) for _ in range(5)]
        assert [body["n"] for body in bodies] == [1, 1, 1, 1, 2]
        assert len({body["delivery"] for body in bodies}) == 2
        assert said[0] == "alert_webhook: the server answers 503; it is tried again"


@pytest.mark.parametrize("code", [302, 307, 400, 404, 410])
def test_a_refusal_or_redirect_gives_the_alert_up(code: int) -> None:
    lured = Server(statuses(200))
    with (
        closing(lured),
        delivering(statuses(code, 200, Location=lured.url)) as (server, hook, said),
    ):
        hook.send({"n": 1})
        hook.send({"n": 2})
        bodies = [json.loads(server.requests.get(timeout=10)[2]) for _ in range(2)]
        assert [body["n"] for body in bodies] == [1, 2]
        assert said == [f"alert_webhook: an alert is given up, the server answers {code}"]
        assert lured.requests.empty()


def hangs(connection: socket.socket, number: int) -> None:
    if number == 0:
        time.sleep(2)
    connection.sendall(OK)


def drips(connection: socket.socket, number: int) -> None:
    """Send a status line without an end, a byte now and then."""
    if number == 0:
        connection.sendall(b"HTTP/1.1 ")
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.05)
    connection.sendall(OK)


def lies(connection: socket.socket, number: int) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n" if number == 0 else OK)


def floods(connection: socket.socket, number: int) -> None:
    """Promise and send far more than anybody reads."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n")
    for _ in range(50):
        connection.sendall(b"x" * 100_000)


def hangs_up(connection: socket.socket, number: int) -> None:
    if number:
        connection.sendall(OK)


@pytest.mark.parametrize("behave", [hangs, drips, lies, hangs_up])
def test_a_server_that_hangs_or_lies_is_tried_again(behave: Behave) -> None:
    with delivering(behave, timeout=0.3) as (server, hook, said):
        hook.send({"n": 1})
        bodies = [json.loads(server.requests.get(timeout=10)[2])["n"] for _ in range(2)]
        hook.send({"n": 2})
        bodies.append(json.loads(server.requests.get(timeout=10)[2])["n"])
        assert bodies == [1, 1, 2]
        assert len(said) == 1


def test_an_answer_of_any_length_is_not_read() -> None:
    with delivering(floods) as (server, hook, said):
        hook.send({"n": 1})
        hook.send({"n": 2})
        assert [json.loads(server.requests.get(timeout=10)[2])["n"] for _ in range(2)] == [1, 2]
        assert said == []


def test_alerts_that_nobody_takes_are_bounded_and_the_newest_kept() -> None:
    freed = threading.Event()

    def held(connection: socket.socket, number: int) -> None:
        freed.wait(10)
        connection.sendall(OK)

    with delivering(held) as (server, hook, said):
        hook.send({"n": 0})
        server.requests.get(timeout=10)
        for number in range(1, MAX_WAITING + 6):
            hook.send({"n": number})
        assert said == [
            f"alert_webhook: more than {MAX_WAITING} alerts wait, the oldest is given up"
        ]
        freed.set()
        numbers = [json.loads(server.requests.get(timeout=10)[2])["n"] for _ in range(MAX_WAITING)]
        assert numbers == list(range(6, MAX_WAITING + 6))


def test_a_server_that_is_not_there_is_said_once_and_closing_does_not_wait() -> None:
    with closing(Server(statuses(200))) as gone:
        url = gone.url
    said: list[str] = []
    hook = Webhook(url, "", said.append, backoff=Backoff(0.01, 0.01))
    hook.send({})
    until(lambda: said)
    assert "refused" in said[0]
    hook.close()
    assert not any(thread.name == "webhook" for thread in threading.enumerate())
    assert len(said) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/x",
        "host",
        "http://",
        "http://u:p@host",
        "http://[::1",
        "http://a/ü",
        "http://a/b c",
        "http://a:99999/",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="alert_webhook: "):
        checked_url(url)
