"""What waits for the listener's thread: bounded, the oldest sound of a stream goes first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_MOST_SECONDS = 5.0
"""Of sound of each stream that may wait."""


@dataclass(eq=False, frozen=True)
class _Entry:
    work: Callable[[], object]
    stream: str = ""
    seconds: float = 0.0


class Inbox:
    """Work for one thread. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: deque[_Entry] = deque()
        self._seconds: dict[str, float] = {}
        self.dropped = 0.0
        """Seconds of sound that were dropped."""

    @property
    def waiting(self) -> float:
        """Seconds of sound that wait or are worked on."""
        with self._changed:
            return sum(self._seconds.values())

    def put(self, work: Callable[[], object]) -> None:
        """Add work that is never dropped."""
        with self._changed:
            self._entries.append(_Entry(work))
            self._changed.notify()

    def put_sound(self, work: Callable[[], object], stream: str, seconds: float) -> None:
        """Add sound of a stream, dropping its oldest if too much waits."""
        with self._changed:
            waiting = self._seconds.get(stream, 0.0) + seconds
            while waiting > _MOST_SECONDS and (oldest := self._oldest(stream)) is not None:
                self._entries.remove(oldest)
                self.dropped += oldest.seconds
                waiting -= oldest.seconds
            self._seconds[stream] = waiting
            self._entries.append(_Entry(work, stream, seconds))
            self._changed.notify()

    def run_one(self, timeout: float) -> None:
        """Do the next piece of work on this thread; return after `timeout` without any."""
        with self._changed:
            if not self._entries:
                self._changed.wait(timeout)
            if not self._entries:
                return
            entry = self._entries.popleft()
        try:
            entry.work()
        finally:
            if entry.seconds:
                self._done(entry)

    def _done(self, entry: _Entry) -> None:
        with self._changed:
            left = self._seconds.get(entry.stream, 0.0) - entry.seconds
            if left > 1e-6:
                self._seconds[entry.stream] = left
            else:
                self._seconds.pop(entry.stream, None)

    def _oldest(self, stream: str) -> _Entry | None:
        return next(
            (each for each in self._entries if each.stream == stream and each.seconds), None
        )
