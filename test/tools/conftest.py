"""A small hub on loopback that speaks the HTTP API of huggingface_hub."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = ".safetensors"


class Hub(ThreadingHTTPServer):
    """Serves `files` by "owner/name" and path; `cut_after` and `spoil` make it misbehave.

    `cut_after`: break off the first answer that is longer, after this many bytes.
    `spoil`: how many times to serve a wrong byte. `ranges`: the Range headers that were asked.
    """

    daemon_threads = True

    def __init__(self, files: dict[str, dict[str, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.cut_after: int | None = None
        self.spoil = 0
        self.served: list[str] = []
        self.ranges: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, body: bool) -> None:
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            return self._repository("/".join(parts[2:4]))
        repo, path = "/".join(parts[:2]), "/".join(parts[4:])
        contents = self.server.files.get(repo, {}).get(path)
        if parts[2:3] != ["resolve"] or contents is None:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        if body:
            self.server.served.append(path)
        return self._file(path, contents, body)

    def _repository(self, repo: str) -> None:
        if repo not in self.server.files:
            return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        siblings = [describe(path, data) for path, data in self.server.files[repo].items()]
        document = {"id": repo, "sha": COMMIT, "siblings": siblings}
        return self._send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def _file(self, path: str, contents: bytes, body: bool) -> None:
        headers = {"ETag": f'"{etag(path, contents)}"', "X-Repo-Commit": COMMIT}
        start, status = 0, 200
        asked = self.headers.get("Range")
        if asked and body:
            self.server.ranges.append(asked)
            start, status = int(asked.removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(contents) - 1}/{len(contents)}"
        if self.server.spoil and body and path.endswith(LARGE):
            self.server.spoil -= 1
            contents = contents[:-1] + bytes([contents[-1] ^ 1])
        self._send(status, contents[start:], headers, body)

    def _send(
        self, status: int, contents: bytes, headers: dict[str, str], body: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(contents)))
        self.end_headers()
        cut = self.server.cut_after
        if body and cut is not None and len(contents) > cut:
            self.server.cut_after = None
            self.wfile.write(contents[:cut])
            self.close_connection = True
        elif body and self.command == "GET":
            self.wfile.write(contents)


def etag(path: str, data: bytes) -> str:
    if path.endswith(LARGE):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def describe(path: str, data: bytes) -> dict[str, Any]:
    """Return a file's entry in the list of a repository."""
    entry: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": etag(path, data)}
    if path.endswith(LARGE):
        sha256 = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 134}
    return entry


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with the two repositories that the catalogue's `awq` names, in miniature."""
    weights = bytes(range(256)) * 80_000
    server = Hub(
        {
            "openbmb/MiniCPM-o-4_5-awq": {
                "config.json": b'{"tiny": true}',
                "model-00001-of-00001.safetensors": weights,
                "modeling_minicpmo.py": b"raise SystemExit('never fetched, never run')",
            },
            "openbmb/MiniCPM-o-4_5": {
                "config.json": b"another one, which must not replace the first",
                "assets/token2wav/flow.pt": b"vocoder" * 100,
                "assets/HT_ref_audio.wav": b"RIFF",
                "assets/system_ref_audio.wav": b"RIFF",
            },
        }
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
