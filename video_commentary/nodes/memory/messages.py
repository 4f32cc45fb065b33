"""Messages to the memory's entries, and what it counts to messages."""

from __future__ import annotations

from video_commentary.msg import Alert, Commentary, Event, MemoryCount

from ...core.memory_entry import ALERT, ANSWER, COMMENT, EVENT, MemoryEntry
from ...core.stamp import Stamp
from ...memory.event_words import event_sentence
from ...memory.filters import FOREVER
from ...memory.reader import FactCount
from ...ros.fact_messages import event_facts
from ...ros.messages import comment
from ...ros.time import to_stamp


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


def alert_entry(message: Alert) -> MemoryEntry:
    """Return an alert as an entry, with its own thumbnail. Its `time` is its stamp still."""
    stamp = to_stamp(message.header.stamp)
    return MemoryEntry(
        kind=ALERT,
        stamp=stamp,
        time=stamp,
        camera=message.header.frame_id,
        text=message.text,
        thumbnail=bytes(message.thumbnail),
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
