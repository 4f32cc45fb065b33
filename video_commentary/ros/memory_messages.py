"""Messages to the memory's entries, and entries to messages."""

from __future__ import annotations

import array

from video_commentary.msg import Commentary, Event, MemoryCount
from video_commentary.msg import MemoryEntry as MemoryEntryMessage

from ...core.stamp import Stamp
from ...memory.entry import ANSWER, COMMENT, EVENT, MemoryEntry
from ...memory.event_words import event_sentence
from ...memory.filters import FOREVER
from ...memory.reader import FactCount
from ...ros.fact_messages import event_facts
from ...ros.messages import comment
from ...ros.time import from_stamp, to_stamp


def comment_entry(message: Commentary) -> MemoryEntry | None:
    """Return a comment or answer as an entry; None if it is not finished or has no words.

    Its `time` is its stamp still.
    """
    said = comment(message)
    if not said.final or not said.text:
        return None
    return MemoryEntry(
        kind=ANSWER if said.question else COMMENT,
        stamp=said.newest,
        time=said.newest,
        camera=said.camera,
        text=said.text,
        question=said.question,
    )


def event_entry(message: Event) -> MemoryEntry:
    """Return an event as an entry. Its `time` is its stamp still."""
    facts = event_facts(message)
    (claim,) = facts.events
    return MemoryEntry(
        kind=EVENT,
        stamp=facts.stamp,
        time=facts.stamp,
        camera=facts.camera,
        text=event_sentence(claim.kind, claim.who, claim.where, claim.count, claim.colour),
        event=claim.kind,
        who=claim.who,
        where=claim.where,
        count=claim.count,
        at_least=claim.at_least,
        colour=claim.colour,
    )


def entry_message(entry: MemoryEntry) -> MemoryEntryMessage:
    """Return an entry as a message."""
    return MemoryEntryMessage(
        id=entry.id,
        kind=entry.kind,
        stamp=from_stamp(entry.stamp),
        time=from_stamp(entry.time),
        camera=entry.camera,
        text=entry.text,
        question=entry.question,
        event=entry.event,
        who=entry.who,
        where=entry.where,
        count=-1 if entry.count is None else entry.count,
        at_least=entry.at_least,
        colour=entry.colour,
        # An array is assigned as it is; bytes are checked element by element (rosidl_python#156).
        thumbnail=array.array("B", entry.thumbnail),
    )


def count_message(count: FactCount) -> MemoryCount:
    """Return how often something happened as a message."""
    return MemoryCount(
        event=count.event,
        who=count.who,
        times=count.times,
        count=count.count,
        at_least=count.at_least,
    )


def bounds(request: object) -> tuple[Stamp, Stamp]:
    """Return `start` and `end` of a request; 0 and FOREVER where they are zero."""
    start, end = (to_stamp(getattr(request, name)) for name in ("start", "end"))
    return start, end or FOREVER
