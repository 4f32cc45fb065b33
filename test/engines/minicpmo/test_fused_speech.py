"""The fused vocoder and encoder on a CPU, in Triton's interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .interpreted_speech import CHECKS


@pytest.fixture(scope="module")
def failures() -> dict[str, str]:
    """The checks that failed in the interpreter."""
    pytest.importorskip("triton")
    # the interpreter is chosen when a kernel is defined, so it gets a separate process
    done = subprocess.run(
        [sys.executable, "-m", "test.engines.minicpmo.interpreted_speech"],
        capture_output=True,
        text=True,
        env={**os.environ, "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""},
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_fused_modules_compute_what_the_plain_ones_do(
    failures: dict[str, str], check: Callable[[], None]
) -> None:
    assert check.__name__ not in failures, failures[check.__name__]
