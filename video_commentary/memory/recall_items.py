"""A question about the past, and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.memory_entry import MemoryEntry
from ..core.prompting import MAX_INSTRUCTION
from ..core.stamp import Stamp
from .filters import FOREVER

MAX_ENTRIES = 100
"""Named by one answer at most."""


@dataclass(frozen=True)
class Recollection:
    """An answer about the past, and the entries that it rests on: the most relevant first."""

    text: str
    entries: tuple[MemoryEntry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecallRequest:
    """A question about the past. `start`, `end`: bounds of its own, 0 and FOREVER for none.

    `limit`: entries to name at most. Raise ValueError, saying what is allowed.
    """

    question: str
    start: Stamp = 0
    end: Stamp = FOREVER
    limit: int = 10

    def __post_init__(self) -> None:
        if not self.question.strip() or len(self.question) > MAX_INSTRUCTION:
            raise ValueError(f"question: 1 to {MAX_INSTRUCTION} characters")
        if not 1 <= self.limit <= MAX_ENTRIES:
            raise ValueError(f"limit: 1 to {MAX_ENTRIES}, not {self.limit}")
        if self.start > self.end:
            raise ValueError("from: it is later than to")
