"""What loading an engine is doing, and how long each part of it took."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class LoadProgress:
    """Phases of one load, which may overlap; engines report them, the node shows them.

    Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[str] = []
        self._took: dict[str, float] = {}

    def restart(self) -> None:
        """Forget the phases of an earlier load."""
        with self._lock:
            self._took = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time the block as a part of the load; a phase entered again adds up."""
        begun = time.monotonic()
        with self._lock:
            self._running.append(name)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(name)
                self._took[name] = self._took.get(name, 0.0) + time.monotonic() - begun

    @property
    def running(self) -> str:
        """The phases that run now, such as "weights, voice files"; empty between phases."""
        with self._lock:
            return ", ".join(self._running)

    @property
    def summary(self) -> str:
        """The phases that ended, in that order: "import 4.1 s, weights 3.0 s"; not the shortest."""
        with self._lock:
            took = {name: took for name, took in self._took.items() if took >= 0.05}
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in took.items())
