"""What a process takes of the machine: processor and memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.machine import cpu_seconds

INTERVAL = 1.0
"""Seconds between samples."""


@dataclass(frozen=True)
class Sample:
    """A process at a moment: time.monotonic(), processor seconds, memory in GB."""

    at: float
    cpu: float
    rss: float
    anonymous: float
    peak: float

    @staticmethod
    def of(pid: int) -> Sample:
        """Take a sample. Raise OSError or KeyError if the process has ended."""
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        rss, anonymous, peak = (
            int(fields[name].split()[0]) * 1024 / 1e9 for name in ("VmRSS", "RssAnon", "VmHWM")
        )
        return Sample(time.monotonic(), cpu_seconds(pid), rss, anonymous, peak)


class Watch:
    """Samples processes, by name, until the end of a block.

    From /proc alone: asking the driver while the GPU works would disturb what is measured.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples: dict[str, list[Sample]] = {name: [] for name in pids}

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._sample()

    def _run(self) -> None:
        while not self._done.is_set():
            self._sample()
            self._done.wait(INTERVAL)

    def _sample(self) -> None:
        for name, pid in self._pids.items():
            try:
                self.samples[name].append(Sample.of(pid))
            except (OSError, KeyError):
                continue  # it has ended

    def values(self) -> dict[str, float]:
        """Return processor time of each process and the commentator's memory, by name."""
        found = {}
        for name, samples in self.samples.items():
            if len(samples) > 1:
                first, last = samples[0], samples[-1]
                share = 100 * (last.cpu - first.cpu) / (last.at - first.at)
                found[f"CPU of the {name}, % of a core"] = share
        for last in self.samples["commentator"][-1:]:
            found["RSS at the end, GB"] = last.rss
            found["RSS, highest, GB"] = last.peak
            found["anonymous at the end, GB"] = last.anonymous
        return found
