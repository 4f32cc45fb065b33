"""One run of upstream's code, in the environment that the user named and under their consent."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.engine import EngineError

_SCRIPT = Path(__file__).with_name("upstream_script.py")
_PASSED_ON = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "CUDA_VISIBLE_DEVICES")
"""Of the environment: no tokens, keys or addresses reach upstream's code."""
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
_TIMEOUT = 1800.0
"""Seconds; upstream's first run compiles nothing, but loads 19 GB."""


@dataclass(frozen=True)
class UpstreamAnswer:
    """What upstream made of an order; what it could not make is None or empty, with the error.

    `wave`: float32 [n] at 24 kHz.
    """

    text: str | None
    wave: NDArray[np.float32] | None
    text_error: str
    sound_error: str


def run_upstream(python: Path, order: dict[str, Any]) -> UpstreamAnswer:
    """Run upstream_script.py with `python`. Raise EngineError if that fails."""
    with tempfile.TemporaryDirectory(prefix="verify-") as name:
        folder = Path(name)
        path = folder / "order.json"
        path.write_text(json.dumps(order), encoding="utf-8")
        passed_on = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        try:
            done = subprocess.run(
                [str(python), str(_SCRIPT), str(path)],
                cwd=folder,
                env=passed_on | _OFFLINE | {"HF_MODULES_CACHE": str(folder / "modules")},
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineError(f"upstream's Python did not run: {error}") from None
        if done.returncode != 0 or not (folder / "answer.json").is_file():
            said = [line for line in done.stderr.splitlines() if line.strip()]
            raise EngineError(
                f"upstream's code ended with status {done.returncode}: {said[-1] if said else ''}"
            )
        return _read_answer(folder)


def _read_answer(folder: Path) -> UpstreamAnswer:
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    wave = folder / "wave.npy"
    return UpstreamAnswer(
        answer.get("text"),
        np.load(wave, allow_pickle=False) if wave.is_file() else None,
        answer.get("text_error", ""),
        answer.get("sound_error", ""),
    )
