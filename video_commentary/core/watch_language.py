"""Compiles a condition in plain words to a predicate over facts, or says what can be watched for.

Every word must be understood: "a person falls" is refused, and not watched for as "a person".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .watch_conditions import (
    EVENT_WORDS,
    MOTION,
    PICTURE_WORDS,
    Condition,
    CountCondition,
    EventCondition,
    QuietCondition,
    Subject,
)
from .watch_words import (
    ANYTHING,
    AT_LEAST,
    BY_VEHICLES,
    COLOUR,
    DURATION,
    EVENTS,
    FILLERS,
    LEAD,
    NOBODY,
    NONE,
    NUMBERS,
    PLACES,
    QUANTITIES,
    QUIET,
    UNITS,
    VEHICLES,
)

PRESENT_SECONDS, ABSENT_SECONDS, QUIET_SECONDS = 1.0, 3.0, 10.0
"""How long it must be so if a condition does not say: a detector may miss a thing for a moment."""
MAX_SECONDS = 86_400.0
MAX_LENGTH = 200
_HANDLED = frozenset(("picks_up", "puts_back", "leaves"))
"""What people do to things, or things do: conditions may name both."""


@dataclass(frozen=True, kw_only=True)
class WatchNoun:
    """A noun of a condition: `said` as it stands there, `labels` that the detector has for it.

    `vague`: it means a kind of people that the detector does not tell apart.
    """

    said: str
    one: str
    many: str
    labels: frozenset[str]
    vague: bool = False


class WatchRefusedError(ValueError):
    """A condition can't be watched for; the message says why and what can."""


@dataclass(frozen=True)
class WatchCompiler:
    """Compiles conditions for an engine that states events of `kinds`.

    `find_nouns` returns the nouns of a text in lower case that the engine has labels for, in order.
    """

    find_nouns: Callable[[str], Sequence[WatchNoun]]
    kinds: frozenset[str]

    def compile(self, words: str) -> Condition:
        """Return what to watch for. Raise WatchRefusedError."""
        text = " ".join(re.sub(r"[^\w\s'.-]", " ", words.lower()).split()).strip(" .")
        if not text:
            raise WatchRefusedError(f"the condition is empty: {self._can()}")
        if len(text) > MAX_LENGTH:
            raise WatchRefusedError(f"the condition is longer than {MAX_LENGTH} characters")
        return _Reading(self, LEAD.sub("", text + " ", count=1).strip() or text).condition()

    def refuse(self, reason: str) -> WatchRefusedError:
        """Return the refusal for a reason, with what can be watched for."""
        return WatchRefusedError(f"{reason}; {self._can()}")

    def _can(self) -> str:
        verbs = [EVENT_WORDS[kind][0] for kind in EVENT_WORDS if kind in self.kinds]
        pictures = [words for kind, words in PICTURE_WORDS.items() if kind in self.kinds]
        return (
            "say who or what (a person, two cars, a bottle, anything), perhaps where (on the left, "
            f"in the middle), and what happens ({', '.join(verbs)}); or how many are there and for "
            'how long ("more than three people", "nobody for a minute", "nothing moves for ten '
            'minutes")' + (f"; or {', '.join(pictures)}" if pictures else "")
        )


