"""A GPU's memory as its driver counts it: with the context, kernels and libraries' workspaces.

torch counts only what its own allocator holds.
"""

from __future__ import annotations

import os
import subprocess


def query_gpu(query: str) -> list[list[str]]:
    """Return the lines of an nvidia-smi query, such as "gpu=name", as cells; none without a GPU."""
    command = ["nvidia-smi", f"--query-{query}", "--format=csv,noheader,nounits"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if found.returncode:
        return []
    return [[cell.strip() for cell in line.split(",")] for line in found.stdout.splitlines()]


def card_gb() -> float:
    """Return the GB in use on the first GPU by all processes, 0 without a GPU."""
    cells = query_gpu("gpu=memory.used")
    return _gigabytes(cells[0][0]) if cells else 0.0


def process_gb(pid: int | None = None) -> float:
    """Return the GB that the driver counts for a process, by default this one.

    0 if it lists none: in some containers it knows processes by other numbers.
    """
    wanted = str(pid or os.getpid())
    rows = query_gpu("compute-apps=pid,used_memory")
    return sum(_gigabytes(used) for number, used in rows if number == wanted)


def driver_row(before: float, pid: int | None = None) -> dict[str, float]:
    """Return a table's row, its name and GB: what the driver counts for a process.

    `before`: `card_gb` from before it started, to subtract where the driver lists no processes.
    """
    if used := process_gb(pid):
        return {"GPU memory by the driver, GB": used}
    used = card_gb()
    return {"GPU memory, whole card, GB": used - before} if used else {}


def _gigabytes(mebibytes: str) -> float:
    return float(mebibytes) * 2**20 / 1e9 if mebibytes.isdigit() else 0.0
