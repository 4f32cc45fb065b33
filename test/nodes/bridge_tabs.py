"""A bridge in a separate process, and tabs that watch it over /api/live."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import cv2
import httpx
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from test.nodes.graph import Process, process
from test.ports import free_port
from video_commentary.sources.frame_counter import read_index

HEAD = struct.Struct("<B3xId")


class Bridge:
    """A bridge node's process, and a client of it."""

    def __init__(self, running: Process, port: int) -> None:
        self.process = running
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=10)

    def post(self, path: str, body: object) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", json=body, timeout=30)

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.get("/api/status").json()
        return status

    def light(self, part: str) -> str:
        return str(self.status()["health"][part]["light"])

    def reason(self, part: str) -> str:
        return str(self.status()["health"][part]["reason"])

    def metric(self, name: str) -> float:
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(f"video_commentary_{name} "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")


@contextmanager
def bridge(*parameters: str) -> Iterator[Bridge]:
    """Run the bridge node for the length of a block."""
    port = free_port()
    words = [word for p in (f"port:={port}", *parameters) for word in ("-p", p)]
    with process("-m", "video_commentary.nodes.bridge", "--ros-args", *words) as running:
        it = Bridge(running, port)
        wait(lambda: answers(it), 60, "the bridge's first answer")
        yield it


@contextmanager
def scene(fps: float = 15.0, *parameters: str) -> Iterator[Process]:
    """Publish the test scene for the length of a block."""
    words = [word for p in (f"fps:={fps}", *parameters) for word in ("-p", p)]
    with process("-m", "video_commentary.nodes.source", "--ros-args", *words) as running:
        yield running


def answers(it: Bridge) -> bool:
    try:
        return it.get("/").status_code == 200
    except httpx.TransportError:
        assert it.process.popen.poll() is None, it.process.output()
        return False


def wait(condition: Callable[[], Any], seconds: float = 20.0, what: str = "it") -> Any:
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, f"{what} did not happen in {seconds:g} s"
        time.sleep(0.1)
    return result


class Tab:
    """What a page gets by its WebSocket, taken in on a thread: (arrival, message) pairs."""

    def __init__(self, it: Bridge, **wish: object) -> None:
        self.pictures: list[tuple[float, float, bytes]] = []
        self.sounds: list[tuple[int, bytes]] = []
        self.comments: list[tuple[float, dict[str, Any]]] = []
        self.boxes: list[dict[str, Any]] = []
        self._socket = connect(f"ws://127.0.0.1:{it.port}/api/live")
        self._connection = self._socket.__enter__()
        self._connection.send(json.dumps(wish))
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        with suppress(ConnectionClosed):  # by a bridge that ends
            for message in self._connection:
                self._sort(message)

    def _sort(self, message: str | bytes) -> None:
        now = time.time()
        if isinstance(message, bytes):
            kind, index, seconds = HEAD.unpack(message[: HEAD.size])
            content = message[HEAD.size :]
            if kind == 1:
                self.pictures.append((now, seconds, content))
            else:
                self.sounds.append((index, content))
            return
        said = json.loads(message)
        if said["type"] == "comment":
            self.comments.append((now, said))
        elif said["type"] == "boxes":
            self.boxes.append(said)

    def close(self) -> None:
        self._connection.close()
        self._thread.join(5)


@contextmanager
def tab(it: Bridge, **wish: object) -> Iterator[Tab]:
    opened = Tab(it, **wish)
    try:
        yield opened
    finally:
        opened.close()


def index_of(jpeg: bytes) -> int | None:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return read_index(np.asarray(picture, np.uint8))
