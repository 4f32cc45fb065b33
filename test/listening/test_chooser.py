"""A small chat server of ours chooses the act."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from video_commentary.listening.chooser import KEY_VARIABLE, ChooserError, ServerChooser
from video_commentary.listening.intents import Act, ActKind


class ChatServer:
    """Answers each chat request with `content`; `requests` are what came."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.requests: list[Any] = []
        self.keys: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({"data": [{"id": "small-model"}]})

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                outer.requests.append(json.loads(self.rfile.read(length)))
                outer.keys.append(self.headers["Authorization"])
                self._reply({"choices": [{"message": {"content": outer.content}}]})

            def _reply(self, content: Any) -> None:
                data = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def answering(kind: str, argument: str) -> Iterator[ChatServer]:
    server = ChatServer(json.dumps({"kind": kind, "argument": argument}))
    try:
        yield server
    finally:
        server.close()


def test_the_choice_is_constrained_to_the_kinds_of_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    with answering("watch", "a dog enters") as server:
        act = ServerChooser(server.url).choose("I'm worried about a dog coming in")
    assert act == Act(ActKind.WATCH, "a dog enters", 0.6)
    (request,) = server.requests
    schema = request["response_format"]["json_schema"]["schema"]
    assert {"instruction", "watch", "none"} <= set(schema["properties"]["kind"]["enum"])
    assert "undo" not in schema["properties"]["kind"]["enum"]
    assert (request["model"], request["temperature"]) == ("small-model", 0)
    assert server.keys == ["Bearer secret"]


@pytest.mark.parametrize(
    ("kind", "argument", "act"),
    [
        ("none", "anything", Act(ActKind.NONE)),
        ("instruction", "  ", Act(ActKind.NONE)),
        ("stop", "now", Act(ActKind.STOP, "", 0.6)),
    ],
)
def test_no_argument_no_act(kind: str, argument: str, act: Act) -> None:
    with answering(kind, argument) as server:
        assert ServerChooser(server.url, "m").choose("some words") == act


def test_what_is_no_choice_is_refused_with_what_to_do() -> None:
    with answering("undo", "") as server:
        chooser = ServerChooser(server.url, "m")
        with pytest.raises(ChooserError, match="structured output"):
            chooser.choose("some words")
        server.content = "I think it is a watch."
        with pytest.raises(ChooserError, match="structured output"):
            chooser.choose("some words")
        assert chooser.choose("word " * 40).kind is ActKind.NONE
        assert len(server.requests) == 2, "television was sent to the server"
    with pytest.raises(ChooserError, match="check chooser_url"):
        chooser.choose("some words")
    with pytest.raises(ChooserError, match="not a URL"):
        ServerChooser("localhost:8000")
