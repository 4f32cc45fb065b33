"""Faults on purpose: what is done to the running demo, and when it counts as recovered."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from bench.live_viewer import LiveViewer
from bench.supervised_demo import SupervisedDemo, end

RECOVERY_LIMIT = 90.0
"""Seconds after which a fault counts as not recovered."""
_LOOK = 0.2
_FRESH = 1.0
"""Seconds since the last picture within which the pictures count as coming."""


class Server(Protocol):
    """What runs beside the demo and can be killed."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Stage:
    """The demo, those who watch it, and what its page says is wrong."""

    def __init__(
        self,
        demo: SupervisedDemo,
        viewers: Sequence[LiveViewer],
        token: str = "",
        server: Server | None = None,
    ) -> None:
        self.demo = demo
        self.viewers = viewers
        self.server = server
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.over_at = time.time()
        """When the fault was over."""
        self._said: list[str] = []
        self._stopping = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        self._stopping.set()
        self._reader.join()

    def status(self) -> dict[str, Any] | None:
        """Return what /api/status says; None if nothing answers."""
        try:
            request = urllib.request.Request(f"{self.demo.url}/api/status", headers=self.headers)
            with urllib.request.urlopen(request, timeout=5) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except (OSError, ValueError):
            return None

    def forget(self) -> None:
        """Begin to collect complaints."""
        self._said = []

    def complaints(self) -> list[str]:
        """Return what the page has complained of since `forget`, each once."""
        return list(self._said)

    def _read(self) -> None:
        while not self._stopping.wait(_LOOK):
            status = self.status()
            if status is None:
                self.note("the page is away")
                continue
            if status["detail"]:
                self.note(status["detail"])
            for part in status["health"].values():
                if part["light"] in ("bad", "busy"):
                    self.note(part["reason"])

    def note(self, reason: str) -> None:
        """Add to what the user reads."""
        if reason not in self._said:
            self._said.append(reason)


def well(stage: Stage) -> bool:
    """Return whether all is well, and everybody has pictures and a comment on what came since."""
    status = stage.status()
    lights = ("camera", "commentator", "model")
    if status is None or any(status["health"][part]["light"] != "ok" for part in lights):
        return False
    now = time.monotonic()
    return all(
        viewer.newest > stage.over_at and now - viewer.last_picture < _FRESH
        for viewer in stage.viewers
    )


@dataclass(frozen=True)
class Fault:
    """One fault. `inject` returns once it is over; `ends` names the node that it ends."""

    name: str
    inject: Callable[[Stage], None]
    recovered: Callable[[Stage], bool] = well
    ends: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a fault; times of `time.monotonic`, `recovery` in seconds or None."""

    fault: Fault
    begun: float
    ended: float
    recovery: float | None
    complaints: tuple[str, ...]


def suffer(fault: Fault, stage: Stage) -> Outcome:
    """Inject a fault and wait until it is over."""
    stage.forget()
    begun = time.monotonic()
    fault.inject(stage)
    ended, stage.over_at = time.monotonic(), time.time()
    recovery = None
    while (passed := time.monotonic() - ended) < RECOVERY_LIMIT:
        if fault.recovered(stage):
            recovery = passed
            break
        time.sleep(_LOOK)
    return Outcome(fault, begun, ended, recovery, tuple(stage.complaints()))


def killed(node: str) -> Callable[[Stage], None]:
    """Kill a node; it is started again `RESPAWN_DELAY` s later."""
    return lambda stage: stage.demo.nodes[node].send(signal.SIGKILL)


def stopped(node: str, seconds: float) -> Callable[[Stage], None]:
    """Let a node stand still for some seconds, as a driver that hangs."""

    def inject(stage: Stage) -> None:
        stage.demo.nodes[node].send(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            stage.demo.nodes[node].send(signal.SIGCONT)

    return inject


def bad_camera(
    kind: str, seconds: float, *, instead: bool = False, fps: float = 15.0
) -> Callable[[Stage], None]:
    """Let a second publisher send bad pictures, among the good ones or instead of them."""

    def inject(stage: Stage) -> None:
        source = stage.demo.nodes["source"]
        words = ("-m", "bench.bad_camera", kind, str(seconds), "--fps", str(fps))
        helper = stage.demo.helper(*words)
        assert helper.stdout is not None
        helper.stdout.readline()  # it is ready
        if instead:
            source.send(signal.SIGSTOP)
        try:
            helper.wait(seconds + 60)
        finally:
            end(helper)
            source.send(signal.SIGCONT)

    return inject


def never_reads(path: str, seconds: float, clients: int = 1) -> Callable[[Stage], None]:
    """Let clients ask for a stream and read nothing of it."""

    def inject(stage: Stage) -> None:
        sockets = [_silent_client(stage, path) for _ in range(clients)]
        time.sleep(seconds)
        for client in sockets:
            client.close()

    return inject


def _silent_client(stage: Stage, path: str) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", stage.demo.port))
    upgrade = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    )
    headers = "".join(f"{name}: {value}\r\n" for name, value in stage.headers.items())
    headers += upgrade if path == "/api/live" else ""
    with suppress(OSError):
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    return client


CAMERA_SILENT = Fault("camera silent for 10 s", stopped("source", 10.0))
SOURCE_KILLED = Fault("source killed", killed("source"), ends="source")
COMMENTATOR_KILLED = Fault("commentator killed", killed("commentator"), ends="commentator")
TRUNCATED = Fault("truncated JPEG beside the camera, 10 s", bad_camera("truncated", 10.0))
UNKNOWN_ENCODING = Fault("unknown encoding beside it, 10 s", bad_camera("unknown_encoding", 10.0))
STAMPS_BACK = Fault("stamps 100 s back beside it, 10 s", bad_camera("stamps_back", 10.0))
NEVER_READS = Fault("a viewer that never reads, 30 s", never_reads("/api/live", 30.0))
