"""Another process that takes the GPU's memory, and gives it back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from bench.rehearsal.figures import Row
from bench.rehearsal.session import Session, Setup, Stage, first

HOLDER = """
import sys, torch
keep, free = [], float(sys.argv[1])
while (spare := torch.cuda.mem_get_info()[0] - free) > 5e7:
    keep.append(torch.empty(int(min(spare, 8e9)), dtype=torch.uint8, device="cuda"))
print("held", flush=True)
sys.stdin.read()
"""
ROOM_FOR_TEXT, ROOM_FOR_NOTHING = 10e9, 6e9
"""Bytes left free: enough for the AWQ model's text and not for its voice; too few for either."""
PATIENCE = 60.0
"""Seconds for what was missing to come back."""


@contextmanager
def held(free: float) -> Iterator[None]:
    """Leave `free` bytes on the first GPU for the length of a block."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(free)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
    finally:
        holder.kill()
        holder.communicate()


def measure(stage: Stage, row: Row) -> None:
    """Start the commentator on a full card, free the card, and wait for its words and voice."""
    if stage.plan.tiny:
        row.failure = "it needs a CUDA GPU"
        return
    for name, free in (("room for text", ROOM_FOR_TEXT), ("no room", ROOM_FOR_NOTHING)):
        _measure(stage, row, name, free)


def _measure(stage: Stage, row: Row, name: str, free: float) -> None:
    with ExitStack() as stack:
        with held(free):
            session = stack.enter_context(Session(stage, Setup(), wait=False))
            graph = session.graph
            wanted = ("commenting", "speaking", "watching", "error")
            graph.until(
                lambda: graph.status() and graph.status().state in wanted,
                stage.plan.start_limit,
                "a state after loading",
            )
            graph.spin(5.0)
            status = graph.status()
            row.notes.append(
                f"{name}: {status.state}; voice: {status.voice!r}; detail: {status.detail!r}"
            )
        freed = time.monotonic()
        for topic, what in (("commentary_events", "words"), ("audio_stamped", "sound")):
            start = len(graph.got[topic])
            try:
                came = graph.until(partial(first, graph, topic, _said, start), PATIENCE)
            except AssertionError:
                row.failure = f"no {what} within {PATIENCE:g} s after the memory was free again"
                return
            row.values[f"{name}: memory free to {what}, s"] = came - freed


def _said(message: Any) -> bool:
    """Return whether a message of either topic has words or sound."""
    return bool(message.text if hasattr(message, "text") else len(message.audio.data))
