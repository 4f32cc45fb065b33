"""A thread that writes to the disk what is queued for it; nobody waits for it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from ..core.backoff import Backoff

Item = TypeVar("Item")
_GRACE = 1.5
"""Seconds for which `close` waits until what is queued is written."""


class DiskWriter(ABC, Generic[Item]):
    """Writes the items it is given, and tries again while the disk can't be written.

    `written` and `dropped` count items. `trouble` says what is wrong and what to do, empty if all
    is well. All may be read on any thread.
    """

    disk_errors: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    """After these the items wait for the next try; after any other they are dropped."""

    def __init__(self, name: str, log: Callable[[str], None]) -> None:
        """Start the thread, so call it last. `name`: the thread's. `log` gets warnings, on it."""
        self.written = 0
        self.dropped = 0
        self.trouble = ""
        self._log = log
        self._lock = threading.Lock()
        self._queue: deque[Item] = deque()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._backoff = Backoff(0.5)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def add(self, item: Item) -> None:
        """Queue an item; never waits for the disk."""
        with self._lock:
            self._queue.append(item)
            self._drop_oldest()
        self._wake.set()

    def close(self) -> None:
        """Write what is queued, and stop."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(_GRACE)

    @abstractmethod
    def _step(self) -> float | None:
        """Do what is due, on the thread; may raise `disk_errors`.

        Return for how many seconds there is nothing more to do if no item comes; None: forever.
        """

    @abstractmethod
    def _too_many(self, waiting: Sequence[Item]) -> bool:
        """Return whether the oldest of the items must be dropped."""

    @abstractmethod
    def _disk_trouble(self, error: str) -> str:
        """Return what to say about one of `disk_errors`."""

    @abstractmethod
    def _drop_unwritable(self, items: Sequence[Item], error: Exception) -> None:
        """Report items that are dropped, since writing them failed for another reason."""

    def _write_next(self, most: int, write: Callable[[list[Item]], None]) -> int:
        """Write up to `most` of the queued items by one call; return how many were written."""
        with self._lock:
            items = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        if not items:
            return 0
        try:
            write(items)
        except self.disk_errors:
            with self._lock:
                self._queue.extendleft(reversed(items))
                self._drop_oldest()
            raise
        except Exception as error:  # noqa: BLE001 - what can't be written must not stop the thread
            with self._lock:
                self.dropped += len(items)
            self._drop_unwritable(items, error)
            return 0
        self.written += len(items)
        self._well()
        return len(items)

    def _well(self) -> None:
        self.trouble = ""
        self._backoff.reset()

    def _run(self) -> None:
        while True:
            try:
                idle = self._step()
            except self.disk_errors as error:
                if self._stopped.is_set():
                    return
                # New items must not make one failure follow another at once.
                self._stopped.wait(self._failed(str(error)))
                continue
            # In this order: what was queued before `close` is seen.
            if self._stopped.is_set() and not self._queue:
                return
            if not self._queue:
                self._wake.wait(idle)
                self._wake.clear()

    def _failed(self, error: str) -> float:
        trouble = self._disk_trouble(error)
        if trouble != self.trouble:
            self._log(trouble)
        self.trouble = trouble
        return self._backoff.failed()

    def _drop_oldest(self) -> None:
        while self._too_many(self._queue):
            self._queue.popleft()
            self.dropped += 1
