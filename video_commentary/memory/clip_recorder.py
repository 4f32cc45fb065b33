"""The thread that writes clips; nobody waits for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from ..core.backoff import Backoff
from ..core.clip import RecordedClip
from ..core.memory_entry import MemoryEntry
from .clip_buffer import CutClip
from .clip_store import ClipStore

MAX_WAITING = 8
"""Clips that may wait for the disk; then the oldest of them are dropped."""
GRACE = 1.5
"""Seconds for which `close` waits until what is queued is written."""


class ClipRecorder:
    """Writes the clips it is given, and tries again while the disk can't be written.

    `written` and `dropped` count clips. `trouble` says what is wrong and what to do, empty if all
    is well. All may be read on any thread.
    """

    def __init__(
        self,
        store: ClipStore,
        *,
        format: str,
        max_waiting_size: int,
        entry_id: Callable[[MemoryEntry], int],
        on_written: Callable[[RecordedClip], None],
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Start the thread. `format`: one of `CLIP_FORMATS`.

        `max_waiting_size`: bytes that may wait beside one clip. `entry_id` returns the id of an
        alert's entry, 0 if it is not there; `on_written` gets each clip, `log` warnings. They are
        called on that thread.
        """
        self.written = 0
        self.dropped = 0
        self.trouble = ""
        self._store = store
        self._format = format
        self._max_waiting_size = max_waiting_size
        self._entry_id = entry_id
        self._on_written = on_written
        self._log = log
        self._opened = False
        self._lock = threading.Lock()
        self._queue: deque[CutClip] = deque()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._backoff = Backoff(0.5)
        self._thread = threading.Thread(target=self._run, name="clips", daemon=True)
        self._thread.start()

    def add(self, cut: CutClip) -> None:
        """Queue a clip; never waits for the disk."""
        with self._lock:
            self._queue.append(cut)
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
                return
            if wait is None:
                self._wake.wait()
                self._wake.clear()
            elif wait:
                self._stopped.wait(wait)

    def _step(self) -> float | None:
        """Do what is due; return the seconds to wait then, None until there is a clip."""
        try:
            if not self._opened:
                self._store.open()
                self._opened = True
                self.trouble = ""
            with self._lock:
                cut = self._queue.popleft() if self._queue else None
            if cut is None:
                return None
            self._write(cut)
        except OSError as error:
            return self._failed(str(error))
        return 0.0

    def _write(self, cut: CutClip) -> None:
        alert = cut.order.alert
        try:
            clip = self._store.add(cut, self._format, self._entry_id(alert) if alert else 0)
        except OSError:
            with self._lock:
                self._queue.appendleft(cut)
                self._drop_oldest()
            raise
        except Exception as error:  # noqa: BLE001 - what can't be written must not stop the thread
            self.dropped += 1
            self.trouble = f"the clip {cut.order.id} can't be written: {error}"
            self._log(self.trouble)
            return
        self.written += 1
        self.trouble = ""
        self._backoff.reset()
        self._on_written(clip)

    def _drop_oldest(self) -> None:
        def too_many() -> bool:
            size = sum(cut.contents.size for cut in self._queue)
            return len(self._queue) > MAX_WAITING or size > self._max_waiting_size

        while len(self._queue) > 1 and too_many():
            self._queue.popleft()
            self.dropped += 1

    def _failed(self, error: str) -> float:
        trouble = (
            f"clips can't be written to {self._store.root}: {error}. Free space on its disk or "
            "lower clip_disk_megabytes, and check that its folder may be written; meanwhile the "
            "newest ones wait here"
        )
        if trouble != self.trouble:
            self._log(trouble)
        self.trouble = trouble
        return self._backoff.failed()
