"""The bridge node beside slow clients, many viewers, taken ports and signals."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect as connect_async

from test.nodes.bridge_tabs import Tab, bridge, scene, tab, wait
from test.nodes.graph import Probe, Process, probe, process


def test_a_client_that_stops_reading_is_disconnected_and_blocks_no_other() -> None:
    with scene(30.0), bridge() as it, tab(it) as page:
        wait(lambda: len(page.pictures) > 5)
        with socket.socket() as stuck, socket.socket() as stuck_too:
            for one, request in (
                (stuck, "GET /api/mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                (
                    stuck_too,
                    "GET /api/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                ),
            ):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.connect(("127.0.0.1", it.port))
                one.sendall(request.encode())
            wait(lambda: it.status()["clients"] == {"live": 2, "mjpeg": 1})
            wait(lambda: it.status()["clients"] == {"live": 1}, 60, "their end")
            assert it.metric("clients_stalled_total") == 2
            wait(lambda: pictures_in_a_second(page) > 15, 10, "the full rate for who still reads")
            wait(lambda: not sockets_full(it.process), 30, "the freeing of what was sent to them")


def pictures_in_a_second(page: Tab) -> int:
    before = len(page.pictures)
    time.sleep(1.0)
    return len(page.pictures) - before


def sockets_full(running: Process) -> bool:
    """Return whether a connection of the process still holds much that is not sent."""
    inodes = set()
    for link in Path(f"/proc/{running.popen.pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[9] in inodes and int(fields[4].split(":")[0], 16) > 50_000:
            return True
    return False


def test_fifty_viewers_are_served_from_one_encode_in_flat_memory() -> None:
    viewers, fps = 50, 15.0

    async def view(port: int, counts: list[int], place: int, end: float) -> None:
        async with connect_async(f"ws://127.0.0.1:{port}/api/live", max_queue=4) as it:
            while (left := end - time.monotonic()) > 0:
                try:
                    message = await asyncio.wait_for(it.recv(), left)
                except asyncio.TimeoutError:
                    return
                counts[place] += isinstance(message, bytes)

    async def view_all(port: int, seconds: float) -> list[int]:
        counts, end = [0] * viewers, time.monotonic() + seconds
        await asyncio.gather(*(view(port, counts, i, end) for i in range(viewers)))
        return counts

    with scene(fps, "width:=320", "height:=240"), bridge("buffer_seconds:=8.0") as it:
        wait(lambda: it.light("camera") == "ok")
        asyncio.run(view_all(it.port, 10.0))
        warm = it.process.memory()
        counts = asyncio.run(view_all(it.port, 15.0))
        assert it.process.memory() - warm < 15, "MB"
        assert min(counts) > 0.5 * 15 * fps
        wait(lambda: it.status()["clients"] == {})


def test_beyond_loopback_it_makes_a_token_and_says_so() -> None:
    with bridge("listen:=0.0.0.0") as it:
        assert it.get("/api/status").status_code == 401
        found = wait(lambda: it.process.output().partition("#token=")[2])
        token = found.split()[0]
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{it.url}/api/status", headers=headers).status_code == 200


def test_a_port_that_is_taken_is_reported_in_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        words = ("-m", "video_commentary.nodes.bridge", "--ros-args", "-p", f"port:={port}")
        with process(*words) as running:
            running.popen.wait(20)
            assert running.popen.returncode != 0
            assert "set the parameter port" in running.output()
            assert "Traceback" not in running.output()


def test_how_it_is_shows_in_diagnostics() -> None:
    with bridge() as it, probe() as graph:
        text = wait_for_trouble(graph)
        assert "nobody publishes /camera/image_raw" in text
        assert "there is no commentator called commentator" in text
        assert it.light("livekit") == "off"


def wait_for_trouble(graph: Probe) -> str:
    return str(graph.until(lambda: "commentator" in graph.troubles() and graph.troubles()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_though_streams_are_open(number: int) -> None:
    with bridge() as it, tab(it):
        status, took = it.process.stop(number)
        assert status == 0, it.process.output()
        assert took < 5.0, "streams end at once, not by a timeout"
        assert "Traceback" not in it.process.output()
