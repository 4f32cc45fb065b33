"""Recorded numbers of the published model, small enough to lie in test/data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

DATA = Path(__file__).resolve().parents[2] / "data" / "minicpmo"

# Tiny matrices: more threads only wait for each other.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def parity() -> Path:
    """The folder of parity fixtures: PARITY where that is set, else those kept with the tests."""
    return Path(os.environ["PARITY"]) if os.environ.get("PARITY") else DATA
