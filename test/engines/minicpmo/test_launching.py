"""Kernels are launched one by one, and compiled many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch

from video_commentary.engines.minicpmo.kernels.launching import compiling, launch

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


class FakeKernel:
    """Notes what it was launched and compiled with; `error` is raised by the compiler."""

    def __init__(self, error: Exception | None = None) -> None:
        self.launched: list[object] = []
        self.compiled: list[object] = []
        self.threads: set[int] = set()
        self.loaded = 0
        self._error = error
        self._lock = threading.Lock()

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        return lambda *args, **options: self.launched.append((grid, args, options))

    def warmup(self, *args: object, grid: tuple[int, ...], **options: object) -> FakeKernel:
        with self._lock:
            self.compiled.append((grid, args[1:], options))
            self.threads.add(threading.get_ident())
        if self._error is not None:
            raise self._error
        return self

    @property
    def run(self) -> None:
        with self._lock:
            self.loaded += 1


@pytest.fixture(autouse=True)
def devices(monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """The device of each thread that compiles."""
    chosen: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    return chosen


def test_a_kernel_is_launched_as_triton_does() -> None:
    kernel, x = FakeKernel(), torch.zeros(4)
    launch(kernel, (2, 3), x, 5, BLOCK=16)
    assert kernel.launched == [((2, 3), (x, 5), {"BLOCK": 16})]
    assert not kernel.compiled


def test_while_compiling_each_variant_is_compiled_once_and_none_is_launched(
    devices: list[torch.device],
) -> None:
    kernel, other = FakeKernel(), FakeKernel()
    whole, half = torch.zeros(64), torch.zeros(64).half()
    with compiling(GPU):
        launch(kernel, (1,), whole, 32, BLOCK=16)
        launch(kernel, (9,), torch.zeros(8), 48, BLOCK=16)  # Triton makes no other kernel of these
        launch(kernel, (1,), half, 32, BLOCK=16)
        launch(kernel, (1,), whole[1:], 32, BLOCK=16)
        launch(kernel, (1,), whole, 33, BLOCK=16)
        launch(kernel, (1,), whole, 32, BLOCK=32)
        launch(other, (1,), whole, 32, BLOCK=16)
    assert len(kernel.compiled) == kernel.loaded == 5
    assert other.compiled == [((1,), (32,), {"BLOCK": 16})]
    assert not kernel.launched
    assert threading.get_ident() not in kernel.threads | other.threads
    assert devices and set(devices) == {GPU}
    launch(kernel, (1,), whole)
    assert len(kernel.launched) == 1


def test_a_block_within_another_leaves_the_waiting_to_it() -> None:
    kernel = FakeKernel()
    with compiling(GPU):
        with compiling(GPU):
            launch(kernel, (1,), torch.zeros(1))
        launch(kernel, (1,), torch.zeros(1))
        launch(kernel, (1,), torch.zeros(1).half())
    assert len(kernel.compiled) == kernel.loaded == 2
    assert not kernel.launched


def test_a_kernel_that_does_not_compile_is_left_to_its_launch() -> None:
    bad, good = FakeKernel(ValueError("too large")), FakeKernel()
    with compiling(GPU):
        launch(bad, (1,), torch.zeros(1))
        launch(good, (1,), torch.zeros(1))
    assert good.loaded == 1 and not bad.loaded


def test_an_error_in_the_block_ends_the_compiling() -> None:
    kernel = FakeKernel()
    with pytest.raises(KeyError), compiling(GPU):
        raise KeyError("weight")
    launch(kernel, (1,), torch.zeros(1))
    assert kernel.launched


def test_on_a_cpu_nothing_is_compiled() -> None:
    kernel = FakeKernel()
    with compiling(CPU):
        launch(kernel, (1,), torch.zeros(1))
    assert kernel.launched and not kernel.compiled
