"""A process that compiles kernels into Triton's cache on the disk, where its parent finds them.

It needs no GPU. `compile_processes.py` starts it, sends pickled jobs to its standard input, and
reads a pickled answer to each: None, or why it failed. At the end of its input it exits.
"""

from __future__ import annotations

import importlib
import os
import pickle
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, BinaryIO

import torch
from torch import Tensor


@dataclass(frozen=True)
class TensorSpec:
    """What Triton compiles a kernel for, of a tensor: its dtype, and whether 16 divides `ptr`."""

    dtype: torch.dtype
    ptr: int

    @staticmethod
    def of(argument: object) -> object:
        """Return the spec of a tensor, and any other argument as it is."""
        if isinstance(argument, Tensor):
            return TensorSpec(argument.dtype, argument.data_ptr() % 16)
        return argument

    def data_ptr(self) -> int:
        """Return an address that is aligned as the tensor's."""
        return self.ptr


@dataclass(frozen=True)
class CompileJob:
    """A kernel by its names, what it is called with, and the GPU it is for.

    `target`: backend, architecture and warp size, of triton's GPUTarget.
    """

    module: str
    name: str
    target: tuple[str, int, int]
    args: tuple[object, ...]
    options: dict[str, Any] = field(default_factory=dict)


def compile_kernel(job: CompileJob) -> None:
    """Compile a kernel, unless Triton's cache on the disk has it."""
    from triton.backends.compiler import GPUTarget
    from triton.runtime import driver

    target = GPUTarget(*job.target)
    # one that only says what to compile for: Triton's own opens the GPU, 0.5 GB of its memory
    driver.set_active(
        SimpleNamespace(
            get_current_target=lambda: target,
            get_current_device=lambda: 0,
            get_current_stream=lambda _: 0,
        )
    )
    kernel = getattr(importlib.import_module(job.module), job.name)
    kernel.warmup(*job.args, grid=(1,), **job.options)


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Compile until the end of `jobs`."""
    while True:
        try:
            job = pickle.load(jobs)  # noqa: S301 - from the parent only
        except EOFError:
            return
        answer = None
        try:
            compile_kernel(job)
        except Exception as error:  # noqa: BLE001 - the parent compiles it itself, and fails alike
            answer = f"{type(error).__name__}: {error}"
        pickle.dump(answer, answers)
        answers.flush()


def main() -> None:
    """Serve the parent; what a compiler prints goes to the standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)
