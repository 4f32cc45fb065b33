"""Which entries are meant, as conditions of SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.memory_entry import EVENT
from ..core.stamp import Stamp

FOREVER: Stamp = 2**63 - 1
"""A time after all others."""
_CURSOR = re.compile(r"(-?\d{1,19})-(\d{1,19})")


@dataclass(frozen=True, kw_only=True)
class EntryFilter:
    """Entries of a time, kind and wording; `located`: only those with where the robot was.

    `start`, `end`: inclusive, nanoseconds. `kinds`: all kinds if empty. `words`: an FTS5 query,
    as `search_words` makes it; empty for any words.
    """

    start: Stamp = 0
    end: Stamp = FOREVER
    kinds: tuple[str, ...] = ()
    words: str = ""
    located: bool = False


EVERYTHING = EntryFilter()


@dataclass(frozen=True, kw_only=True)
class FactFilter:
    """Events: of whom, of what kind, when. Empty or None means any.

    `but`: nouns that don't count, where `who` is empty.
    """

    start: Stamp = 0
    end: Stamp = FOREVER
    who: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    where: str = ""
    colours: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What to read entries `e` from: the table, by the index that suits."""
        return f"entries e INDEXED BY {'events_by_who' if self.who else 'events_by_time'}"

    def condition(self) -> tuple[str, tuple[str | int, ...]]:
        """Return the condition for entries `e`, and its values."""
        parts = [f"e.kind = '{EVENT}'", "e.time BETWEEN ? AND ?"]
        values: list[str | int] = [self.start, self.end]
        for column, wanted, operator in (
            ("who", self.who, "IN"),
            ("who", self.but, "NOT IN"),
            ("event", self.events, "IN"),
            ("colour", self.colours, "IN"),
        ):
            if wanted:
                parts.append(f"e.{column} {operator} ({_marks(wanted)})")
                values += wanted
        if self.where:
            parts.append("e.place = ?")
            values.append(self.where)
        return " AND ".join(parts), tuple(values)


def where(chosen: EntryFilter, cursor: str) -> tuple[str, tuple[str | int, ...]]:
    """Return the condition for entries `e` that come after `cursor`, and its values.

    Raise ValueError if `cursor` is none of ours.
    """
    parts: list[str] = []
    values: list[str | int] = []
    if chosen.words:
        parts.append("words MATCH ?")
        values.append(chosen.words)
    if chosen.start > 0 or chosen.end < FOREVER:
        parts.append("e.time BETWEEN ? AND ?")
        values += (chosen.start, chosen.end)
    if chosen.kinds:
        parts.append(f"e.kind IN ({_marks(chosen.kinds)})")
        values += chosen.kinds
    if chosen.located:
        parts.append("(e.frame <> '' OR e.latitude IS NOT NULL)")
    if cursor:
        time, id = _read_cursor(cursor)
        if chosen.words:
            parts.append("words.rowid < ?")
            values.append(id)
        else:
            parts.append("(e.time, e.id) < (?, ?)")
            values += (time, id)
    return " AND ".join(parts) or "1", tuple(values)


def _read_cursor(cursor: str) -> tuple[int, int]:
    found = _CURSOR.fullmatch(cursor)
    if not found or max(map(int, found.groups())) > FOREVER:
        raise ValueError(f"cursor: {cursor!r} is not one that an earlier page gave")
    return int(found[1]), int(found[2])


def _marks(values: tuple[str, ...]) -> str:
    return ",".join("?" * len(values))
