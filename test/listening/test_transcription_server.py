"""The recognizer for OpenAI-compatible servers, against one on loopback."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from video_commentary.core.cancel import CancelToken
from video_commentary.listening.items import RecognizerError, Transcript
from video_commentary.listening.transcription_server import KEY_VARIABLE, TranscriptionServer

SOUND = np.linspace(-0.5, 0.5, 16_000).astype(np.float32)


class FakeServer(ThreadingHTTPServer):
    """Answers every request with `status` and `body`, once `gate` is open."""

    def __init__(self, status: int, body: str) -> None:
        self.status, self.body = status, body
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.arrived, self.gate = threading.Event(), threading.Event()
        self.gate.set()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.server.arrived.set()
        self.server.gate.wait(20)
        answer = self.server.body.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[int, str], FakeServer]]:
    servers: list[FakeServer] = []

    def start(status: int, body: str) -> FakeServer:
        servers.append(FakeServer(status, body))
        return servers[-1]

    yield start
    for each in servers:
        each.gate.set()
        each.shutdown()
        each.server_close()


def test_the_sound_is_sent_and_the_words_come_back(
    serve: Callable[[int, str], FakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    server = serve(200, json.dumps({"text": " Go on. "}))
    said = TranscriptionServer(server.url, "whisper-x", "de").transcribe(SOUND, CancelToken())
    assert said.text == "Go on."
    path, headers, body = server.requests[0]
    assert path == "/v1/audio/transcriptions"
    assert headers["Authorization"] == "Bearer secret"
    assert b'name="model"\r\n\r\nwhisper-x' in body
    assert b'name="language"\r\n\r\nde' in body
    with wave.open(io.BytesIO(body[body.index(b"RIFF") :])) as sent:
        assert (sent.getframerate(), sent.getnchannels(), sent.getnframes()) == (16_000, 1, 16_000)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, "no", KEY_VARIABLE),
        (500, "out of memory", "500: out of memory"),
        (200, "not json", "check recognizer_url"),
        (200, "[]", "not an object"),
    ],
)
def test_a_server_that_fails_is_named(
    serve: Callable[[int, str], FakeServer], status: int, body: str, message: str
) -> None:
    server = serve(status, body)
    with pytest.raises(RecognizerError, match=message) as caught:
        TranscriptionServer(server.url).transcribe(SOUND, CancelToken())
    assert server.url in str(caught.value)


def test_cancelling_does_not_wait_for_the_server(serve: Callable[[int, str], FakeServer]) -> None:
    server = serve(200, "{}")
    server.gate.clear()
    token, said = CancelToken(), list[Transcript]()
    recognizer = TranscriptionServer(server.url)
    thread = threading.Thread(target=lambda: said.append(recognizer.transcribe(SOUND, token)))
    thread.start()
    assert server.arrived.wait(10)
    token.cancel()
    thread.join(10)
    assert said == [Transcript("", 0.0)]


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(RecognizerError, match="recognizer_url"):
        TranscriptionServer("localhost:8000")


def test_nobody_at_the_url_is_said() -> None:
    with pytest.raises(RecognizerError, match="that the server runs"):
        TranscriptionServer("http://127.0.0.1:9/v1").transcribe(SOUND, CancelToken())
