"""The thread that writes clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.clip import RecordedClip
from ..core.memory_entry import MemoryEntry
from .clip_buffer import CutClip
from .clip_store import ClipStore
from .disk_writer import DiskWriter

MAX_WAITING = 8
"""Clips that may wait for the disk; then the oldest of them are dropped."""


class ClipRecorder(DiskWriter[CutClip]):
    """Writes clips one by one, and announces each."""

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
        self._store = store
        self._format = format
        self._max_waiting_size = max_waiting_size
        self._entry_id = entry_id
        self._on_written = on_written
        self._opened = False
        super().__init__("clips", log)

    def _step(self) -> None:
        if not self._opened:
            self._store.open()
            self._opened = True
            self._well()
        stored: list[RecordedClip] = []
        self._write_next(1, lambda cuts: stored.extend(map(self._store_clip, cuts)))
        for clip in stored:
            self._on_written(clip)

    def _store_clip(self, cut: CutClip) -> RecordedClip:
        alert = cut.order.alert
        return self._store.add(cut, self._format, self._entry_id(alert) if alert else 0)

    def _too_many(self, waiting: Sequence[CutClip]) -> bool:
        size = sum(cut.contents.size for cut in waiting)
        return len(waiting) > MAX_WAITING or (len(waiting) > 1 and size > self._max_waiting_size)

    def _disk_trouble(self, error: str) -> str:
        return (
            f"clips can't be written to {self._store.root}: {error}. Free space on its disk or "
            "lower clip_disk_megabytes, and check that its folder may be written; meanwhile the "
            "newest ones wait here"
        )

    def _drop_unwritable(self, items: Sequence[CutClip], error: Exception) -> None:
        self.trouble = f"the clip {items[0].order.id} can't be written: {error}"
        self._log(self.trouble)
