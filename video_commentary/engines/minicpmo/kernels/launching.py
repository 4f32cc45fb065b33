"""Launching Triton kernels, or compiling many of them at once before their first launch.

Needs no triton, so a CPU can import it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor

from .compile_processes import CompileProcesses, current_processes

_THREADS = 8
"""Enough without worker processes: they share Python's lock, which the front end holds."""

LOG = logging.getLogger(__name__)


def launch(kernel: Any, grid: Sequence[int], *args: Any, **options: Any) -> None:
    """Launch `kernel` on `grid`; within `compiling`, only compile it, in the background."""
    compiler = _compiler.get()
    if compiler is None:
        kernel[grid](*args, **options)
    else:
        compiler.compile(kernel, grid, args, options)


@contextmanager
def compiling(device: torch.device) -> Iterator[None]:
    """Compile for `device` all that the block would launch, in parallel; wait for it at the end.

    No kernel runs: what one would have written is undefined. A kernel that does not compile is
    left out here; its launch says why. On a CPU nothing changes. Within another such block, that
    one waits.
    """
    if device.type != "cuda" or _compiler.get() is not None:
        yield
        return
    compiler = _Compiler(device)
    token = _compiler.set(compiler)
    try:
        yield
    finally:
        _compiler.reset(token)
        compiler.wait()


class _Compiler:
    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = ThreadPoolExecutor(
            _THREADS,
            "compile kernels",
            initializer=torch.cuda.set_device,
            initargs=(device,),
        )
        self._processes = current_processes()
        self._seen: set[object] = set()

    def compile(
        self, kernel: Any, grid: Sequence[int], args: tuple[Any, ...], options: dict[str, Any]
    ) -> None:
        named = {
            name: _specialization(value) if isinstance(value, Tensor) else value
            for name, value in options.items()
        }
        variant = (id(kernel), *map(_specialization, args), *sorted(named.items()))
        if variant in self._seen:
            return
        self._seen.add(variant)
        # Triton keeps compiled kernels by device; two threads would each make such a cache
        if (caches := getattr(kernel, "device_caches", None)) is not None:
            caches[self._device.index]
        self._pool.submit(_compile_and_load, kernel, grid, args, options, self._processes)

    def wait(self) -> None:
        self._pool.shutdown()


def _specialization(argument: object) -> object:
    """Return what Triton compiles a kernel for, of an argument."""
    if isinstance(argument, Tensor):
        return argument.dtype, argument.data_ptr() % 16 == 0
    if isinstance(argument, int):
        return argument == 1, argument % 16 == 0, argument.bit_length() > 31
    return type(argument)


def _compile_and_load(
    kernel: Any,
    grid: Sequence[int],
    args: tuple[Any, ...],
    options: dict[str, Any],
    processes: CompileProcesses | None,
) -> None:
    try:
        if processes is not None:
            processes.compile(kernel, args, options)
        with _alone_at_first():
            # from Triton's cache, if a worker has compiled it
            compiled = kernel.warmup(*args, grid=grid, **options)
        # this makes the launcher, with a C compiler, and loads the kernel
        getattr(compiled, "run", None)
    except Exception as error:  # noqa: BLE001 - the launch raises it again
        LOG.debug("%s does not compile: %s", kernel, error)


@contextmanager
def _alone_at_first() -> Iterator[None]:
    """Let one thread make what Triton makes once: its driver and a hash of its own files."""
    with nullcontext() if _set_up.is_set() else _setting_up:
        yield
        _set_up.set()


_setting_up, _set_up = threading.Lock(), threading.Event()
_compiler: ContextVar[_Compiler | None] = ContextVar("compiler", default=None)
