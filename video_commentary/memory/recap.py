"""What happened in a time: a paragraph, and the numbers it is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..core.facts import STATE_KINDS
from ..core.memory_entry import ALERT, ANSWER, COMMENT, MemoryEntry
from ..core.stamp import Stamp
from .clock_words import at_words, number_words, to_datetime
from .event_words import event_summary
from .filters import EntryFilter, FactFilter
from .reader import FactCount, MemoryReader
from .sentences import sentence

NOTHING_HAPPENED = "Nothing happened."
_NAMED = 6
"""Kinds of events that the paragraph names."""
_UNINTERESTING = frozenset({"opens", "cut", *STATE_KINDS})
"""How things stood, and a picture that changed at once: counted, but not named."""


@dataclass(frozen=True)
class RecapSummary:
    """What happened: `text`, how many entries there are of each kind, and each event's counts.

    `entries`: those that the text quotes or rests on, the newest first.
    """

    text: str
    kinds: dict[str, int]
    facts: tuple[FactCount, ...]
    entries: tuple[MemoryEntry, ...]


def recap(
    reader: MemoryReader, start: Stamp, end: Stamp, now: datetime, limit: int = 10
) -> RecapSummary:
    """Return what happened between two times. `now`: aware, in the time zone of the text.

    Raise what `reader` raises.
    """
    kinds = reader.count_kinds(start, end)
    facts = tuple(reader.count_facts(FactFilter(start=start, end=end)))
    chosen = EntryFilter(start=start, end=end)
    entries = reader.page(chosen, limit=limit, thumbnails=True).entries
    named = [fact for fact in facts if fact.event not in _UNINTERESTING][:_NAMED]
    told = [event_summary(fact.event, fact.who, fact.count, fact.at_least) for fact in named]
    sentences = [_listed(told)] if told else []
    for kind, introduction in ((ALERT, "alert"), (COMMENT, "comment")):
        newest = reader.page(EntryFilter(start=start, end=end, kinds=(kind,)), limit=1).entries
        if newest:
            at = at_words(to_datetime(newest[0].time, now.tzinfo), now)
            sentences.append(f"The last {introduction}, {at}: “{newest[0].text}”")
    if count := kinds.get(ANSWER):
        questions = "one question was" if count == 1 else f"{number_words(count)} questions were"
        sentences.append(f"{questions} answered")
    text = " ".join(map(sentence, sentences)) or NOTHING_HAPPENED
    return RecapSummary(text, kinds, facts, entries)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
