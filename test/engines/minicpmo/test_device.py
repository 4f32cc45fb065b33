"""The device that `auto` takes, and what happens beside a GPU that torch does not see."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo import gpu_driver
from video_commentary.engines.minicpmo.memory import resolve_device

VERSION = """\
NVRM version: NVIDIA UNIX x86_64 Kernel Module  560.35.03  Fri Aug 16 21:39:15 UTC 2024
GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)
"""
OPEN_VERSION = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n"


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The driver's file, not there yet; torch sees no GPU."""
    path = tmp_path / "version"
    monkeypatch.setattr(gpu_driver, "DRIVER_FILE", path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "13.2")
    return path


def test_without_a_driver_auto_is_the_cpu(driver: Path) -> None:
    assert resolve_device("auto") == torch.device("cpu")


@pytest.mark.parametrize(("text", "number"), [(VERSION, "560.35.03"), (OPEN_VERSION, "580.65.06")])
def test_auto_refuses_the_cpu_beside_a_gpu_that_torch_does_not_see(
    driver: Path, text: str, number: str
) -> None:
    driver.write_text(text)
    with pytest.raises(EngineError) as caught:
        resolve_device("auto")
    message = str(caught.value)
    for part in (f"driver {number}", "CUDA 13.2", "newer driver", "cu126", "device:=cpu"):
        assert part in message
    assert not caught.value.retry
    assert resolve_device("cpu") == torch.device("cpu")


def test_torch_without_cuda_is_named(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.write_text(VERSION)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(EngineError, match="torch was built without CUDA"):
        resolve_device("auto")


def test_auto_takes_the_gpu_that_torch_sees(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.write_text(VERSION)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert resolve_device("auto") == torch.device("cuda", 0)
