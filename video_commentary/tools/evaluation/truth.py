"""What a clip's labels say is there: kinds, how many, when; and what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .labels import Clip
from .phrases import NounPhrase, is_a, kind_of, noun_phrases
from .vocabulary import LIVELY, NUMBERS

SLACK = 0.5
"""Seconds by which labels may be off."""

_SPAN = re.compile(r"(?P<a>\d+(?:\.\d+)?)\s*-\s*(?P<b>\d+(?:\.\d+)?|end)\b")
_FROM = re.compile(r"\b(?:from|after) (?P<a>\d+(?:\.\d+)?)\b")
_UNTIL = re.compile(r"\b(?:until|before) (?P<b>\d+(?:\.\d+)?)\b")
_AT = re.compile(r"\bat \d")
_SERIES = re.compile(
    r"(?P<count>\d+|none|no|" + "|".join(NUMBERS) + r")(?: to (?P<more>\d+))? "
    r"(?:\((?P<inside>[^)]*)\)|(?P<outside>(?:from|until) [\d.]+|\d[\d.]*-[\d.a-z]+))"
)
_STILL = re.compile(r"\bfixed (\w+ ){0,2}camera\b|\bcamera stands still\b")


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Labels say that a kind is there from `begin` to `end`, seconds.

    `counts`: the numbers that are right; empty if none is said. `total`: there are no others.
    """

    kind: str
    begin: float
    end: float
    counts: frozenset[int]
    total: bool
    colours: frozenset[str]


class Truth:
    """What is there and what is not in one clip, as far as its labels say so for certain."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self.still = any(_STILL.search(fact) for fact in clip.facts)
        self.presences = [*self._of_facts(), *self._of_events()]
        self.absent = {kind for fact in clip.facts for kind in _absent(fact)}
        self._named = {presence.kind for presence in self.presences}
        self._named |= {p.kind for e in clip.events for p in noun_phrases(e.note)}

    def present(self, kind: str, begin: float, end: float) -> list[Presence]:
        """Return what is there of a kind at some time from `begin` to `end`."""
        return [
            p
            for p in self.presences
            if is_a(p.kind, kind) and p.begin <= end + SLACK and p.end >= begin - SLACK
        ]

    def missing(self, kind: str, begin: float, end: float) -> bool:
        """Return whether there is certainly none of a kind from `begin` to `end`."""
        there = self.present(kind, begin, end)
        if any(0 not in presence.counts for presence in there):
            return False
        said = any(is_a(kind, absent) for absent in self.absent)
        none_of_it = any(p.counts == {0} and p.kind == kind for p in there)
        return said or none_of_it or self.unknown(kind)

    def unknown(self, kind: str) -> bool:
        """Return whether labels would name a kind if it were there, and don't at any time."""
        lively = any(is_a(kind, group) for group in LIVELY)
        related = any(is_a(kind, named) or is_a(named, kind) for named in self._named)
        return lively and not related

    def named(self, kind: str) -> bool:
        """Return whether labels speak of a kind, or of a kind of it, at any time."""
        return any(is_a(named, kind) or is_a(kind, named) for named in self._named)

    def counts(self, kind: str, begin: float, end: float) -> tuple[frozenset[int], bool]:
        """Return the numbers of a kind that are right, and whether all others are wrong."""
        there = [p for p in self.present(kind, begin, end) if p.counts]
        right = frozenset(count for presence in there for count in presence.counts)
        return right, any(presence.total and presence.kind == kind for presence in there)

    def _of_events(self) -> Iterator[Presence]:
        for event in self._clip.events:
            kind = kind_of(event.who)
            # Its count is how many it happens to, not how many there are.
            yield Presence(
                kind=kind,
                begin=event.t,
                end=event.until,
                counts=frozenset((event.count,)) if event.what == "opens" else frozenset(),
                total=False,
                colours=frozenset(c for p in noun_phrases(event.note) for c in p.colours),
            )

    def _of_facts(self) -> Iterator[Presence]:
        for fact in self._clip.facts:
            clauses = re.split(r";|,(?![^(]*\))", fact)
            subject = next(iter(noun_phrases(clauses[0])), None)
            counted = list(self._series(fact, subject)) if subject else []
            yield from counted
            # "people; 1 (0-0.4), none from 0.5" does not say that there are people all the time.
            only_counted = bool(counted) and subject is not None and not subject.number
            for clause in clauses[only_counted:]:
                yield from self._clause(clause, opening=clause is clauses[0])

    def _series(self, fact: str, subject: NounPhrase) -> Iterator[Presence]:
        """Read "people; 1 (0-0.4), 2 (0.5-1.6), none from 1.7"."""
        for match in _SERIES.finditer(fact):
            counts = _counts(match)
            for begin, end in self._spans(match["inside"] or match["outside"]):
                yield Presence(
                    kind=subject.kind,
                    begin=begin,
                    end=end,
                    counts=counts,
                    total=True,
                    colours=frozenset(),
                )

    def _clause(self, clause: str, opening: bool) -> Iterator[Presence]:
        if _AT.search(clause):
            return
        spans = list(self._spans(clause))
        for phrase in noun_phrases(clause):
            if phrase.none or phrase.kind == "camera":
                continue
            counts = _said(phrase)
            total = opening and bool(counts) and phrase.first == 0 and not spans
            for begin, end in spans or [(0.0, self._clip.end)]:
                yield Presence(
                    kind=phrase.kind,
                    begin=begin,
                    end=end,
                    counts=counts,
                    total=total,
                    colours=frozenset(phrase.colours),
                )

    def _spans(self, text: str) -> Iterator[tuple[float, float]]:
        for match in _SPAN.finditer(text):
            yield float(match["a"]), self._clip.end if match["b"] == "end" else float(match["b"])
        for match in _FROM.finditer(text):
            yield float(match["a"]), self._clip.end
        for match in _UNTIL.finditer(text):
            yield 0.0, float(match["b"])


def _counts(match: re.Match[str]) -> frozenset[int]:
    word = match["count"]
    low = 0 if word in {"none", "no"} else NUMBERS.get(word) or int(word)
    return frozenset(range(low, int(match["more"] or low) + 1))


def _said(phrase: NounPhrase) -> frozenset[int]:
    exact = phrase.count is not None and phrase.number and not phrase.at_least
    return frozenset((phrase.count or 0,)) if exact else frozenset()


def _absent(fact: str) -> Iterator[str]:
    """Yield the kinds of which a fact says "no X" or "nobody", and nothing more."""
    for clause in re.split(r"[;,]", fact.lower()):
        words = clause.strip().removesuffix(" at all").removesuffix(" in view")
        if words == "nobody":
            yield "person"
        for phrase in noun_phrases(words):
            if phrase.none and phrase.first == 0 and phrase.last == len(words):
                simple = len(words.split()) == 1 + len(phrase.kind.split())
                if simple:
                    yield phrase.kind
