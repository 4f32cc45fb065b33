"""Verdicts: what each sentence said about a clip is worth, by its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ...core.facts import STATE_KINDS, Claim
from .labels import Clip
from .matching import LATE, Fit, borne_out, count_flaw, evidence_span, fit, in_time, noted
from .phrases import is_a, kind_of
from .reading import as_said, read_claims
from .truth import Truth
from .vocabulary import LISTED, LIVELY, PICTURE

REPEATED = 10.0
"""Seconds within which the same is not to be said twice."""


class Verdict(Enum):
    """What a sentence is worth.

    TRUE: borne out and worth saying. PARTLY: half right. EMPTY: borne out, but no news. FALSE: the
    labels contradict it. UNJUDGED: the labels don't say.
    """

    TRUE = "true"
    PARTLY = "partly"
    EMPTY = "empty"
    FALSE = "false"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A sentence said from `start` to `end`, seconds of the clip.

    `claims`: what the engine handed over with it; empty if it only wrote.
    """

    start: float
    end: float
    text: str
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A statement and its verdict. `reported`: numbers of the clip's events that it reports.

    `numbers`: for every number that it says and that could be checked, whether it is right.
    """

    statement: Statement
    verdict: Verdict
    reported: frozenset[int]
    numbers: tuple[bool, ...]
    repeat: bool


@dataclass(frozen=True)
class _Finding:
    """What came of one claim."""

    verdict: Verdict
    reported: frozenset[int] = frozenset()
    number: bool | None = None


class Judge:
    """Judges the sentences said about one clip, in the order of their times."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._truth = Truth(clip)
        self._reported: set[int] = set()
        self._mentioned: dict[str, int | None] = {}
        self._recent: list[tuple[float, str, frozenset[Claim]]] = []

    def judge(self, statements: Sequence[Statement]) -> list[Judged]:
        """Return the verdict on each statement."""
        return [self._judge(s) for s in sorted(statements, key=lambda s: s.start)]

    def _judge(self, statement: Statement) -> Judged:
        written = not statement.claims
        # What is handed over, but not said in words, is worth nothing to a listener.
        said = [as_said(statement.text, claim) for claim in statement.claims]
        claims = read_claims(statement.text) if written else tuple(filter(None, said))
        findings = [self._claim(c, statement.start, written) for c in claims]
        findings += self._opening(claims, statement.start)
        verdict = _together([f.verdict for f in findings], written)
        reported = frozenset(i for f in findings for i in f.reported)
        reported = reported if verdict is not Verdict.FALSE else frozenset()
        news = reported - self._reported
        repeat = not news and self._said_before(statement, claims)
        idle = not news and (repeat or self._quiet(statement.start))
        if idle and verdict in {Verdict.TRUE, Verdict.PARTLY}:
            verdict = Verdict.EMPTY
        self._remember(statement, claims, reported)
        return Judged(
            statement=statement,
            verdict=verdict,
            reported=reported,
            numbers=tuple(f.number for f in findings if f.number is not None),
            repeat=repeat,
        )

    def _quiet(self, second: float) -> bool:
        return any(begin <= second <= end for begin, end in self._clip.quiet)

    def _said_before(self, statement: Statement, claims: Sequence[Claim]) -> bool:
        words, plain = _letters(statement.text), frozenset(map(_plain, claims))
        return any(
            statement.start - at <= REPEATED and (words == before or plain and plain <= known)
            for at, before, known in self._recent
        )

    def _remember(
        self, statement: Statement, claims: Sequence[Claim], reported: frozenset[int]
    ) -> None:
        plain = frozenset(map(_plain, claims))
        self._recent.append((statement.start, _letters(statement.text), plain))
        self._reported |= reported
        for claim in claims:
            self._mentioned[kind_of(claim.who)] = 0 if claim.kind == "absent" else claim.count

    def _claim(self, claim: Claim, start: float, written: bool) -> _Finding:
        fits = [
            (index, found)
            for index, event in enumerate(self._clip.events)
            if (found := fit(claim, start, event)) is not None
        ]
        if fits:
            return self._of_events(claim, start, fits)
        span = evidence_span(claim) or (start, start)
        if claim.kind in PICTURE or claim.who == "camera" and claim.kind != "quiet":
            return _Finding(self._of_picture(claim, written))
        if claim.kind == "quiet":
            return _Finding(self._of_quiet(start))
        if claim.kind == "absent":
            return _Finding(self._of_absence(claim, span))
        if claim.kind == "total":
            return self._of_total(claim, start)
        return self._of_state(claim, start, span, written)

    def _of_events(self, claim: Claim, start: float, fits: list[tuple[int, Fit]]) -> _Finding:
        """Let the claim report the event that it fits best, or as many as it counts."""

        def order(item: tuple[int, Fit]) -> tuple[object, ...]:
            index, found = item
            event = self._clip.events[index]
            return (not found.reports, index in self._reported, found.rank, abs(start - event.t))

        fits.sort(key=order)
        best = fits[0][1]
        chosen: list[int] = []
        total = 0
        for index, found in fits:
            count = self._clip.events[index].count
            if not chosen or found.reports and total + count <= (claim.count or 1):
                chosen.append(index)
                total += count
        off = count_flaw(claim, total) if best.counted else 0
        number = off == 0 if (claim.count or 0) > 1 and claim.kind not in PICTURE else None
        final = Fit(best.flaws + (off == 1), best.wrong + (off == 2))
        if not final.reports:
            hopeless = final.wrong > 1 or final.wrong and final.flaws
            return _Finding(Verdict.FALSE if hopeless else Verdict.PARTLY, number=number)
        verdict = Verdict.PARTLY if final.flaws else Verdict.TRUE
        if set(chosen) <= self._reported:
            verdict = Verdict.EMPTY
        return _Finding(verdict, frozenset(chosen), number)

    def _opening(self, claims: Sequence[Claim], start: float) -> list[_Finding]:
        """Return that an opening is reported if a sentence names two things of its note."""
        return [
            _Finding(Verdict.TRUE, frozenset((index,)))
            for index, event in enumerate(self._clip.events)
            if index not in self._reported
            and len({kind for claim in claims if (kind := noted(claim, start, event))}) > 1
        ]

    def _of_picture(self, claim: Claim, written: bool) -> Verdict:
        if claim.kind == "rests":
            return Verdict.EMPTY if self._truth.still else Verdict.UNJUDGED
        moves = claim.kind.startswith("camera_") or claim.who == "camera"
        if moves and self._truth.still and claim.kind not in {"cut", "light"}:
            return Verdict.FALSE
        listed = claim.kind in LISTED and not written
        return Verdict.FALSE if listed else Verdict.UNJUDGED

    def _of_quiet(self, start: float) -> Verdict:
        going_on = any(e.t <= start <= e.until and e.importance > 1 for e in self._clip.events)
        if going_on and not self._quiet(start):
            return Verdict.FALSE
        return Verdict.TRUE if "camera" not in self._mentioned else Verdict.EMPTY

    def _of_absence(self, claim: Claim, span: tuple[float, float]) -> Verdict:
        who = kind_of(claim.who)
        if self._truth.missing(who, *span):
            return Verdict.TRUE if self._mentioned.get(who, 0) != 0 else Verdict.EMPTY
        return Verdict.FALSE if self._truth.present(who, *span) else Verdict.UNJUDGED

    def _of_total(self, claim: Claim, start: float) -> _Finding:
        """Judge "so far three people": between those seen at once and all who came."""
        who = kind_of(claim.who)
        before = [e for e in self._clip.events if e.t <= start and is_a(kind_of(e.who), who)]
        came = sum(e.count for e in before if e.what in {"opens", "enters", "approaches"})
        at_once, _ = self._truth.counts(who, 0.0, start)
        if not came or claim.count is None:
            return _Finding(Verdict.UNJUDGED)
        least = 0 if claim.at_least else max(at_once, default=1)
        right = least <= claim.count <= max(came, *at_once, 0)
        return _Finding(Verdict.TRUE if right else Verdict.FALSE, number=right)

    def _of_state(
        self, claim: Claim, start: float, span: tuple[float, float], written: bool
    ) -> _Finding:
        who, truth = kind_of(claim.who), self._truth
        state = claim.kind in STATE_KINDS
        if truth.missing(who, *span):
            return _Finding(Verdict.FALSE)
        if not state and claim.kind in LISTED and not written:
            return _Finding(Verdict.FALSE)
        there = truth.present(who, *span)
        if not there or not state:
            return _Finding(Verdict.UNJUDGED)
        counts, total = truth.counts(who, *span)
        number = None
        if (claim.count or 0) > 1 and counts:
            off = min(count_flaw(claim, count) for count in counts)
            number = off == 0 if total or off == 0 else None
            if number is False:
                near = any(abs(count - (claim.count or 0)) == 1 for count in counts)
                return _Finding(Verdict.PARTLY if near else Verdict.FALSE, number=False)
            if number is None:
                return _Finding(Verdict.UNJUDGED)
        colours = {colour for presence in there for colour in presence.colours}
        if claim.colour and colours and not borne_out(claim.colour, colours):
            return _Finding(Verdict.PARTLY, number=number)
        return _Finding(self._news(claim, who, start, number), number=number)

    def _news(self, claim: Claim, who: str, start: float, number: bool | None) -> Verdict:
        """Return TRUE for a new number, and for a first mention while nothing else is to be said.

        Else EMPTY: "a person is on the right" while a bottle is taken from the table.
        """
        if number and not claim.at_least and self._mentioned.get(who) != claim.count:
            return Verdict.TRUE
        if claim.kind == "rests" and any(is_a(who, group) for group in LIVELY):
            return Verdict.EMPTY  # that it is there is borne out, that it stands still is not
        better = any(e.importance > 1 and in_time(e, start, LATE) for e in self._clip.events)
        return Verdict.EMPTY if better or who in self._mentioned else Verdict.TRUE


def _together(verdicts: Sequence[Verdict], written: bool) -> Verdict:
    """Return a sentence's verdict from those on its claims."""
    found = Counter(verdicts)
    good = found[Verdict.TRUE] + found[Verdict.PARTLY]
    if found[Verdict.FALSE]:
        return Verdict.FALSE if found[Verdict.FALSE] >= good else Verdict.PARTLY
    if found[Verdict.PARTLY]:
        return Verdict.PARTLY
    if found[Verdict.TRUE]:
        # Of a written sentence only what could be read is judged.
        return Verdict.PARTLY if found[Verdict.UNJUDGED] and not written else Verdict.TRUE
    if found[Verdict.UNJUDGED] or not verdicts:
        return Verdict.UNJUDGED
    return Verdict.EMPTY


def _plain(claim: Claim) -> Claim:
    return replace(claim, evidence=())


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
