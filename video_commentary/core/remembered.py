"""What a memory has found for a question about the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .location import location_words
from .memory_entry import MemoryEntry
from .stamp import NANOSECONDS, Stamp

MAX_LINES = 12
"""Entries that a prompt lists."""
_NAMED = 3


@dataclass(frozen=True)
class Remembered:
    """The memory's answer and the entries it rests on, the most relevant first.

    `answer`: worded by templates, with the times of its entries. `now`: nanoseconds since 1970.
    """

    answer: str
    entries: tuple[MemoryEntry, ...] = ()
    now: Stamp = 0

    @property
    def stamp(self) -> Stamp:
        """The newest stamp of the entries, by the camera's clock; 0 if there are none."""
        return max((entry.stamp for entry in self.entries), default=0)

    def lines(self) -> list[str]:
        """Return the entries as dated lines for a prompt, the oldest first, with their places."""
        chosen = sorted(self.entries[:MAX_LINES], key=lambda entry: entry.time)
        return [
            f"{_local(entry.time):%A %d %B, %H:%M}{_place(entry)}: {entry.text}" for entry in chosen
        ]

    def present(self) -> str:
        """Return the present as the lines name times."""
        return f"{_local(self.now):%A %d %B, %H:%M}"

    def unnamed(self, text: str) -> str:
        """Return the times to add to an answer that names none of its entries; else empty."""
        moments = [_local(entry.time) for entry in self.entries]
        if not moments or any(f"{moment:%H:%M}" in text for moment in moments):
            return ""
        today = _local(self.now).date()
        days = ("" if moment.date() == today else f"{moment:%A} " for moment in moments)
        named = (f"{day}{moment:%H:%M}" for day, moment in zip(days, moments, strict=True))
        times = list(dict.fromkeys(named))
        more = " and more" if len(times) > _NAMED else ""
        return f" ({', '.join(times[:_NAMED])}{more})"


def memory_question(question: str, remembered: Remembered) -> Sequence[str]:
    """Return the lines of a prompt that has a question about the past answered."""
    return (
        f"It is {remembered.present()}. What the memory has found, by date and time:",
        *(f"- {line}" for line in remembered.lines()),
        f"In short: {remembered.answer}",
        f"Question about the past from the viewer: {question}\n"
        "Answer it from these lines alone, in one or two sentences, and name the times.",
    )


def _place(entry: MemoryEntry) -> str:
    """Return where the robot was, to follow a time; empty if unknown."""
    words = location_words(entry.location) if entry.location else ""
    return f", the robot {words}" if words else ""


def _local(time: Stamp) -> datetime:
    return datetime.fromtimestamp(time // NANOSECONDS)
