"""Time, handed in: live or virtual."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What the commentary cycle knows of time."""

    def now(self) -> float:
        """Return seconds that only go forward; pacing uses these."""
        ...

    def stamp(self) -> float:
        """Return the present in the time of the frames' stamps, seconds; delays use these."""
        ...

    def wait(self, wake: threading.Event, timeout: float | None) -> None:
        """Return when `wake` is set or `timeout` seconds have passed, whichever is first."""
        ...


class LiveClock:
    """The machine's clock, and that of the frames' stamps beside it."""

    def __init__(self, stamp: Callable[[], float] = time.time) -> None:
        """Take the stamps' present from `stamp`: the ROS clock in a node."""
        self.now = time.monotonic
        self.stamp = stamp

    def wait(self, wake: threading.Event, timeout: float | None) -> None:
        """Block this thread."""
        wake.wait(timeout)
