from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.checkpoint import Checkpoint, TensorRows

CPU = torch.device("cpu")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_rows_are_read_from_the_file(tmp_path: Path, dtype: torch.dtype) -> None:
    table = torch.randn(50, 12).to(dtype)
    save_file({"a": torch.ones(7), "table": table, "z": torch.ones(3)}, tmp_path / "m.safetensors")
    rows = Checkpoint(tmp_path, CPU).rows("table")
    assert torch.equal(rows([49, 0, 7, 7]), table[[49, 0, 7, 7]])


@pytest.mark.parametrize("index", [50, -1])
def test_a_row_beyond_the_table_is_refused(tmp_path: Path, index: int) -> None:
    tensors = {"a": torch.ones(50, 12), "table": torch.ones(50, 12), "z": torch.ones(50, 12)}
    save_file(tensors, tmp_path / "m.safetensors")
    rows = TensorRows(tmp_path / "m.safetensors", "table")
    with pytest.raises(EngineError, match=f"table in .* has no row {index}, only 0 to 49"):
        rows([3, index])


def test_a_file_that_has_become_shorter_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"table": torch.ones(50, 12)}, path)
    rows = TensorRows(path, "table")
    path.write_bytes(path.read_bytes()[:-40])
    assert rows([0]).shape == (1, 12)
    with pytest.raises(EngineError, match=r"m\.safetensors is damaged or incomplete"):
        rows([49])


def test_what_is_no_checkpoint_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"no tensors here at all")
    with pytest.raises(EngineError, match="damaged"):
        TensorRows(path, "table")
