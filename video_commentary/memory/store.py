"""Writing entries to the database, and deleting the oldest."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.location import Location
from ..core.memory_entry import MemoryEntry
from ..core.stamp import Stamp
from .database import open_for_writing, size_on_disk

CHUNK = 500
"""Entries deleted in one transaction: readers and new entries never wait long."""
_KNOWN_THUMBNAILS = 32
"""Thumbnails that further entries may share: those about the same picture come together."""
_INSERT = """
INSERT INTO entries (kind, stamp, time, camera, text, question, event, who, place, count, at_least,
                     colour, place_name, frame, x, y, yaw, latitude, longitude, thumbnail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class MemoryStore:
    """The one writer of a database; for one thread."""

    def __init__(self, path: Path) -> None:
        """Open the database; raise what `open_for_writing` raises."""
        self._path = path
        self._connection = open_for_writing(path)
        self._thumbnails: OrderedDict[bytes, int] = OrderedDict()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return size_on_disk(self._path)

    def add(self, entries: Iterable[MemoryEntry]) -> None:
        """Store entries: all of them, or none. Raise sqlite3.Error.

        Once this returns, they survive the end of the process, however it comes.
        """
        known = OrderedDict(self._thumbnails)
        with self._transaction() as connection:
            for entry in entries:
                connection.execute(_INSERT, (*_values(entry), self._thumbnail(known, entry)))
        self._thumbnails = known

    def delete_before(self, time: Stamp) -> int:
        """Delete up to `CHUNK` entries with an earlier time; return how many. Raise sqlite3.Error.

        Space that becomes free is given back to the disk.
        """
        return self._delete("SELECT id FROM entries WHERE time < ? ORDER BY time LIMIT ?", time)

    def delete_oldest(self) -> int:
        """Delete the up to `CHUNK` entries that were stored first; return how many.

        Raise sqlite3.Error.
        """
        return self._delete("SELECT id FROM entries ORDER BY id LIMIT ?")

    def _delete(self, chosen: str, *parameters: Stamp) -> int:
        with self._transaction() as connection:
            ids = [row[0] for row in connection.execute(chosen, (*parameters, CHUNK))]
            marks = ",".join("?" * len(ids))
            shown = connection.execute(
                f"SELECT DISTINCT thumbnail FROM entries WHERE id IN ({marks})",  # noqa: S608
                ids,
            ).fetchall()
            connection.execute(f"DELETE FROM entries WHERE id IN ({marks})", ids)  # noqa: S608
            connection.executemany(
                "DELETE FROM thumbnails WHERE id = ?1 "
                "AND NOT EXISTS (SELECT 1 FROM entries WHERE thumbnail = ?1)",
                [row for row in shown if row[0] is not None],
            )
        self._thumbnails.clear()
        # `execute` would stop after the first page. Without the checkpoint the file would not
        # shrink yet, and the log of all this would count as growth.
        self._connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
        return len(ids)

    def _thumbnail(self, known: OrderedDict[bytes, int], entry: MemoryEntry) -> int | None:
        if not entry.thumbnail:
            return None
        number = known.get(entry.thumbnail)
        if number is None:
            statement = "INSERT INTO thumbnails (jpeg) VALUES (?)"
            number = self._connection.execute(statement, (entry.thumbnail,)).lastrowid
            assert number is not None
            known[entry.thumbnail] = number
            while len(known) > _KNOWN_THUMBNAILS:
                known.popitem(last=False)
        return number

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite ends it by itself if the disk is full
                self._connection.execute("ROLLBACK")
            raise


def _values(entry: MemoryEntry) -> tuple[str | int | float | None, ...]:
    where = entry.location or Location()
    pose, fix = where.pose, where.fix
    return (
        entry.kind,
        entry.stamp,
        entry.time,
        entry.camera,
        entry.text,
        entry.question,
        entry.event,
        entry.who,
        entry.where,
        entry.count,
        int(entry.at_least),
        entry.colour,
        where.name,
        *((pose.frame, pose.x, pose.y, pose.yaw) if pose else ("", None, None, None)),
        *((fix.latitude, fix.longitude) if fix else (None, None)),
    )
