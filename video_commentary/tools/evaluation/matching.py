"""Whether a claim reports a labelled event, and how well it fits: docs/evaluation.md in code."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.facts import Claim
from ...core.stamp import to_seconds
from .labels import LabelledEvent
from .phrases import is_a, kind_of, noun_phrases
from .truth import SLACK
from .vocabulary import (
    ANYWHERE,
    COLOURS,
    HANDLED,
    LOOKALIKES,
    PICTURE,
    REPORTED_BY,
    UNCERTAIN,
)

LATE = 3.0
"""Seconds after which a claim without evidence no longer says what happens now."""
FORGOTTEN = 10.0
"""Seconds after which an event can't be reported any more."""
BEHIND = 1.0
"""Seconds by which a claim's evidence may lie behind the end of an event; before it, `SLACK`."""
_BORDER = 0.1
"""Fraction of the picture's width about the thirds' borders in which either side is right."""
_OPPOSITE = {"left": "right", "right": "left", "near": "far", "far": "near"}
_SIDES = ("left", "middle", "right")


@dataclass(frozen=True)
class Fit:
    """How a claim fits an event: `flaws` that make it half right, `wrong` what contradicts it.

    `counted`: the event's count is one of what is claimed.
    """

    flaws: int
    wrong: int
    counted: bool = True

    @property
    def reports(self) -> bool:
        """Whether the event counts as reported."""
        return self.wrong == 0 and self.flaws <= 1

    @property
    def rank(self) -> tuple[int, int]:
        """The smaller the better."""
        return self.wrong, self.flaws


def in_time(event: LabelledEvent, start: float, within: float) -> bool:
    """Return whether a sentence that begins at `start` reports an event within some seconds."""
    return event.t - SLACK <= start <= max(event.t + within, event.until)


def evidence_span(claim: Claim) -> tuple[float, float] | None:
    """Return the seconds that a claim rests on, None if it gives no evidence."""
    stamps = [to_seconds(observation.stamp) for observation in claim.evidence]
    return (min(stamps), max(stamps)) if stamps else None


def fit(claim: Claim, start: float, event: LabelledEvent) -> Fit | None:
    """Return how a claim in a sentence that begins at `start` fits an event; None if not at all."""
    span = evidence_span(claim)
    if not in_time(event, start, FORGOTTEN):
        return None
    if span and (span[0] > event.until + BEHIND or span[1] < event.t - SLACK):
        return None
    if event.what == "opens":
        return _opening(claim, event)
    same, near = REPORTED_BY.get(event.what, ((event.what,), ()))
    if claim.kind not in same and claim.kind not in near:
        return None
    who = _who(claim, event)
    if who is None:
        return None
    late = span is None and not in_time(event, start, LATE)
    flaws = (claim.kind in near) + who + late
    wrong = 0
    for flaw in (_where(claim, event), _colour(claim, event)):
        flaws += flaw == 1
        wrong += flaw == 2
    return Fit(flaws, wrong, counted=event.what not in PICTURE)


def _who(claim: Claim, event: LabelledEvent) -> int | None:
    """Return 0 where the claim names who it happens to, 1 where nearly, None where not."""
    if event.what in PICTURE:
        return 0
    claimed, labelled = kind_of(claim.who), kind_of(event.who)
    noted = {phrase.kind for phrase in noun_phrases(event.note)}
    if is_a(claimed, labelled) or is_a(labelled, claimed):
        return 0
    if event.what in HANDLED and claimed in noted or _narrower(claimed, labelled, noted):
        return 0
    if claimed in UNCERTAIN and labelled != "camera":
        return 1
    if {claimed, labelled} <= LOOKALIKES:
        return 1
    handles = event.what in HANDLED and claimed in {"person", "hand", "robot"}
    return 1 if handles else None


def _narrower(claimed: str, labelled: str, noted: set[str]) -> bool:
    """Return whether the note names what is claimed, as a look-alike of the label's word."""
    return claimed in noted and {claimed, labelled} <= LOOKALIKES


def _where(claim: Claim, event: LabelledEvent) -> int:
    """Return 0 where the places agree, 1 where they are neighbours, 2 where they contradict."""
    turning = event.what.startswith("camera_")
    if not claim.where or not event.where or event.what in ANYWHERE:
        return 0
    if _OPPOSITE.get(claim.where) == event.where:
        return 2
    if turning:
        return 0 if claim.where == event.where else 1
    if claim.where == event.where or not {claim.where, event.where} <= set(_SIDES):
        return 0
    return 0 if _at_border(claim) else 1


def _at_border(claim: Claim) -> bool:
    """Return whether the newest box that a claim rests on is near a border between thirds."""
    boxes = [o.box for o in claim.evidence if o.box is not None]
    if not boxes:
        return False
    centre = (boxes[-1].left + boxes[-1].right) / 2
    return min(abs(centre - 1 / 3), abs(centre - 2 / 3)) <= _BORDER


def count_flaw(claim: Claim, count: int) -> int:
    """Return 0 where the claimed number is right, 1 where too few or one too many, else 2."""
    if claim.count is None:
        return 0
    more = claim.count - count
    if more == 0 or claim.at_least and more < 0:
        return 0
    return 1 if more < 0 or more == 1 else 2


def _colour(claim: Claim, event: LabelledEvent) -> int:
    noted = {c for phrase in noun_phrases(event.note) for c in phrase.colours}
    noted |= {word for word in event.note.lower().replace(",", " ").split() if word in COLOURS}
    return int(bool(claim.colour and noted) and not borne_out(claim.colour, noted))


def borne_out(colour: str, words: set[str] | frozenset[str]) -> bool:
    """Return whether colour words of a label bear out a claimed colour."""
    return bool(set(COLOURS.get(colour, colour).split()) & set(words))


def _opening(claim: Claim, event: LabelledEvent) -> Fit | None:
    """Fit a claim to how things stand at the start: its who, or its note by number or colour.

    A sentence that names two things of the note reports it as well: `noted`.
    """
    if claim.kind not in REPORTED_BY["opens"][0]:
        return None
    claimed, labelled = kind_of(claim.who), kind_of(event.who)
    if claimed == labelled or is_a(labelled, claimed) and claimed not in UNCERTAIN:
        return Fit(0, 0)
    for phrase in noun_phrases(event.note):
        if not is_a(phrase.kind, claimed):
            continue
        numbered = (claim.count or 0) >= 2 and claim.count == phrase.count
        coloured = bool(claim.colour) and borne_out(claim.colour, frozenset(phrase.colours))
        if numbered or coloured:
            return Fit(0, 0, counted=False)
    return None


def noted(claim: Claim, start: float, event: LabelledEvent) -> str:
    """Return the kind in an opening's note that a claim names, empty if it names none."""
    stands = event.what == "opens" and claim.kind in REPORTED_BY["opens"][0]
    if not stands or not in_time(event, start, FORGOTTEN):
        return ""
    claimed = kind_of(claim.who)
    return claimed if any(is_a(p.kind, claimed) for p in noun_phrases(event.note)) else ""
