"""Faults that need processes of their own: a run that is killed, a checkpoint with a pickle."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.supervised_demo import environment
from test.ports import free_port
from video_commentary.config.paths import PACKAGE

_LIMIT = 90.0


@dataclass(frozen=True)
class ProcessFault:
    """`run` returns seconds to recovery and what the user reads. Raises AssertionError."""

    name: str
    run: Callable[[], tuple[float, str]]


def run_killed() -> tuple[float, str]:
    """Kill tools/run once its nodes work; wait until the last of them has ended."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder)) | {"BENCH_RUN": folder}
        words = ["demo", "voice:=none", f"port:={free_port()}"]
        command = [sys.executable, "-m", f"{PACKAGE}.tools.run", *words]
        running = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        time.sleep(15.0)
        nodes = len(_marked(folder)) - 1
        assert nodes >= 3, "the demo did not start"
        running.send_signal(signal.SIGKILL)
        running.wait()
        begun = time.monotonic()
        while left := _marked(folder):
            assert time.monotonic() - begun < _LIMIT, f"left behind: {left}"
            time.sleep(0.05)
        return time.monotonic() - begun, f"Killed; its {nodes} processes ended"


def _marked(value: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"BENCH_RUN={value}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self._mark}",)


def pickled_checkpoint() -> tuple[float, str]:
    """Load a checkpoint whose weights are a pickle that runs a command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mark = folder / "executed"
        checkpoint = folder / "model"
        checkpoint.mkdir()
        (checkpoint / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(mark)))
        (checkpoint / "config.json").write_text("{}")
        picture = folder / "picture.png"
        _write_picture(picture)
        begun = time.monotonic()
        command = [sys.executable, "-m", f"{PACKAGE}.tools.describe", str(picture)]
        command += ["engine:=minicpmo", f"model_path:={checkpoint}", "device:=cpu"]
        done = subprocess.run(
            command,
            env=environment(folder),
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        assert done.returncode, "it was accepted"
        assert not mark.exists(), "the pickle was executed"
        return time.monotonic() - begun, (done.stderr or done.stdout).strip().splitlines()[-1]


def _write_picture(path: Path) -> None:
    import cv2
    import numpy as np

    cv2.imwrite(str(path), np.zeros((64, 64, 3), np.uint8))


PROCESS_FAULTS = (
    ProcessFault("tools/run killed", run_killed),
    ProcessFault("checkpoint with a pickle", pickled_checkpoint),
)
