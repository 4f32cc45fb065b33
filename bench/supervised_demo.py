"""The demo's nodes as processes, started again when they end, as launch files do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from test.nodes.graph import shared_memory
from test.ports import free_port
from video_commentary.config.launch_plan import DEMO, launch_plan, ros_arguments
from video_commentary.config.paths import PACKAGE, share_dir, source_tree
from video_commentary.config.process_env import for_images, for_this_machine_only

RESPAWN_DELAY = 5.0
"""Seconds, as in ros/launching.py."""
_LOOK = 0.1
_DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
"""Keeps processes from outliving a bench that is killed."""


@dataclass(frozen=True)
class Usage:
    """What a process holds now; sizes in MB."""

    resident: float
    shared: float
    threads: int
    files: int


def usage(pid: int) -> Usage:
    """Return what a process holds. Raise OSError once it is gone."""
    fields = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value.split()
    megabytes = {name: int(fields[name][0]) / 1000 for name in ("VmRSS", "RssShmem")}
    files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Usage(megabytes["VmRSS"], megabytes["RssShmem"], int(fields["Threads"][0]), files)


class SupervisedNode:
    """A node that is started again `RESPAWN_DELAY` s after it ends, until `stop`."""

    def __init__(self, command: Sequence[str], env: dict[str, str], log: Path) -> None:
        self._command = [*_DIE_WITH_US, *command]
        self._env = env
        self._log = log
        self._ended_at: float | None = None
        self.starts = 0
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._env, stdout=log, stderr=subprocess.STDOUT
            )
        self.started_at = time.monotonic()
        self.starts += 1

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def respawn(self) -> None:
        """Start it again if it ended long enough ago."""
        now = time.monotonic()
        if self.running:
            self._ended_at = None
        elif self._ended_at is None:
            self._ended_at = now
        elif now - self._ended_at > RESPAWN_DELAY:
            self.start()

    def stop(self) -> None:
        self.send(signal.SIGCONT)
        self.send(signal.SIGINT)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class SupervisedDemo:
    """Source, commentator and bridge, visible on this machine only."""

    def __init__(self, folder: Path, given: dict[str, str], extra_env: dict[str, str]) -> None:
        self.folder = folder
        self.port = int(given["port"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = environment(folder) | extra_env
        self.nodes: dict[str, SupervisedNode] = {}
        for start in launch_plan(DEMO, given):
            command = [sys.executable, "-m", f"{PACKAGE}.nodes.{start.node}"]
            command += ros_arguments(start, given)
            log = folder / f"{start.node}.log"
            self.nodes[start.node] = SupervisedNode(command, self.env, log)
        self._shared: set[Path] = set()
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def _supervise(self) -> None:
        while not self._stopping.wait(_LOOK):
            for node in self.nodes.values():
                node.respawn()
        # on this thread, since a node that it started is killed when it ends
        for node in self.nodes.values():
            node.stop()

    def stop(self) -> None:
        self._stopping.set()
        self._supervisor.join()

    def shared_memory(self) -> float:
        """Return what our nodes' files in /dev/shm occupy, MB, those of killed nodes included."""
        for node in self.nodes.values():
            with suppress(OSError):
                self._shared |= shared_memory(Path(f"/proc/{node.pid}/maps").read_text())
        occupied = 0
        for file in self._shared:
            with suppress(OSError):  # removed meanwhile
                occupied += file.stat().st_blocks * 512
        return occupied / 1e6

    def helper(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a Python process of the bench on the same graph."""
        command = [*_DIE_WITH_US, sys.executable, *words]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the demo's processes, with their logs in `folder`."""
    env = dict(os.environ) | {"ROS_LOG_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    env |= for_images(env, share_dir() / "config") | for_this_machine_only(env)
    root = source_tree() or Path.cwd()
    env["PYTHONPATH"] = os.pathsep.join([str(root), *filter(None, [env.get("PYTHONPATH")])])
    return env


@contextmanager
def supervised_demo(
    given: dict[str, str], extra_env: dict[str, str] | None = None, folder: Path | None = None
) -> Iterator[SupervisedDemo]:
    """Run the demo for the length of a block.

    `given`: launch arguments; `folder`: for logs, a temporary one by default.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        given = {"port": str(free_port())} | given
        demo = SupervisedDemo(folder or Path(temporary), given, extra_env or {})
        try:
            yield demo
        finally:
            demo.stop()


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Give a folder on a disk of its own, if we are root; otherwise an ordinary one."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", temporary]
        mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
        try:
            yield Path(temporary)
        finally:
            if mounted:
                subprocess.run(["umount", "-l", temporary], check=False)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a helper."""
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