class _Reading:
    """One condition, as its words are understood and crossed out."""

    def __init__(self, compiler: WatchCompiler, text: str) -> None:
        self._compiler = compiler
        self._text = text

    def condition(self) -> Condition:
        seconds = self._duration()
        if self._take(QUIET):
            return self._quiet(MOTION, Subject(), seconds)
        low, high = self._quantity()
        kinds = self._event()
        where = self._place()
        subject = self._subject(where, kinds)
        unknown = [word for word in self._text.split() if word not in FILLERS]
        if unknown:
            raise self._compiler.refuse(f"not understood: {' '.join(unknown)}")
        if kinds:
            kinds |= self._by_vehicles(kinds, subject)
            return self._happens(kinds, subject, low, high, seconds)
        if not subject.labels:
            raise self._compiler.refuse("say who or what to watch for")
        default = PRESENT_SECONDS if low else ABSENT_SECONDS
        return CountCondition(
            subject=subject, low=low, high=high, seconds=default if seconds is None else seconds
        )

    def _happens(
        self,
        kinds: frozenset[str],
        subject: Subject,
        low: int,
        high: int | None,
        seconds: float | None,
    ) -> Condition:
        refuse = self._compiler.refuse
        picture = not kinds.isdisjoint(PICTURE_WORDS)
        if picture and (high == 0 or subject.labels or subject.where):
            raise refuse("the picture as a whole has no place, and only its changes can be seen")
        if high == 0:
            return self._quiet(kinds, subject, seconds)
        if high is not None:
            raise refuse('of what happens, only "at least" so many can be watched for')
        if seconds is not None:
            raise refuse("a duration goes with how many are there, not with what happens")
        return EventCondition(kinds=kinds, subject=None if picture else subject, low=low)

    def _quiet(
        self, kinds: frozenset[str], subject: Subject, seconds: float | None
    ) -> QuietCondition:
        if seconds is None and kinds != MOTION:
            raise self._compiler.refuse(
                "for what does not happen, say for how long, such as for ten minutes"
            )
        lasting = QUIET_SECONDS if seconds is None else seconds
        return QuietCondition(kinds=kinds, subject=subject, seconds=lasting)

    def _take(self, pattern: re.Pattern[str] | str) -> re.Match[str] | None:
        found = re.search(pattern, self._text)
        if found:
            self._text = f"{self._text[: found.start()]} {self._text[found.end() :]}"
            self._text = " ".join(self._text.split())
        return found

    def _duration(self) -> float | None:
        found = self._take(DURATION)
        if not found:
            return None
        try:
            return duration_of(found)
        except WatchRefusedError as error:
            raise self._compiler.refuse(str(error)) from None

    def _quantity(self) -> tuple[int, int | None]:
        if self._take(NOBODY):
            self._text += " people"
            return 0, 0
        for words, number in AT_LEAST.items():
            if self._take(rf"\b{words}\b"):
                self._text += " people" if words == "a crowd" else ""
                return number, None
        for pattern, bounds in QUANTITIES:
            if found := self._take(pattern):
                low, high = bounds(int(_amount(found[1])))
                if high is not None and high < 0:
                    raise self._compiler.refuse("there are never fewer than none")
                return low, high
        if found := self._take(NONE):
            self._text += " anything" if found[0] == "nothing" else ""
            return 0, 0
        return 1, None

    def _event(self) -> frozenset[str]:
        """Return the kinds of events that are meant; none if the words are about what is there."""
        for kinds, pattern in EVENTS:
            if found := self._take(pattern):
                stated = self._compiler.kinds.intersection(kinds)
                if not stated:
                    raise self._compiler.refuse(f"this engine does not see {found[0].strip()!r}")
                return frozenset(kinds) if kinds == tuple(sorted(MOTION)) else stated
        return frozenset()

    def _by_vehicles(self, kinds: frozenset[str], subject: Subject) -> frozenset[str]:
        """Return what else is meant of vehicles: on a road, one that enters may only approach."""
        if not subject.labels or not subject.labels <= VEHICLES:
            return frozenset()
        also = {BY_VEHICLES[kind] for kind in kinds & BY_VEHICLES.keys()}
        return self._compiler.kinds & also

    def _place(self) -> str:
        places = [place for place, pattern in PLACES if self._take(pattern)]
        if len(places) > 1:
            raise self._compiler.refuse(f"name one place, not {' and '.join(places)}")
        return places[0] if places else ""

    def _subject(self, where: str, kinds: frozenset[str]) -> Subject:
        refuse = self._compiler.refuse
        anything = self._take(ANYTHING)
        either = self._take(r"\bor\b")
        nouns = list(self._compiler.find_nouns(self._text))
        for noun in nouns:
            if noun.vague:
                raise refuse(f"the engine can't tell {noun.said} from other people: say a person")
        colour = self._colour()
        for noun in nouns:
            self._take(rf"\b{re.escape(noun.said)}\b")
        if kinds and kinds <= _HANDLED and len({noun.labels for noun in nouns}) > 1:
            # Somebody takes a bottle: it happens to the bottle.
            nouns = [noun for noun in nouns if "person" not in noun.labels]
        distinct = {noun.labels: noun for noun in nouns}
        if len(distinct) > 1 and not either:
            raise refuse("name one kind of thing, or join them with or")
        if colour and not all("person" in labels for labels in distinct):
            raise refuse("colours are known of people's clothes only")
        if not distinct:
            if not anything and not kinds:
                raise refuse("none of the words names something that the engine knows")
            return Subject(where=where)
        return Subject(
            one=" or ".join(noun.one for noun in distinct.values()),
            many=" or ".join(noun.many for noun in distinct.values()),
            labels=frozenset().union(*distinct),
            where=where,
            colour=colour,
        )

    def _colour(self) -> str:
        found = self._take(COLOUR)
        return ("grey" if found[1] == "gray" else str(found[1])) if found else ""


def duration_of(found: re.Match[str]) -> float:
    """Return the seconds that a match of `DURATION` means. Raise WatchRefusedError."""
    number, unit = (word.lower() for word in found.groups())
    count = 0.5 if number == "half an" else 1.0 if number in ("a", "an") else _amount(number)
    seconds = count * UNITS[unit]
    if not 0 < seconds <= MAX_SECONDS:
        raise WatchRefusedError(f"the duration must be above 0 and at most {MAX_SECONDS:g} s")
    return seconds


def _amount(number: str) -> float:
    return float(NUMBERS.index(number)) if number in NUMBERS else float(number)
