"""Time, handed in: live or virtual."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
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


class VirtualClock:
    """Time that passes at once whenever somebody waits; `events` happen as it does.

    For recordings: the cycle runs as it does live, as fast as the machine can. `ended` is True
    once no event is left. Not thread-safe: the events run on the thread that waits.
    """

    def __init__(self, start: float, events: Iterator[tuple[float, Callable[[], None]]]) -> None:
        """Begin at `start` seconds; each event has its time, none before the one before it."""
        self._now = start
        self._events = events
        self._next = next(events, None)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self._next is None

    def now(self) -> float:
        """Return the present, which is that of the stamps too."""
        return self._now

    def stamp(self) -> float:
        """Return the present."""
        return self._now

    def wait(self, wake: threading.Event, timeout: float | None) -> None:
        """Let time pass until an event sets `wake`, or `timeout` has passed; or to the end."""
        end = float("inf") if timeout is None else self._now + timeout
        while not wake.is_set() and self._happens(end):
            pass
        if not wake.is_set() and end < float("inf"):
            self._now = max(self._now, end)

    def spend(self, seconds: float) -> None:
        """Let time pass that was spent on work; what happens meanwhile wakes nobody."""
        end = self._now + seconds
        while self._happens(end):
            pass
        self._now = max(self._now, end)

    def _happens(self, end: float) -> bool:
        """Let the next event happen if it is due by `end`; return whether it was."""
        if self._next is None or self._next[0] > end:
            return False
        at, event = self._next
        self._now = max(self._now, at)
        # Before the event itself, which may end all this.
        self._next = next(self._events, None)
        event()
        return True
