"""A small server on loopback that behaves as scripted, mostly wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any]], None]


class Misbehaving(ThreadingHTTPServer):
    """Answers chat completions by `behave`, /v1/models by `models`, /metrics by `metrics`."""

    daemon_threads = True

    def __init__(self, behave: Behaviour, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.behave = behave
        self.models: list[str] | None = ["tiny"]
        self.metrics = ""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.gone = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.gone.set()


class Handler(BaseHTTPRequestHandler):
    server: Misbehaving
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/metrics" and self.server.metrics:
            self.say(200, self.server.metrics, "text/plain")
        elif self.path == "/v1/models" and self.server.models is not None:
            listed = [{"id": name, "object": "model"} for name in self.server.models]
            self.say(200, json.dumps({"object": "list", "data": listed}))
        else:
            self.say(404, '{"detail": "Not Found"}')

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        self.server.keys.append(self.headers.get("Authorization", ""))
        self.server.behave(self, body)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def say(self, status: int, text: str, kind: str = "application/json", **headers: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def event(self, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        line = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")


def chunk(content: str | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return one streamed chat completion chunk."""
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "tiny",
        "choices": [choice],
        **fields,
    }


def says(*words: str, pause: float = 0.0) -> Behaviour:
    """Answer well."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for word in words:
            handler.event(chunk(word))
            time.sleep(pause)
        handler.event(chunk(finish="stop"))
        handler.event("[DONE]")
        handler.end()

    return behave


def refuses(status: int, text: str, kind: str = "application/json", **headers: str) -> Behaviour:
    """Answer with an error."""
    return lambda handler, body: handler.say(status, text, kind, **headers)


def stops_after(*words: str) -> Behaviour:
    """End the stream properly, but without the answer's end."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for word in words:
            handler.event(chunk(word))
        handler.end()

    return behave


def breaks_after(*words: str) -> Behaviour:
    """Close the connection in the middle."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for word in words:
            handler.event(chunk(word))
        handler.close_connection = True

    return behave


def hangs(*words: str) -> Behaviour:
    """Say some words, then nothing until the client goes."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for word in words:
            handler.event(chunk(word))
        handler.connection.settimeout(20)
        if handler.connection.recv(1) == b"":
            handler.server.gone.set()
        handler.close_connection = True

    return behave


def sends(*events: Any) -> Behaviour:
    """Stream these events as they are."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for event in events:
            handler.event(event)
        handler.end()

    return behave
