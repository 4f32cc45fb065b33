"""Two network namespaces joined by a link like a robot's Wi-Fi: delay, jitter, loss, rate, outages.

python -m bench.lossy_link [--loss 1] [--delay 20] [--jitter 10] [--mbit 30] [--control FILE]
    [--prefix WORD]

Needs root. Makes the namespaces `robot` (10.77.0.1) and `desk` (10.77.0.2) and carries Ethernet
frames between a TAP device in each until SIGINT or SIGTERM; then it removes both. The control file
is read every 0.1 s: JSON with any of the fields of `Conditions`.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import fcntl
import heapq
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
"""From linux/if_tun.h."""
CLONE_NEWNET = 0x40000000
ADDRESSES = {"robot": "10.77.0.1", "desk": "10.77.0.2"}
READ_EVERY = 0.1
"""Seconds between two looks at the control file."""
LARGEST_FRAME = 65_536
AT_ONCE = 64
"""Frames read from one side before the other gets its turn."""


@dataclass(frozen=True)
class Conditions:
    """How bad the link is.

    `loss`: percent of frames. `delay`, `jitter`: milliseconds, mean and standard deviation.
    `mbit`: megabits a second, 0 for no limit. `queue`: frames under way at once; the newest is
    dropped beyond. `down`: nothing passes.
    """

    loss: float = 0.0
    delay: float = 5.0
    jitter: float = 0.0
    mbit: float = 0.0
    queue: int = 5000
    down: bool = False


class Direction:
    """Frames from one TAP device to the other, each held until its time."""

    def __init__(self, source: int, target: int) -> None:
        """Carry from the file descriptor `source` to `target`."""
        self.source = source
        self._target = target
        self._held: list[tuple[float, int, bytes]] = []
        self._free_at = 0.0
        self._count = 0
        self.sent = 0
        self.lost = 0

    def read(self, conditions: Conditions) -> None:
        """Take in what waits at the source."""
        for _ in range(AT_ONCE):
            try:
                frame = os.read(self.source, LARGEST_FRAME)
            except BlockingIOError:
                return
            unlucky = random.random() * 100 < conditions.loss
            if conditions.down or unlucky or len(self._held) >= conditions.queue:
                self.lost += 1
                continue
            leaves = now = time.monotonic()
            if conditions.mbit:
                self._free_at = max(now, self._free_at) + len(frame) * 8 / conditions.mbit / 1e6
                leaves = self._free_at
            delay = max(0.0, random.gauss(conditions.delay, conditions.jitter))
            self._count += 1
            heapq.heappush(self._held, (leaves + delay / 1e3, self._count, frame))

    def write(self) -> float | None:
        """Deliver what is due; return seconds until the next frame is, None without one."""
        now = time.monotonic()
        while self._held and self._held[0][0] <= now:
            frame = heapq.heappop(self._held)[2]
            with suppress(BlockingIOError):
                os.write(self._target, frame)
                self.sent += 1
        return self._held[0][0] - now if self._held else None


def make_tap(namespace: str, address: str) -> int:
    """Make a namespace with a TAP device in it; return the device's file descriptor."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(descriptor: int) -> None:
        if libc.setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    subprocess.run(["ip", "netns", "add", namespace], check=True)
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    enter(other)
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", b"wifi0", IFF_TAP | IFF_NO_PI))
    for command in (
        "link set lo up",
        "link set lo multicast on",
        f"addr add {address}/24 dev wifi0",
        "link set wifi0 up",
        "route add 224.0.0.0/4 dev wifi0",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    enter(own)
    os.close(own)
    os.close(other)
    return tap


def read_conditions(file: Path | None, before: Conditions) -> Conditions:
    """Return the conditions with what the control file changes."""
    if file is None:
        return before
    try:
        return replace(before, **json.loads(file.read_text()))
    except (OSError, ValueError):  # not there yet, or half written
        return before


async def carry(conditions: Conditions, control: Path | None, prefix: str = "") -> None:
    """Join the two namespaces until SIGINT or SIGTERM."""
    robot, desk = (make_tap(prefix + side, address) for side, address in ADDRESSES.items())
    ways = {"robot to desk": Direction(robot, desk), "desk to robot": Direction(desk, robot)}
    loop, stop, wake = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    now_in_force = conditions

    def take(way: Direction) -> None:
        way.read(now_in_force)
        wake.set()

    for way in ways.values():
        loop.add_reader(way.source, take, way)
    print("link up", flush=True)
    read_at = 0.0
    while not stop.is_set():
        due = [wait for wait in [way.write() for way in ways.values()] if wait is not None]
        if time.monotonic() - read_at > READ_EVERY:
            read_at = time.monotonic()
            now_in_force = read_conditions(control, now_in_force)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(wake.wait(), max(min([*due, READ_EVERY]), 0.0005))
        wake.clear()
    for name, way in ways.items():
        print(f"{name}: {way.sent} frames, {way.lost} lost", flush=True)


def why_not() -> str:
    """Return why namespaces can't be made here; empty if they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need iproute2's `ip`"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    name = f"tried{os.getpid()}"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    if tried.returncode:
        return f"network namespaces are not allowed here: {tried.stderr.decode().strip()}"
    subprocess.run(["ip", "netns", "del", name], check=False)
    if shutil.which("setpriv") is None:
        return "setpriv of util-linux is missing"
    return ""


class Link:
    """A running link whose conditions can be changed. `robot`, `desk`: the namespaces."""

    def __init__(self, control: Path, conditions: Conditions, prefix: str) -> None:
        self.robot, self.desk = f"{prefix}robot", f"{prefix}desk"
        self._control = control
        self._conditions = conditions

    def change(self, **conditions: float | bool) -> None:
        """Change some of the conditions; they hold within 0.1 s."""
        self._conditions = replace(self._conditions, **conditions)  # type: ignore[arg-type]
        part = self._control.with_suffix(".part")
        part.write_text(json.dumps(asdict(self._conditions)))
        part.replace(self._control)


@contextmanager
def lossy_link(conditions: Conditions) -> Iterator[Link]:
    """Join two namespaces of our own for the length of a block. Raise OSError."""
    prefix = f"link{os.getpid()}-"
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "conditions.json"
        link = Link(control, conditions, prefix)
        link.change()
        words = ["bench.lossy_link", "--control", str(control), "--prefix", prefix]
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", *words],
            cwd=Path(__file__).resolve().parents[1],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            if process.stdout.readline().strip() != "link up":
                raise OSError("the link did not come up")
            yield link
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
            process.stdout.close()


def main() -> None:
    """Run the link."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--control", type=Path)
    parser.add_argument("--prefix", default="", help="before the names of the namespaces")
    defaults = Conditions()
    for field in fields(Conditions):
        if field.name != "down":
            default = getattr(defaults, field.name)
            parser.add_argument(f"--{field.name}", type=type(default), default=default)
    given = vars(parser.parse_args())
    control, prefix = given.pop("control"), given.pop("prefix")
    try:
        asyncio.run(carry(Conditions(**given), control, prefix))
    finally:
        for side in ADDRESSES:
            subprocess.run(["ip", "netns", "del", prefix + side], check=False)


if __name__ == "__main__":
    main()
