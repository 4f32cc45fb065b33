"""What viewers cost the bridge: one encode for all of them, compared with one encode for each.

python -m bench.bridge [--seconds 10] [--viewers 1 10 50]

Each server is a separate process and gets the same frames: the test scene, 640x480 at 15 fps. The
baseline is the same web server, but compresses each frame for each viewer, as web_video_server
does. Viewers are plain sockets in another process, which read and count.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.machine import cpu_seconds, describe
from test.nodes.graph import Process
from test.ports import free_port

FPS = 15.0
WARM_UP = 3.0
SERVERS = {
    "one encode, MJPEG": ("bench.bridge_servers", "shared", "/api/mjpeg"),
    "one encode, WebSocket": ("bench.bridge_servers", "shared", "/api/live"),
    "an encode each, MJPEG": ("bench.bridge_servers", "each", "/api/mjpeg"),
}


async def view(port: int, path: str, counted: list[int]) -> None:
    """Read what one viewer is sent, and count pictures by where they begin."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    upgrade = ""
    if path == "/api/live":
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n"
        )
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n".encode())
    begin = b"\xff\xd8\xff\xe0"
    rest = b""
    while chunk := await reader.read(2**18):
        seen = rest + chunk
        counted[0] += seen.count(begin)
        rest = seen[-len(begin) + 1 :]


async def view_all(port: int, path: str, viewers: int, seconds: float) -> float:
    """Return how many pictures a second each viewer got, on average, after the warm-up."""
    counted = [0]
    tasks = [asyncio.create_task(view(port, path, counted)) for _ in range(viewers)]
    await asyncio.sleep(WARM_UP)
    before = counted[0]
    print("begin", flush=True)
    await asyncio.sleep(seconds)
    rate = (counted[0] - before) / viewers / seconds
    print("end", flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return rate


def measure(label: str, viewers: int, seconds: float) -> tuple[float, float, float]:
    """Return CPU as a share of one core, resident memory in MB, and fps a viewer."""
    module, mode, path = SERVERS[label]
    port = free_port()
    server = Process("-m", module, mode, str(port))
    try:
        while "serving" not in server.output():
            time.sleep(0.1)
        clients = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bench.bridge",
                "--as-viewers",
                str(port),
                path,
                str(viewers),
                str(seconds),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        assert clients.stdout is not None
        clients.stdout.readline()
        began, used = time.monotonic(), cpu_seconds(server.popen.pid)
        clients.stdout.readline()
        share = (cpu_seconds(server.popen.pid) - used) / (time.monotonic() - began)
        memory = server.memory()
        rate = float(clients.stdout.readline())
        clients.wait()
        return share, memory, rate
    finally:
        server.stop()
        server.close()


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["--as-viewers"]:
        port, path, viewers, seconds = sys.argv[2:]
        print(asyncio.run(view_all(int(port), path, int(viewers), float(seconds))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 10, 50])
    options = parser.parse_args()
    print(describe("uvicorn", "fastapi", "opencv-python-headless"))
    print(f"640x480 at {FPS:g} fps, JPEG quality 80, {options.seconds:g} s each; CPU of the server")
    print(
        f"{'viewers':>8} {'':24}{'CPU, % of a core':>18}{'MB':>7}{'fps each':>10}"
        f"{'CPU a picture, ratio':>22}"
    )
    for viewers in options.viewers:
        costs = {}
        for label in reversed(SERVERS):
            share, memory, rate = measure(label, viewers, options.seconds)
            costs[label] = share / max(rate, 1e-9)
            ratio = costs[label] / costs["an encode each, MJPEG"]
            print(
                f"{viewers:8} {label:24}{100 * share:18.1f}{memory:7.0f}{rate:10.1f}{ratio:22.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
