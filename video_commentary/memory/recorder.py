"""The thread that writes entries."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from ..core.memory_entry import MemoryEntry
from ..core.stamp import Stamp
from .database import DamagedDatabaseError, is_damage, move_aside
from .disk_writer import DiskWriter
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


class Recorder(DiskWriter[MemoryEntry]):
    """Writes what it is given at once, deletes what is too old, and goes on after errors.

    An entry is written as soon as the thread gets to it, together with those queued meanwhile.
    What was written survives the end of the process. `damaged`: where a damaged database was moved
    to, empty if none was; may be read on any thread.
    """

    disk_errors = (OSError, sqlite3.Error)

    def __init__(
        self,
        path: Path,
        limits: RetentionLimits,
        now: Callable[[], Stamp],
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Start the thread. `now`: the machine's time. `log` gets warnings, on that thread."""
        self.path = path
        self.damaged = ""
        self._retention = Retention(limits)
        self._now = now
        self._store: MemoryStore | None = None
        self._prune_at = 0.0
        self._unpruned = 0
        super().__init__("recorder", log)

    @property
    def limits(self) -> RetentionLimits:
        """How long entries are kept."""
        return self._retention.limits

    @limits.setter
    def limits(self, limits: RetentionLimits) -> None:
        self._retention.limits = limits

    def _run(self) -> None:
        super()._run()
        if self._store:
            self._store.close()

    def _step(self) -> float:
        try:
            store = self._store or self._open()
            self._unpruned += self._write_next(BATCH, store.add)
            if self._unpruned >= PRUNE_ENTRIES:
                self._prune_at = 0.0
            return self._prune(store)
        except DamagedDatabaseError as error:
            return self._replace(str(error))
        except sqlite3.Error as error:
            if is_damage(error):
                return self._replace(str(error))
            raise

    def _open(self) -> MemoryStore:
        self._store = MemoryStore(self.path)
        return self._store

    def _too_many(self, waiting: Sequence[MemoryEntry]) -> bool:
        return len(waiting) > QUEUE_SIZE

    def _disk_trouble(self, error: str) -> str:
        return (
            f"the memory can't be written to {self.path}: {error}. Free space on its disk or lower "
            "memory_megabytes, and check that its folder may be written; meanwhile the newest "
            f"{QUEUE_SIZE} entries wait here"
        )

    def _drop_unwritable(self, items: Sequence[MemoryEntry], error: Exception) -> None:
        self._log(f"{len(items)} entries can't be stored: {type(error).__name__}: {error}")

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

    def _replace(self, error: str) -> float:
        """Move the damaged database aside and begin a new one."""
        if self._store:
            self._store.close()
            self._store = None
        try:
            self.damaged = str(move_aside(self.path, datetime.now()))
        except OSError as moving:
            raise OSError(f"{error}, and it can't be moved aside: {moving}") from moving
        self._log(
            f"the memory at {self.path} can't be used ({error}): moved to {self.damaged}, and a "
            "new one is begun. `sqlite3 <file> .recover` may save what is in the old one"
        )
        return 0.01
