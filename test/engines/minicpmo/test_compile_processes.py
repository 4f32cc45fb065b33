"""Worker processes compile kernels into Triton's cache while a model is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from video_commentary.engines.minicpmo.kernels import compile_processes as processes_module
from video_commentary.engines.minicpmo.kernels.compile_processes import (
    CompileProcesses,
    compile_processes,
    current_processes,
)
from video_commentary.engines.minicpmo.kernels.launching import compiling, launch

from .test_launching import FakeKernel

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Triton's cache of a machine with a card."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "a card")
    return tmp_path


@pytest.fixture
def target() -> Iterator[None]:
    """Triton compiles for a card that is not here."""
    pytest.importorskip("triton")
    from triton.backends.compiler import GPUTarget
    from triton.runtime import driver

    active = driver._active
    driver.set_active(SimpleNamespace(get_current_target=lambda: GPUTarget("cuda", 90, 32)))
    yield
    driver._active = active


def compiled(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.glob("*/*.cubin"))


def test_a_worker_compiles_into_the_cache_and_one_that_ends_is_left_out(
    cache: Path, target: None
) -> None:
    from video_commentary.engines.minicpmo.kernels import fused_rows

    half, x = torch.zeros(2, 64, dtype=torch.float16), torch.zeros(2, 64)
    options: dict[str, Any] = {"WIDTH": 64, "BLOCK": 64, "num_warps": 2, "enable_fp_fusion": True}
    processes = CompileProcesses(1)
    try:
        kernel = fused_rows._add_rms_norm_kernel
        processes.compile(kernel, (x, x, x[0], half, 1e-6), options)
        processes.compile(kernel, (x, x, x[0], half, 1e-6), options)
        assert compiled(cache) == ["_add_rms_norm_kernel.cubin"]
        # other alignment, other kernel
        processes.compile(kernel, (x[:, 1:], x, x[0], half, 1e-6), options)
        assert compiled(cache) == ["_add_rms_norm_kernel.cubin"] * 2
        processes.compile(kernel, (x,), options)  # too few arguments: its launch says so
        processes.compile(kernel, (x, x, x[0], x, 1e-6), options)
        assert len(compiled(cache)) == 3
        processes._workers[0].kill()
        for _ in range(2):
            processes.compile(kernel, (half, x, x[0], half, 1e-6), options)
        assert len(compiled(cache)) == 3
    finally:
        processes.close()


class FakeProcesses:
    """Counts what was started, compiled and closed."""

    started: list[int]

    def __init__(self, count: int) -> None:
        self.started.append(count)
        self.compiled: list[object] = []
        self.closed: int = 0

    def compile(self, kernel: FakeKernel, args: object, options: object) -> None:
        assert not kernel.compiled
        self.compiled.append((kernel, args, options))

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> type[FakeProcesses]:
    """Processes that start nothing."""
    monkeypatch.setattr(FakeProcesses, "started", [], raising=False)
    monkeypatch.setattr(processes_module, "CompileProcesses", FakeProcesses)
    monkeypatch.setattr(processes_module, "_useful_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    return FakeProcesses


def test_workers_help_until_a_load_with_these_settings_has_compiled_all(
    cache: Path, fakes: type[FakeProcesses]
) -> None:
    kernel, x = FakeKernel(), torch.zeros(4)
    with compile_processes(GPU, "with voice"):
        workers: Any = current_processes()
        assert type(workers) is fakes
        with compiling(GPU):
            launch(kernel, (1,), x, BLOCK=16)
        assert workers.compiled == [(kernel, (x,), {"BLOCK": 16})]
        assert (kernel.loaded, workers.closed) == (1, 0)
    assert (kernel.loaded, workers.closed) == (1, 1)
    assert current_processes() is None
    with compile_processes(GPU, "with voice"):
        assert current_processes() is None
    with compile_processes(GPU, "text only"):
        assert current_processes() is not None
    for marker in cache.iterdir():
        marker.unlink()
    with compile_processes(GPU, "with voice"):
        assert current_processes() is not None
    assert fakes.started == [4] * 3


def test_a_load_that_fails_leaves_no_worker_and_the_next_one_starts_them_again(
    cache: Path, fakes: type[FakeProcesses]
) -> None:
    used: list[Any] = []

    def load() -> None:
        with compile_processes(GPU, ""):
            used.append(current_processes())
            raise KeyError("weight")

    with pytest.raises(KeyError):
        load()
    assert type(used[0]) is FakeProcesses and used[0].closed == 1
    assert not list(cache.iterdir()) and current_processes() is None
    with compile_processes(GPU, ""):
        assert len(fakes.started) == 2


def test_no_worker_on_a_cpu_or_a_machine_with_one_processor(
    cache: Path, fakes: type[FakeProcesses], monkeypatch: pytest.MonkeyPatch
) -> None:
    with compile_processes(CPU, ""):
        assert current_processes() is None
    monkeypatch.setattr(processes_module, "_useful_count", lambda: 1)
    with compile_processes(GPU, ""):
        assert current_processes() is None
    assert not fakes.started


def test_where_no_process_can_be_started_the_load_goes_on(
    cache: Path, fakes: type[FakeProcesses], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(count: int) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(processes_module, "CompileProcesses", refuse)
    with compile_processes(GPU, ""):
        assert current_processes() is None
    assert list(cache.iterdir())


def test_as_many_workers_as_processors_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    for processors, gigabytes in ((16, 64.0), (6, 64.0), (16, 3.5), (16, 0.0)):
        monkeypatch.setattr("os.cpu_count", lambda processors=processors: processors)
        monkeypatch.setattr(
            processes_module, "available_memory", lambda size=gigabytes: int(size * 1e9)
        )
        counts.append(processes_module._useful_count())
    assert counts == [8, 6, 3, 0]
