"""Claims out of written sentences, where words and numbers leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...core.facts import STATE_KINDS, Claim
from .phrases import NounPhrase, is_a, kind_of, noun_phrases
from .vocabulary import (
    ABSENT,
    COLOURS,
    EVENT_WORDS,
    HANDLED,
    PICTURE,
    PLACE_WORDS,
    PRESENT_WORDS,
    REPORTED_BY,
    UNCERTAIN,
    UNSURE,
)

_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_CLAUSES = re.compile(r";|:|\bwhile\b|, (?:and|then|as|but) |\. ")
_EVENTS = {kind: re.compile(words, re.IGNORECASE) for kind, words in EVENT_WORDS.items()}
_PRESENT = re.compile(PRESENT_WORDS, re.IGNORECASE)
_UNSURE = re.compile(rf"\b{UNSURE}", re.IGNORECASE)
_PLACES = {place: re.compile(words, re.IGNORECASE) for place, words in PLACE_WORDS.items()}
_EMPTY = re.compile(
    r"\b(empty|deserted|quiet|gone|alone|" + "|".join(ABSENT) + r")\b", re.IGNORECASE
)


def sentences(text: str) -> list[str]:
    """Split a comment into its sentences."""
    return [part for part in _SENTENCES.split(text.strip()) if part]


def read_claims(sentence: str) -> tuple[Claim, ...]:
    """Return what a written sentence claims for certain; nothing where it can't be reported."""
    if _UNSURE.search(sentence):
        return ()
    return tuple(claim for clause in _CLAUSES.split(sentence) for claim in _clause(clause))


def as_said(sentence: str, claim: Claim) -> Claim | None:
    """Return a claim as far as a sentence says it in words, None where it does not.

    Who is no more than the sentence names: "something enters" claims no car.
    """
    if not _kind_is_said(sentence, claim.kind):
        return None
    claimed, phrases = kind_of(claim.who), noun_phrases(sentence)
    if claim.kind in PICTURE or not phrases or re.search(rf"\b{claimed}", sentence.lower()):
        return claim
    if any(is_a(phrase.kind, claimed) for phrase in phrases):
        return claim
    vaguer = [p for p in phrases if is_a(claimed, p.kind) or p.kind in UNCERTAIN]
    if not vaguer:
        return claim if claim.kind == "absent" else None
    return replace(claim, who=vaguer[0].kind)


def _kind_is_said(sentence: str, kind: str) -> bool:
    if kind == "absent":
        return _EMPTY.search(sentence) is not None
    if kind == "opens" or kind in STATE_KINDS or kind.replace("_", " ") in sentence.lower():
        return True
    bare = _without_nouns(sentence, noun_phrases(sentence))
    same, near = REPORTED_BY.get(kind, ((), ()))
    words = [_EVENTS[k] for k in (kind, *same, *near) if k in _EVENTS]
    return any(word.search(bare) for word in words)


def _clause(clause: str) -> list[Claim]:
    phrases = noun_phrases(clause)
    if _EVENTS["quiet"].search(clause):
        return [Claim(kind="quiet", who="camera")]
    absent = [phrase for phrase in phrases if phrase.none]
    if absent:
        return [Claim(kind="absent", who=phrase.kind) for phrase in absent]
    if re.match(rf"\W*(there is )?({'|'.join(ABSENT)})\b", clause.lower()):
        return [Claim(kind="absent", who="person")] if "nobody" in clause.lower() else []
    bare = _without_nouns(clause, phrases)
    for kind, words in _EVENTS.items():
        match = words.search(bare)
        if match:
            return _of_event(kind, clause, phrases, match)
    if _PRESENT.search(clause):
        return [
            _claim("present", clause, phrase)
            for phrase in phrases
            if not phrase.governed and phrase.kind != "camera"
        ]
    return []


def _without_nouns(clause: str, phrases: Sequence[NounPhrase]) -> str:
    """Blot out the nouns, at the same length: a stop sign does not stop."""
    for phrase in phrases:
        if phrase.kind != "camera":
            blot = "x" * (phrase.last - phrase.noun)
            clause = clause[: phrase.noun] + blot + clause[phrase.last :]
    return clause


def _of_event(
    kind: str, clause: str, phrases: Sequence[NounPhrase], match: re.Match[str]
) -> list[Claim]:
    if kind in PICTURE:
        return [Claim(kind=kind, who="camera", where=_place(clause))]
    free = [p for p in phrases if not p.governed and p.kind != "camera"]
    before = [p for p in free if p.first < match.start()]
    after = [p for p in free if p.first >= match.start()]
    if kind in HANDLED and before and after:
        return [_claim(kind, clause, after[0])]
    who = before[-1:] or after[:1] or [p for p in phrases if p.kind == "camera"][:1]
    return [_claim(kind, clause, phrase) for phrase in who]


def _claim(kind: str, clause: str, phrase: NounPhrase) -> Claim:
    plural = phrase.count is None
    colours = [c for c in COLOURS if c in phrase.colours]
    return Claim(
        kind=kind,
        who=phrase.kind,
        where=_place(clause),
        count=2 if plural else phrase.count,
        at_least=plural or phrase.at_least,
        colour=colours[0] if len(colours) == 1 else "",
    )


def _place(clause: str) -> str:
    found = [place for place, words in _PLACES.items() if words.search(clause)]
    # "on the right, in the background": two axes, of which labels give one.
    sides = [place for place in found if place in {"left", "right", "middle"}]
    return (sides or found)[0] if len(sides) <= 1 and found else ""
