"""Faults that need processes of their own: a run that is killed, a checkpoint with a pickle."""

from __future__ import annotations

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


_PICKLED = """
import os, sys
import torch
from pathlib import Path
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_flow
class Trap:
    def __reduce__(self):
        return os.system, ("touch " + sys.argv[1] + "/executed",)
torch.save({"weight": Trap()}, sys.argv[1] + "/flow.pt")
load_flow(Path(sys.argv[1]), torch.device("cpu"), torch.float32)
"""


def pickled_checkpoint() -> tuple[float, str]:
    """Load a vocoder's checkpoint that runs a command when it is unpickled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", _PICKLED, name],
            env=environment(folder),
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        said = done.stderr.strip().splitlines()[-1]
        assert "EngineError: " in said, done.stderr
        assert (folder / "flow.pt").exists()
        assert not (folder / "executed").exists(), "the pickle was executed"
        return time.monotonic() - begun, said.partition(": ")[2].replace(name, "<folder>")


PROCESS_FAULTS = (
    ProcessFault("tools/run killed", run_killed),
    ProcessFault("checkpoint with a pickle", pickled_checkpoint),
)
