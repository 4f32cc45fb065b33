"""Answers to questions about the past, worded by templates from the facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import cached_property

from ..core.location import location_words, place_words
from ..core.memory_entry import ANSWER, COMMENT, MemoryEntry
from ..core.stamp import NANOSECONDS, Stamp
from .clock_words import ago_words, at_words, number_words, times_words, to_datetime, to_time
from .colour_words import UNKNOWN, same_colours
from .event_words import PLACE_WORDS
from .filters import EntryFilter, FactFilter
from .question import PastForm, PastQuestion, understand
from .reader import MemoryReader, search_words
from .recall_items import RecallRequest, Recollection
from .recap import NOTHING_HAPPENED, recap
from .sentences import quoted, sentence
from .vocabulary import ANYTHING, COMES, VEHICLES, Wanted

_PLACES = 3
"""That an answer says the robot was at."""
_COUNTED = replace(COMES, events=("enters", "opens"))
"""What counts where a question does not say what was done."""


def recall(
    reader: MemoryReader, request: RecallRequest, now: Stamp, zone: tzinfo | None = None
) -> Recollection:
    """Answer a question. `now`: this machine's time. `zone`: the answer's; None for this machine's.

    Raise what `reader` raises.
    """
    moment = to_datetime(now, zone)
    asked = reader.last_time(ANSWER, now)
    last_asked = None if asked is None else to_datetime(asked + NANOSECONDS, zone)
    question = understand(request.question, moment, reader.knows, last_asked)
    return _Answerer(reader, question, request, moment).answer()


class _Answerer:
    def __init__(
        self,
        reader: MemoryReader,
        question: PastQuestion,
        request: RecallRequest,
        now: datetime,
        colours: tuple[str, ...] = (),
    ) -> None:
        """`colours`: what facts must have instead of the question's colour."""
        self._reader = reader
        self._question = question
        self._request = request
        self._colours = colours or same_colours(question.colour)
        self._limit = request.limit
        self._now = now
        self._start, self._end = request.start, min(request.end, to_time(now) + NANOSECONDS)
        if question.span:
            start, end = question.span.bounds(now)
            self._start, self._end = max(self._start, start), min(self._end, end)

    def answer(self) -> Recollection:
        form = self._question.form
        if form is PastForm.HAPPENED:
            return self._happened()
        if form is PastForm.SAID:
            return self._said()
        if form is PastForm.ROBOT:
            return self._robot()
        if form is PastForm.MENTIONED or (
            self._question.wanted is None and self._question.verb is None
        ):
            return self._mentioned()
        facts = self._facts()
        if not facts:
            return self._without_facts()
        replies: dict[PastForm, Callable[[list[MemoryEntry]], str]] = {
            PastForm.COUNT: self._count,
            PastForm.WHERE: self._where,
            PastForm.FIRST: self._first,
            PastForm.LAST: self._last,
            PastForm.WHETHER: self._whether,
            PastForm.WHICH: self._which,
        }
        return Recollection(replies[form](facts) + self._begins(), tuple(facts))

    def _facts(self) -> list[MemoryEntry]:
        oldest_first = self._question.form is PastForm.FIRST
        return self._reader.facts(self._filter(), self._limit, newest=not oldest_first)

    @cached_property
    def _events(self) -> tuple[str, ...]:
        """The kinds of events that are asked about; empty for any.

        One vehicle that comes may be seen to enter and to approach, so where they are counted it is
        the kind with the most that counts.
        """
        counts = self._question.form in (PastForm.COUNT, PastForm.WHETHER)
        verb = self._question.verb or (_COUNTED if self._question.form is PastForm.COUNT else None)
        if verb is None:
            return ()
        wanted = self._question.wanted
        if not (verb.by_vehicles and wanted and set(wanted.who) & set(VEHICLES.who)):
            return verb.events
        if not counts:
            return (*verb.events, *verb.by_vehicles)
        groups = (verb.events, *((kind,) for kind in verb.by_vehicles))
        return max(groups, key=lambda group: self._total(self._filtered(group)))

    def _total(self, chosen: FactFilter) -> int:
        return sum(count.count for count in self._reader.count_facts(chosen))

    def _filter(self) -> FactFilter:
        return self._filtered(self._events)

    def _filtered(self, events: tuple[str, ...]) -> FactFilter:
        question = self._question
        who = question.wanted.who if question.wanted else ()
        if question.of_picture:
            who = ("camera",)
        return FactFilter(
            start=self._start,
            end=self._end,
            who=who,
            but=() if who else ("camera",),
            events=events,
            where=question.where,
            colours=self._colours,
        )

    def _count(self, facts: list[MemoryEntry]) -> str:
        counts = self._reader.count_facts(self._filter())
        total, times = sum(c.count for c in counts), sum(c.times for c in counts)
        least = "at least " if any(c.at_least for c in counts) else ""
        subject = f"{least}{number_words(total)} {self._noun(total)}"
        text = f"{subject} {self._past(total)}{self._when()}"
        if times == 1:
            return sentence(f"{text}, {self._at(facts[0])}")
        first = self._reader.facts(self._filter(), 1, newest=False)[0]
        return sentence(f"{text}: the first {self._at(first)}, the last {self._at(facts[0])}")

    def _where(self, facts: list[MemoryEntry]) -> str:
        fact = next((each for each in facts if each.location or each.where), facts[0])
        side = PLACE_WORDS.get(fact.where, "")
        if fact.location:
            seen, rest = location_words(fact.location), [side, fact.camera]
        else:
            seen, rest = side or "in view", [fact.camera]
        view = f" ({', '.join(filter(None, rest))})" if any(rest) else ""
        return sentence(
            f"the {self._noun(1)} was last seen {seen}{view}, {self._at(fact)}: {quoted(fact)}"
        )

    def _first(self, facts: list[MemoryEntry]) -> str:
        subject = f"the first {self._noun(1)}{self._did()}{self._when()}"
        return sentence(f"{subject} was {self._at(facts[0])}: {quoted(facts[0])}")

    def _last(self, facts: list[MemoryEntry]) -> str:
        ago = ago_words(self._now - to_datetime(facts[0].time, self._now.tzinfo))
        subject = f"the last {self._noun(1)}{self._did()}{self._when()}"
        return sentence(f"{subject} was {self._at(facts[0])}, {ago}: {quoted(facts[0])}")

    def _whether(self, facts: list[MemoryEntry]) -> str:
        times = sum(count.times for count in self._reader.count_facts(self._filter()))
        often = times_words(times)
        last = "" if times == 1 else "the last "
        return f"Yes, {often}{self._when()}: {last}{self._at(facts[0])}. {quoted(facts[0])}"

    def _which(self, facts: list[MemoryEntry]) -> str:
        told = "; ".join(f"{self._at(fact)}: {quoted(fact)}" for fact in facts[:3])
        return sentence(f"{self._when().strip()} {told}".strip())

    def _without_facts(self) -> Recollection:
        """Answer from the comments where no event fits, or from the colourless, and say so."""
        wanted = self._question.wanted
        found = self._search((COMMENT,)) if wanted and wanted is not ANYTHING else []
        if found:
            location = found[0].location if self._question.form is PastForm.WHERE else None
            where = f"{location_words(location)}, " if location else ""
            text = f"there is no such event{self._when()}, but a comment mentions it {where}"
            text = sentence(f"{text}{self._at(found[0])}: {quoted(found[0])}")
            return Recollection(text + self._begins(), tuple(found))
        if self._question.colour and (unclear := self._of_unclear_colour()):
            return unclear
        text = f"no {self._noun(0)} {self._past(0)}{self._when()}"
        if self._question.form is not PastForm.COUNT:
            subject = "nothing" if wanted in (None, ANYTHING) else f"no {self._noun(1)}"
            no = "No, " if self._question.form is PastForm.WHETHER else ""
            text = f"{no}{subject} {self._past(1)}{self._when()}, as far as I remember"
        return self._nothing(text)

    def _of_unclear_colour(self) -> Recollection | None:
        """Answer from facts without a colour, None if there are none."""
        form = self._question.form
        plain = replace(
            self._question,
            colour="",
            form=PastForm.LAST if form is PastForm.WHETHER else form,  # no "yes" to a red one
        )
        other = _Answerer(self._reader, plain, self._request, self._now, UNKNOWN)
        facts = other._facts()
        if not facts:
            return None
        answer = other.answer()
        none, some = self._noun(0 if form is PastForm.COUNT else 1), other._noun(2)
        text = f"{answer.text[:1].lower()}{answer.text[1:]}"
        return Recollection(
            f"I made out no {none}, but some {some} whose colour is unclear: {text}", answer.entries
        )

    def _nothing(self, text: str) -> Recollection:
        return Recollection(sentence(text) + self._begins())

    def _happened(self) -> Recollection:
        summary = recap(self._reader, self._start, self._end, self._now, self._limit)
        text = summary.text
        if self._question.span:
            mark = "," if text == NOTHING_HAPPENED else ":"
            text = f"{self._when().strip().rstrip(',')}{mark} {text[:1].lower()}{text[1:]}"
        return Recollection(sentence(text) + self._begins(), summary.entries)

    def _robot(self) -> Recollection:
        """Say where the robot itself was: the last few places."""
        chosen = EntryFilter(start=self._start, end=self._end, located=True)
        found = self._reader.page(chosen, limit=self._limit, thumbnails=True).entries
        places: dict[str, MemoryEntry] = {}
        for entry in found:
            if entry.location:
                places.setdefault(place_words(entry.location), entry)
        if not places:
            return self._nothing(f"I don't know where I was{self._when()}")
        told = [f"{words}, {self._at(entry)}" for words, entry in list(places.items())[:_PLACES]]
        return Recollection(sentence(f"I was {'; '.join(told)}") + self._begins(), found)

    def _said(self) -> Recollection:
        found = self._search((ANSWER, COMMENT))
        if not found:
            return self._nothing(f"nothing was said about that{self._when()}")
        told = "; ".join(f"{self._at(entry)}: {quoted(entry)}" for entry in found[:3])
        return Recollection(sentence(told) + self._begins(), tuple(found))

    def _mentioned(self) -> Recollection:
        found = self._search(())
        if not found:
            return self._nothing(f"I remember nothing about that{self._when()}")
        last = f"the last mention is {self._at(found[0])}: {quoted(found[0])}"
        return Recollection(sentence(last) + self._begins(), tuple(found))

    def _search(self, kinds: tuple[str, ...]) -> list[MemoryEntry]:
        words = search_words(" ".join((*self._question.words, *self._question.colour.split())))
        if not words and self._question.form is not PastForm.SAID:
            return []
        chosen = EntryFilter(start=self._start, end=self._end, kinds=kinds, words=words)
        return list(self._reader.page(chosen, limit=self._limit, thumbnails=True).entries)

    def _at(self, entry: MemoryEntry) -> str:
        return at_words(to_datetime(entry.time, self._now.tzinfo), self._now)

    def _when(self) -> str:
        return f" {self._question.span.words}" if self._question.span else ""

    def _did(self) -> str:
        verb = self._question.verb
        return f" that {verb.past}" if verb else ""

    def _past(self, count: int) -> str:
        verb = self._question.verb
        if verb is None:
            return COMES.past if self._question.form is PastForm.COUNT else "was seen"
        plural = count != 1 and verb.past.startswith("was ")
        return "were" + verb.past[3:] if plural else verb.past

    def _noun(self, count: int) -> str:
        wanted = self._question.wanted or ANYTHING
        if self._question.of_picture:
            wanted = Wanted(one="change of the picture", many="changes of the picture")
        elif wanted is ANYTHING:
            wanted = replace(wanted, one="thing")
        noun = wanted.one if count == 1 else wanted.many
        return f"{self._question.colour} {noun}".strip()

    def _begins(self) -> str:
        """Say where the memory begins, if what was asked about goes back further."""
        oldest = self._reader.oldest_time()
        if oldest is None:
            return " Nothing has been remembered yet."
        if self._question.span is None or oldest - self._start < 60 * NANOSECONDS:
            return ""
        return f" My memory begins {at_words(to_datetime(oldest, self._now.tzinfo), self._now)}."
