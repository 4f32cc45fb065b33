"""Worker processes that compile kernels while a model is loaded for the first time.

In the node's own process the threads that compile wait for one another: for Python's lock, and
for the single heap that keeps the node's memory small. The voice's kernels took 26 s there.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any

import torch

from ..preload import available_memory
from .compile_worker import CompileJob, TensorSpec
from .kernel_cache import compiled_marker

_MOST = 8
"""As many as `launching` has threads, each of which waits for one."""
_BYTES = 1_000_000_000
"""Memory of the host that a worker may take; half of it is torch."""

LOG = logging.getLogger(__name__)


@contextmanager
def compile_processes(device: torch.device, settings: object) -> Iterator[None]:
    """Let `launching.compiling` use worker processes within the block, which loads a model.

    None are started on a CPU, or if an earlier load with the same `settings`, anything with a
    repr, has compiled its kernels.
    """
    if device.type != "cuda":
        yield
        return
    marker = compiled_marker(device, repr(settings))
    processes = None if marker.exists() else _start_processes()
    token = _processes.set(processes)
    try:
        yield
    finally:
        _processes.reset(token)
        if processes is not None:
            processes.close()
    with suppress(OSError):
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()


def current_processes() -> CompileProcesses | None:
    """Return the processes of the block that this runs in."""
    return _processes.get()


class CompileProcesses:
    """`count` workers, started at once; each gets ready, for seconds, while others do their work.

    A worker that fails is left out; its kernels are compiled in this process, as without workers.
    """

    def __init__(self, count: int) -> None:
        self._workers = [_start_worker() for _ in range(count)]
        self._idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def compile(self, kernel: Any, args: Sequence[object], options: dict[str, object]) -> None:
        """Have a worker compile a kernel into Triton's cache; wait for it."""
        worker = self._idle.get()
        try:
            if worker is not None:
                _compile_in(worker, pickle.dumps(_job(kernel, args, options)))
        except (OSError, EOFError, pickle.PickleError) as error:
            LOG.debug("a compile worker ended: %s", error)
            worker = None
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            with worker:  # closes its pipes, and waits
                pass


def _job(kernel: Any, args: Sequence[object], options: dict[str, object]) -> CompileJob:
    from triton.runtime import driver

    target = driver.active.get_current_target()
    return CompileJob(
        module=kernel.fn.__module__,
        name=kernel.fn.__name__,
        target=(target.backend, target.arch, target.warp_size),
        args=tuple(map(TensorSpec.of, args)),
        options={name: TensorSpec.of(value) for name, value in options.items()},
    )


def _start_worker() -> subprocess.Popen[bytes]:
    # what malloc does for a node's images would only take memory here
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, "-c", f"from {CompileJob.__module__} import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _compile_in(worker: subprocess.Popen[bytes], job: bytes) -> None:
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write(job)
    worker.stdin.flush()
    failure = pickle.load(worker.stdout)  # noqa: S301 - from our own process
    if failure is not None:
        LOG.debug("a compile worker: %s", failure)


def _start_processes() -> CompileProcesses | None:
    count = _useful_count()
    if count < 2:
        return None
    try:
        return CompileProcesses(count)
    except OSError as error:
        LOG.info("kernels are compiled in this process, as no other can be started: %s", error)
        return None


def _useful_count() -> int:
    """Return for how many workers this machine has processors and memory to spare."""
    return min(_MOST, os.cpu_count() or 1, available_memory() // _BYTES)


_processes: ContextVar[CompileProcesses | None] = ContextVar("processes", default=None)
