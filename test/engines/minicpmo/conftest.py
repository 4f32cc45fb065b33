"""Recorded numbers of the published model, small enough for test/data."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from video_commentary.engines.minicpmo.language.attention import Attention

from . import narrow_heads

DATA = Path(__file__).resolve().parents[2] / "data" / "minicpmo"

# Tiny matrices: more threads only wait for each other.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every run of a test draws the same numbers."""
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def narrow_heads_run_on_a_gpu() -> Iterator[None]:
    """The tiny talker decodes on a GPU too, though the kernel does not take its heads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Attention, "decode", narrow_heads.decode)
        patch.setattr(Attention, "prefill", narrow_heads.prefill)
        yield


@pytest.fixture(scope="session")
def parity() -> Path:
    """The folder of parity fixtures: PARITY if set, else those kept with the tests."""
    return Path(os.environ["PARITY"]) if os.environ.get("PARITY") else DATA


@pytest.fixture
def copy(parity: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint, to be changed."""
    return Path(shutil.copytree(parity / "checkpoint", tmp_path / "model"))


@pytest.fixture(scope="session")
def golden(parity: Path) -> Any:
    """golden.json."""
    return json.loads((parity / "golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def arrays(parity: Path) -> dict[str, NDArray[Any]]:
    """golden.npz."""
    with np.load(parity / "golden.npz") as file:
        return dict(file)
