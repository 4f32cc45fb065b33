"""Malformed requests: schemathesis on /openapi.json, random bytes on the WebSocket."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from test.ports import free_port

STREAMS = ("/api/mjpeg", "/api/audio-stream", "/api/audio.wav", "/api/stream")
"""Responses without an end, which schemathesis would wait for."""
EXAMPLES = 280
"""Of each operation and phase: more than 2,000 requests in all."""
# Not not_a_server_error: 503 is an answer of ours, and 500 is not documented.
_CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_CHUNK = 65_536
_NOISE = 2.0
"""Seconds that a client which is not refused watches."""


class AddressSpreader:
    """A proxy whose connections come from 127.0.0.2 to 127.0.1.250 in turn.

    The bridge limits the requests of each address; through this the limit is not reached.
    """

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._addresses = itertools.cycle(
            [f"127.0.{high}.{low}" for high in (0, 1) for low in range(2, 251)]
        )
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._listening.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self._listening.set()
        await self._stop.wait()
        server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        local = (next(self._addresses), 0)
        there, out = await asyncio.open_connection("127.0.0.1", self._target, local_addr=local)
        await asyncio.gather(_pump(reader, out), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def without_rate_limit(port: int) -> Iterator[int]:
    """Give a port that leads to `port`, from many addresses."""
    spreader = AddressSpreader(port)
    try:
        yield spreader.port
    finally:
        spreader.close()


def schemathesis(
    port: int, log: Path, headers: dict[str, str], examples: int = EXAMPLES
) -> tuple[int, list[str]]:
    """Send requests made from /openapi.json; return how many, and what was wrong.

    Raise OSError without schemathesis.
    """
    program = shutil.which("st") or str(Path(sys.executable).with_name("st"))
    if not Path(program).exists():
        raise OSError("schemathesis is not installed: make setup")
    url = f"http://127.0.0.1:{port}"
    command = [program, "run", f"{url}/openapi.json", "--checks", ",".join(_CHECKS)]
    command += ["--max-examples", str(examples), "--continue-on-failure", "--no-color"]
    command += ["--phases", "examples,coverage,fuzzing", "--request-timeout", "30"]
    command += [word for pair in headers.items() for word in ("-H", ":".join(pair))]
    command += [word for path in STREAMS for word in ("--exclude-path", path)]
    env = os.environ | {"NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as scratch:  # it leaves caches where it runs
        done = subprocess.run(
            command, cwd=scratch, env=env, capture_output=True, text=True, check=False
        )
    log.write_text(done.stdout + done.stderr)
    counts = re.findall(r"([\d,]+) generated", done.stdout)
    failures = re.findall(r"^- (.+)$", done.stdout, re.MULTILINE)
    if done.returncode and not failures:
        failures = [done.stdout[-500:]]
    return sum(int(count.replace(",", "")) for count in counts), failures


def random_websocket(port: int, clients: int, headers: dict[str, str], seed: int = 0) -> None:
    """Send random texts, bytes and frames that are none to /api/live."""
    chance = random.Random(seed)
    for turn in range(clients):
        size = chance.choice((0, 1, 20, 1000, 70_000))
        noise = chance.randbytes(size)
        if turn % 3 == 2:
            _broken_frames(port, noise, headers)
            continue
        with (
            suppress(OSError, WebSocketException),
            connect(
                f"ws://127.0.0.1:{port}/api/live",
                max_size=2**24,
                proxy=None,
                additional_headers=headers,
            ) as client,
        ):
            client.send(noise if turn % 3 else noise.decode("latin-1"))
            end = time.monotonic() + _NOISE
            while time.monotonic() < end:
                client.recv(timeout=_NOISE)


def _broken_frames(port: int, noise: bytes, headers: dict[str, str]) -> None:
    further = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(
            b"GET /api/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + further.encode() + b"\r\n" + noise
        )
        client.settimeout(_NOISE)
        end = time.monotonic() + _NOISE
        while client.recv(_CHUNK) and time.monotonic() < end:
            pass
