"""Checks of kernels in Triton's interpreter, in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch


def failures_in(module: str) -> dict[str, str]:
    """Run a module's checks; return the tracebacks of those that fail, by name."""
    pytest.importorskip("triton")
    # the interpreter is chosen when a kernel is defined, so it gets a separate process
    done = subprocess.run(
        [sys.executable, "-m", f"test.engines.minicpmo.{module}"],
        capture_output=True,
        text=True,
        env={**os.environ, "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""},
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def print_failures(checks: Sequence[Callable[[], None]]) -> None:
    """Print what `failures_in` reads."""
    found = {}
    for check in checks:
        torch.manual_seed(0)
        try:
            check()
        except Exception:  # noqa: BLE001 - shown as it is
            found[check.__name__] = traceback.format_exc()
    print(json.dumps(found))
