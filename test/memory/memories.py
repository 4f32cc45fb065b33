"""Entries for the memory's tests, at readable times."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from video_commentary.core.memory_entry import ANSWER, COMMENT, EVENT, MemoryEntry
from video_commentary.memory.clock_words import to_time
from video_commentary.memory.event_words import event_sentence
from video_commentary.memory.reader import reading
from video_commentary.memory.recall import recall
from video_commentary.memory.recall_items import RecallRequest, Recollection
from video_commentary.memory.store import MemoryStore

ZONE = timezone.utc


def at(clock: str, day: int = 12) -> int:
    """Return a time of March 2026 in nanoseconds, from "14:02"; the 12th is a Thursday."""
    return to_time(moment(clock, day))


def moment(clock: str, day: int = 12) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=ZONE)


def comment(text: str, time: int, **fields: Any) -> MemoryEntry:
    values: dict[str, Any] = {
        "kind": COMMENT,
        "stamp": time,
        "time": time,
        "text": text,
        "camera": "front",
    }
    return MemoryEntry(**(values | fields))


def answer(text: str, time: int, question: str) -> MemoryEntry:
    return comment(text, time, kind=ANSWER, question=question)


def event(kind: str, who: str, time: int, **fields: Any) -> MemoryEntry:
    where, count, colour = (fields.get(name) for name in ("where", "count", "colour"))
    text = event_sentence(kind, who, where or "", count, colour or "")
    return comment(text, time, kind=EVENT, event=kind, who=who, **fields)


def filled(path: Path, *entries: MemoryEntry) -> Path:
    """Store entries, in this order; return the path."""
    store = MemoryStore(path)
    store.add(entries)
    store.close()
    return path


def ask(path: Path, question: str, **bounds: int) -> Recollection:
    """Ask the memory a question at 14:30."""
    with reading(path) as reader:
        return recall(reader, RecallRequest(question=question, **bounds), at("14:30"), ZONE)
