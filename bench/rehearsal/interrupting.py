"""SIGINT while the commentator starts, and what stays in shared memory."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from bench.rehearsal.figures import Row
from bench.rehearsal.session import Setup, Stage, end
from test.nodes.graph import Process

SHARED = Path("/dev/shm")
PROGRAM = "video_commentary.nodes.commentator"


def measure(stage: Stage, row: Row) -> None:
    """Start the real program again and again and interrupt each a little later."""
    setup = Setup()
    for seconds in stage.plan.interrupts:
        before = _participants()
        process = stage.commentator(setup, PROGRAM)
        time.sleep(seconds)
        began = time.monotonic()
        trouble = end(process, signal.SIGINT)
        row.values[f"SIGINT at {seconds:g} s: s to its end"] = time.monotonic() - began
        left = _participants() - before - _in_use()
        size = sum(file.stat().st_size for file in left if file.exists()) / 1e6
        row.values[f"SIGINT at {seconds:g} s: MB left in /dev/shm"] = size
        if trouble:
            row.notes.append(f"SIGINT at {seconds:g} s: {trouble}; {_last_line(process)}")
        process.close()
        for file in left:
            file.unlink(missing_ok=True)


def _participants() -> set[Path]:
    """Return the shared memory of DDS participants; that of ports is everybody's."""
    return {file for file in SHARED.glob("*fast*") if "port" not in file.name}


def _in_use() -> set[Path]:
    """Return the shared memory that any process has mapped."""
    found = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        try:
            lines = maps.read_text().splitlines()
        except OSError:
            continue
        found |= {Path(line.split()[5]) for line in lines if str(SHARED) in line}
    return found


def _last_line(process: Process) -> str:
    lines = process.output().strip().splitlines()
    return lines[-1] if lines else "it printed nothing"
