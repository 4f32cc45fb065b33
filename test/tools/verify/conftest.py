"""The tiny checkpoint with a voice, and copies of it to be damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from test.engines.minicpmo.token2wav import add_voice

DATA = Path(__file__).resolve().parents[2] / "data" / "minicpmo"

# Tiny matrices: more threads only wait for each other.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every run of a test draws the same numbers."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def parity() -> Path:
    """The folder of the tiny checkpoints."""
    return DATA


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the tiny BF16 checkpoint, to be changed."""
    return Path(shutil.copytree(DATA / "checkpoint", tmp_path / "model"))


@pytest.fixture
def awq_copy(tmp_path: Path) -> Path:
    """A copy of the tiny AWQ checkpoint, to be changed."""
    return Path(shutil.copytree(DATA / "checkpoint_awq", tmp_path / "model"))


@pytest.fixture
def speaking_copy(copy: Path) -> Path:
    """A copy that has a voice."""
    add_voice(copy, DATA)
    return copy


def change_tensors(folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    """Let `change` alter the tensors of a checkpoint of one file."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)


def make_uneven(folder: Path) -> None:
    """Give the rows of the vocabulary different lengths, as training does."""

    def change(tensors: dict[str, Tensor]) -> None:
        for name in ("llm.model.embed_tokens.weight", "llm.lm_head.weight"):
            weight = tensors[name]
            scale = torch.linspace(0.5, 1.5, len(weight))[:, None]
            tensors[name] = (weight.float() * scale).to(weight.dtype)

    change_tensors(folder, change)


def change_config(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Let `change` alter config.json."""
    path = folder / "config.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
