"""Reading entries: pages of them, searches, and the facts that answers are made from."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.location import GeoFix, Location, PlanarPose
from ..core.memory_entry import ENTRY_KINDS, MemoryEntry
from ..core.stamp import Stamp
from .database import open_for_reading
from .filters import EVERYTHING, EntryFilter, FactFilter, where

MAX_SECONDS = 5.0
"""After which a query is stopped."""
_STEPS = 20_000
"""Of SQLite's virtual machine between two looks at the clock."""
_COLUMNS = (
    "e.id, e.kind, e.stamp, e.time, e.camera, e.text, e.question, e.event, e.who, e.place, "
    "e.count, e.at_least, e.colour, e.place_name, e.frame, e.x, e.y, e.yaw, e.latitude, e.longitude"
)
_NAMES = "id kind stamp time camera text question event who where count at_least colour"
_FIELDS = tuple(_NAMES.split())
_LOCATION = 7
"""Columns of where the robot was."""
_JPEG = ", (SELECT jpeg FROM thumbnails WHERE id = e.thumbnail)"


class MemoryReadError(Exception):
    """The memory can't be read; the message says what to do."""


@dataclass(frozen=True)
class Page:
    """Entries, the newest first; `cursor` gets the next page, empty at the end."""

    entries: tuple[MemoryEntry, ...]
    cursor: str


@dataclass(frozen=True, kw_only=True)
class FactCount:
    """How often an event happened: `times` by itself, `count` with how many took part in each."""

    event: str
    who: str
    times: int
    count: int
    at_least: bool


