"""A real livekit-server on free loopback ports, with the package's own configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM
from urllib.error import URLError

import pytest
import yaml

from test.ports import free_ports

ROOT = Path(__file__).resolve().parents[3]
KEY = "testkey"
SECRET = "a-secret-of-at-least-32-characters"


def build() -> Path:
    """Return the program; raise RuntimeError if it can't be built."""
    command = [ROOT / "scripts" / "livekit_server.sh"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return Path(done.stdout.strip())


def build_or_skip() -> Path:
    """Return the program; skip the test without Go to build it with, but not in CI."""
    try:
        return build()
    except RuntimeError as error:
        if shutil.which("go") is None and not os.environ.get("CI"):
            pytest.skip(f"{error}: install Go 1.24 or newer")
        raise


class LiveKitServer:
    """Runs between `start` and `stop`, on the same ports each time."""

    def __init__(self, program: Path, folder: Path) -> None:
        config = yaml.safe_load((ROOT / "config" / "livekit.yaml").read_text())
        ports = free_ports(SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM)
        self.port, rtc = ports[0], config["rtc"]
        config["port"], rtc["tcp_port"], rtc["udp_port"] = ports
        config["keys"] = {KEY: SECRET}
        self._config = folder / "livekit.yaml"
        self._config.write_text(yaml.safe_dump(config))
        self._program = program
        self._log = folder / "livekit.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"ws://127.0.0.1:{self.port}"
        self.environment = {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": KEY,
            "LIVEKIT_API_SECRET": SECRET,
        }

    def start(self) -> None:
        """Start and wait until it answers."""
        # setpriv: the server ends with the tests even if these are killed.
        command = ["setpriv", "--pdeathsig", "TERM", str(self._program)]
        command += ["--config", str(self._config)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"livekit-server:\n{self._log.read_text()}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}", timeout=1):
                return True
        except (URLError, OSError):
            return False

    def stop(self, hard: bool = False) -> None:
        """End it: in order, or `hard` as a machine that loses power."""
        if self._process is None:
            return
        if hard:
            self._process.kill()
        else:
            self._process.terminate()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
