"""The thread that writes entries; nobody waits for it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ..core.backoff import Backoff
from ..core.memory_entry import MemoryEntry
from ..core.stamp import Stamp
from .database import DamagedDatabaseError, is_damage, move_aside
from .retention import Retention, RetentionLimits
from .store import MemoryStore

QUEUE_SIZE = 10_000
"""Entries that may wait while the disk can't be written; then the oldest of them are dropped."""
BATCH = 500
"""Entries written in one transaction at most."""
PRUNE_PERIOD = 10.0
"""Seconds between two looks at what is too old or too much."""
PRUNE_ENTRIES = 1000
"""Entries written after which it looks at once, so that a flood of them can't outgrow the limit."""
GRACE = 1.5
"""Seconds for which `close` waits until what is queued is written."""


class Recorder:
    """Writes what it is given at once, deletes what is too old, and goes on after errors.

    An entry is written as soon as the thread gets to it, together with those queued meanwhile.
    What was written survives the end of the process. `written` and `dropped` count entries.
    `trouble` says what is wrong and what to do, empty if all is well; `damaged`: where a damaged
    database was moved to, empty if none was. All may be read on any thread.
    """

    def __init__(
        self,
        path: Path,
        limits: RetentionLimits,
        now: Callable[[], Stamp],
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Start the thread. `now`: the machine's time. `log` gets warnings, on that thread."""
        self.path = path
        self.written = 0
        self.dropped = 0
        self.trouble = ""
        self.damaged = ""
        self._retention = Retention(limits)
        self._now = now
        self._log = log
        self._lock = threading.Lock()
        self._queue: deque[MemoryEntry] = deque()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._backoff = Backoff(0.5)
        self._store: MemoryStore | None = None
        self._prune_at = 0.0
        self._unpruned = 0
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def limits(self) -> RetentionLimits:
        """How long entries are kept."""
        return self._retention.limits

    @limits.setter
    def limits(self, limits: RetentionLimits) -> None:
        self._retention.limits = limits

    def add(self, entry: MemoryEntry) -> None:
        """Queue an entry; never waits for the disk."""
        with self._lock:
            self._queue.append(entry)
            self._drop_oldest()
        self._wake.set()

    def close(self) -> None:
        """Write what is queued, and stop."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(GRACE)

    def _run(self) -> None:
        while True:
            wait = self._step()
            if self._stopped.is_set() and (wait or not self._queue):
                break
            if wait:
                # New entries must not make one failure follow another at once.
                (self._stopped if self.trouble else self._wake).wait(wait)
                self._wake.clear()
        if self._store:
            self._store.close()

    def _step(self) -> float:
        """Do what is due; return for how many seconds there is nothing more to do."""
        try:
            store = self._store or self._open()
            if self._queue:
                self._write(store)
                self._prune(store)
                return 0.0
            return self._prune(store)
        except DamagedDatabaseError as error:
            return self._replace(str(error))
        except sqlite3.Error as error:
            return self._replace(str(error)) if is_damage(error) else self._failed(str(error))
        except OSError as error:
            return self._failed(str(error))

    def _open(self) -> MemoryStore:
        self._store = MemoryStore(self.path)
        return self._store

    def _write(self, store: MemoryStore) -> None:
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        try:
            store.add(batch)
        except (sqlite3.Error, OSError):
            with self._lock:
                self._queue.extendleft(reversed(batch))
                self._drop_oldest()
            raise
        except Exception as error:  # noqa: BLE001 - what can't be stored must not stop the thread
            self.dropped += len(batch)
            self._log(f"{len(batch)} entries can't be stored: {type(error).__name__}: {error}")
            return
        self.written += len(batch)
        self._unpruned += len(batch)
        if self._unpruned >= PRUNE_ENTRIES:
            self._prune_at = 0.0
        self._well()

    def _drop_oldest(self) -> None:
        while len(self._queue) > QUEUE_SIZE:
            self._queue.popleft()
            self.dropped += 1

    def _prune(self, store: MemoryStore) -> float:
        """Delete a chunk of what is too old or too much, if it is time to look."""
        left = self._prune_at - time.monotonic()
        if left > 0:
            return left
        if self._retention.prune(store, self._now(), time.monotonic()):
            return 0.0
        self._prune_at = time.monotonic() + PRUNE_PERIOD
        self._unpruned = 0
        self._well()
        return PRUNE_PERIOD

    def _well(self) -> None:
        self.trouble = ""
        self._backoff.reset()

    def _failed(self, error: str) -> float:
        trouble = (
            f"the memory can't be written to {self.path}: {error}. Free space on its disk or lower "
            "memory_megabytes, and check that its folder may be written; meanwhile the newest "
            f"{QUEUE_SIZE} entries wait here"
        )
        if trouble != self.trouble:
            self._log(trouble)
        self.trouble = trouble
        return self._backoff.failed()

    def _replace(self, error: str) -> float:
        """Move the damaged database aside and begin a new one."""
        if self._store:
            self._store.close()
            self._store = None
        try:
            self.damaged = str(move_aside(self.path, datetime.now()))
        except OSError as moving:
            return self._failed(f"{error}, and it can't be moved aside: {moving}")
        self._log(
            f"the memory at {self.path} can't be used ({error}): moved to {self.damaged}, and a "
            "new one is begun. `sqlite3 <file> .recover` may save what is in the old one"
        )
        return 0.01
