"""What the bridge asks of the memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ..core.memory_entry import MemoryEntry


class MemoryRequestError(Exception):
    """The memory gives no answer; the message says what to do. `away`: it can't be reached."""

    def __init__(self, message: str, away: bool = False) -> None:
        super().__init__(message)
        self.away = away


@dataclass(frozen=True, kw_only=True)
class HistoryQuery:
    """Which entries are wanted.

    `start`, `end`: seconds, 0 for any. `kinds`: all if empty. `words`: that must occur.
    `cursor`: from the page before. `after`: if not 0, entries stored after the one with this id,
    the oldest first.
    """

    start: float = 0.0
    end: float = 0.0
    kinds: tuple[str, ...] = ()
    words: str = ""
    cursor: str = ""
    after: int = 0
    limit: int = 50
    thumbnails: bool = False


@dataclass(frozen=True)
class HistoryPage:
    """Entries, the newest first; `cursor` gets the next page, empty at the end."""

    entries: tuple[MemoryEntry, ...]
    cursor: str


@dataclass(frozen=True)
class RecallAnswer:
    """An answer about the past, and the entries that it rests on."""

    text: str
    entries: tuple[MemoryEntry, ...]


@dataclass(frozen=True, kw_only=True)
class EventTally:
    """How often something happened: `times` events, in which `count` of `who` took part."""

    event: str
    who: str
    times: int
    count: int
    at_least: bool


@dataclass(frozen=True, kw_only=True)
class RecapAnswer:
    """What happened from `start` to `end`, in seconds: in a paragraph and in numbers.

    `kinds`: how many entries there are of each kind. `entries`: the newest.
    """

    text: str
    start: float
    end: float
    kinds: Mapping[str, int]
    counts: tuple[EventTally, ...]
    entries: tuple[MemoryEntry, ...]


class Memory(Protocol):
    """The memory node. Its coroutines may be awaited on any event loop."""

    async def history(self, query: HistoryQuery) -> HistoryPage:
        """Return a page of entries. Raise MemoryRequestError."""
        ...

    async def recall(self, question: str, start: float, end: float, limit: int) -> RecallAnswer:
        """Answer a question about the past; `start`, `end`: seconds, 0 for any.

        Raise MemoryRequestError.
        """
        ...

    async def recap(self, period: str, start: float, end: float) -> RecapAnswer:
        """Return what happened in a `period` in plain words, or from `start` to `end`, seconds.

        Raise MemoryRequestError.
        """
        ...
