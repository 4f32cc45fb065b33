"""Clocks to pass in: live or virtual."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from .cancel import CancelToken
from .stamp import Stamp, from_seconds


class Clock(Protocol):
    """The two times of the commentary cycle: a monotonic one, and that of the frames' stamps."""

    def now(self) -> float:
        """Return seconds that only go forward; pacing uses these."""
        ...

    def stamp(self) -> Stamp:
        """Return the present in the time of the frames' stamps; delays use these."""
        ...

    def wait(self, wake: threading.Event, timeout: float | None) -> None:
        """Return when `wake` is set or `timeout` seconds have passed, whichever is first."""
        ...


def wait_until(clock: Clock, time: float, cancel: CancelToken) -> None:
    """Return at `time` (monotonic, s) of `clock`, or when cancelled."""
    cancelled = threading.Event()
    unsubscribe = cancel.on_cancel(cancelled.set)
    while not cancelled.is_set() and (left := time - clock.now()) > 0:
        clock.wait(cancelled, left)
    unsubscribe()


class LiveClock:
    """The machine's clock, and the clock of the frames' stamps."""

    def __init__(self, stamp: Callable[[], Stamp] = time.time_ns) -> None:
        """Take the stamps' present from `stamp`: the ROS clock in a node."""
        self.now = time.monotonic
        self.stamp = stamp

    def wait(self, wake: threading.Event, timeout: float | None) -> None:
        """Block this thread."""
        wake.wait(timeout)


class CameraClock:
    """A clock whose stamps are in the time of a camera that has another one.

    So a comment's words and its frames have stamps of one clock, whose differences are delays.
    """

    def __init__(self, clock: Clock, correction: Callable[[], Stamp]) -> None:
        """Follow `clock`; `correction` returns what to add to the camera's stamps to get its."""
        self._clock = clock
        self._correction = correction
        self.now = clock.now
        self.wait = clock.wait

    def stamp(self) -> Stamp:
        """Return the present in the camera's time."""
        return self._clock.stamp() - self._correction()


class VirtualClock:
    """Time that passes at once whenever a caller waits; `events` happen as it does.

    For recordings: the cycle runs as it does live, as fast as the machine can. Events are taken
    from `events` no earlier than time has to pass. Not thread-safe: they run on the thread that
    waits.
    """

    def __init__(self, start: float, events: Iterator[tuple[float, Callable[[], object]]]) -> None:
        """Begin at `start` seconds; each event has its time, in ascending order."""
        self._now = start
        self._events = events
        self._next: tuple[float, Callable[[], object]] | None = None

    @property
    def ended(self) -> bool:
        """Whether no event is left."""
        return self._upcoming() is None

    def now(self) -> float:
        """Return the present, which is that of the stamps too."""
        return self._now

    def stamp(self) -> Stamp:
        """Return the present as a stamp."""
        return from_seconds(self._now)

    def wait(self, wake: threading.Event, timeout: float | None) -> None:
        """Let time pass until an event sets `wake`, or `timeout` has passed; or to the end."""
        end = float("inf") if timeout is None else self._now + timeout
        while not wake.is_set() and self._run_next(end):
            pass
        if not wake.is_set() and end < float("inf"):
            self._now = max(self._now, end)

    def spend(self, seconds: float) -> None:
        """Let time pass that was spent on work; events meanwhile wake no waiter."""
        end = self._now + seconds
        while self._run_next(end):
            pass
        self._now = max(self._now, end)

    def _upcoming(self) -> tuple[float, Callable[[], object]] | None:
        if self._next is None:
            self._next = next(self._events, None)
        return self._next

    def _run_next(self, end: float) -> bool:
        """Run the next event if it is due by `end`; return whether it was."""
        upcoming = self._upcoming()
        if upcoming is None or upcoming[0] > end:
            return False
        self._next = None
        at, event = upcoming
        self._now = max(self._now, at)
        event()
        return True