class MemoryReader:
    """Reads the database; for one thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def page(
        self,
        chosen: EntryFilter = EVERYTHING,
        *,
        limit: int,
        cursor: str = "",
        thumbnails: bool = False,
    ) -> Page:
        """Return up to `limit` entries, the newest first, and what gets those after them.

        Raise ValueError if `cursor` is none of ours.
        """
        condition, values = where(chosen, cursor)
        searched = bool(chosen.words)
        # CROSS keeps SQLite from looking up each entry's words, and lets it stop at the limit.
        source = "words CROSS JOIN entries e ON e.id = words.rowid" if searched else "entries e"
        order = "words.rowid DESC" if searched else "e.time DESC, e.id DESC"
        if searched and chosen.start > 0:
            condition += " AND words.rowid BETWEEN ? AND ?"
            values = (*values, *self._ids(chosen.start, chosen.end))
        columns = _COLUMNS + (_JPEG if thumbnails else "")
        rows = self._connection.execute(
            f"SELECT {columns} FROM {source} WHERE {condition} ORDER BY {order} LIMIT ?",  # noqa: S608
            (*values, limit + 1),
        ).fetchall()
        entries = tuple(_entry(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(entries, f"{entries[-1].time}-{entries[-1].id}" if more else "")

    def after(self, id: int, limit: int, thumbnails: bool = False) -> list[MemoryEntry]:
        """Return the first `limit` entries stored after the one with this id, oldest first."""
        columns = _COLUMNS + (_JPEG if thumbnails else "")
        rows = self._connection.execute(
            f"SELECT {columns} FROM entries e WHERE e.id > ? ORDER BY e.id LIMIT ?",  # noqa: S608
            (id, limit),
        )
        return [_entry(row) for row in rows]

    def facts(self, chosen: FactFilter, limit: int, newest: bool = True) -> list[MemoryEntry]:
        """Return up to `limit` events, the newest or the oldest first."""
        condition, values = chosen.condition()
        order = "DESC" if newest else "ASC"
        by = f"ORDER BY e.time {order}, e.id {order}"
        # The inner query reads an index only.
        rows = self._connection.execute(
            f"SELECT {_COLUMNS}{_JPEG} FROM entries e WHERE e.id IN "  # noqa: S608
            f"(SELECT e.id FROM {chosen.source} WHERE {condition} {by} LIMIT ?) {by}",
            (*values, limit),
        )
        return [_entry(row) for row in rows]

    def count_facts(self, chosen: FactFilter) -> list[FactCount]:
        """Return how often each event happened to whom, the most frequent first."""
        condition, values = chosen.condition()
        rows = self._connection.execute(
            "SELECT e.event, e.who, count(*) AS times, sum(coalesce(e.count, 1)), "  # noqa: S608
            f"max(e.at_least) FROM {chosen.source} WHERE {condition} "
            "GROUP BY e.event, e.who ORDER BY times DESC, e.event, e.who",
            values,
        )
        return [
            FactCount(event=event, who=who, times=times, count=count, at_least=bool(least))
            for event, who, times, count, least in rows
        ]

    def knows(self, who: str) -> bool:
        """Return whether there is an event of this noun."""
        chosen = FactFilter(who=(who,))
        condition, values = chosen.condition()
        statement = f"SELECT 1 FROM {chosen.source} WHERE {condition} LIMIT 1"  # noqa: S608
        return self._connection.execute(statement, values).fetchone() is not None

    def count_kinds(self, start: Stamp, end: Stamp) -> dict[str, int]:
        """Return how many entries of each kind there are between two times."""
        statement = "SELECT count(*) FROM entries WHERE kind = ? AND time BETWEEN ? AND ?"
        counts = {
            kind: int(self._connection.execute(statement, (kind, start, end)).fetchone()[0])
            for kind in ENTRY_KINDS
        }
        return {kind: count for kind, count in counts.items() if count}

    def oldest_time(self) -> Stamp | None:
        """Return when the memory begins, None if it is empty."""
        found = self._connection.execute("SELECT min(time) FROM entries").fetchone()[0]
        return None if found is None else int(found)

    def last_time(self, kind: str, before: Stamp) -> Stamp | None:
        """Return the time of the newest entry of a kind before a time, None if there is none."""
        statement = "SELECT max(time) FROM entries WHERE kind = ? AND time < ?"
        found = self._connection.execute(statement, (kind, before)).fetchone()[0]
        return None if found is None else int(found)

    def _ids(self, start: Stamp, end: Stamp) -> tuple[int, int]:
        """Return the least and the greatest id of entries between two times."""
        statement = "SELECT min(id), max(id) FROM entries WHERE time BETWEEN ? AND ?"
        low, high = self._connection.execute(statement, (start, end)).fetchone()
        return low or 0, high or 0


@contextmanager
def reading(
    path: Path, clock: Callable[[], float] = time.monotonic, seconds: float = MAX_SECONDS
) -> Iterator[MemoryReader]:
    """Give a reader of the database at `path`, for the length of a block.

    Raise MemoryReadError, also for what fails in the block, and if it takes over `seconds`.
    """
    deadline = clock() + seconds
    try:
        connection = open_for_reading(path)
    except sqlite3.Error as error:
        raise MemoryReadError(f"the memory at {path} can't be opened: {error}") from None
    connection.set_progress_handler(lambda: clock() > deadline, _STEPS)
    try:
        yield MemoryReader(connection)
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            raise MemoryReadError(
                f"that took over {seconds:g} s: ask about a shorter time, with from and to"
            ) from None
        raise MemoryReadError(f"the memory at {path} can't be read: {error}") from None
    finally:
        connection.close()


def search_words(text: str) -> str:
    """Return a text as FTS5 takes it: entries with all of its words; empty if it has none."""
    return " ".join(f'"{word}"' for word in re.findall(r"\w+", text))


def _entry(row: tuple[object, ...]) -> MemoryEntry:
    columns = len(_FIELDS)
    fields: dict[str, Any] = dict(zip(_FIELDS, row, strict=False))
    fields["at_least"] = bool(fields["at_least"])
    fields["location"] = _location(*row[columns : columns + _LOCATION])
    picture = row[columns + _LOCATION :]
    fields["thumbnail"] = (picture[0] if picture else None) or b""
    return MemoryEntry(**fields)


def _location(
    name: Any, frame: Any, x: Any, y: Any, yaw: Any, latitude: Any, longitude: Any
) -> Location | None:
    pose = PlanarPose(frame=frame, x=x, y=y, yaw=yaw) if frame else None
    fix = None if latitude is None else GeoFix(latitude=latitude, longitude=longitude)
    return Location(name=name, pose=pose, fix=fix) if pose or fix else None
