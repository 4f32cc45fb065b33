"""Child processes that end together and never outlive this one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import IO

_PR_SET_PDEATHSIG = 1
_STEPS = ((signal.SIGINT, 1.2), (signal.SIGTERM, 0.8), (signal.SIGKILL, 0.5))
"""Signals in order, each with the seconds to wait for its effect: under 3 s in all."""


@dataclass
class Processes:
    """Children by name. Each is the leader of its own group, so Ctrl-C reaches only us."""

    environment: Mapping[str, str]
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], output: IO[bytes] | None = None) -> None:
        """Start a child; `output` receives what it prints, None inherits ours."""
        self._children[name] = subprocess.Popen(
            command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            preexec_fn=partial(_own_group_and_die_with, os.getpid()),  # noqa: PLW1509 - no threads
        )

    def ended(self) -> dict[str, int]:
        """Return the exit codes of the children that ended, by name."""
        codes = {name: child.poll() for name, child in self._children.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def stop(self) -> None:
        """End all children, in the end by SIGKILL; return within 3 s."""
        for number, seconds in _STEPS:
            for child in self._children.values():
                _signal_group(child, number)
            deadline = time.monotonic() + seconds
            while len(self.ended()) < len(self._children) and time.monotonic() < deadline:
                time.sleep(0.02)
        self._children.clear()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The child's own children are in its group and may outlive it.
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _own_group_and_die_with(parent: int) -> None:
    os.setpgid(0, 0)
    # Linux: the kernel sends this if we are killed and can't stop our children.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # killed before the kernel knew
        os._exit(1)
