"""Answers about what is in view, all of it or at one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .evidence import Evidence
from .geometry import BoundingBox
from .labels import counted, group_of, number
from .nouns import Noun, noun_for
from .phrases import first_upper, joined
from .questions import Question
from .sightings import Sighting
from .thing_answers import nearness
from .wording import place, sighting_name

_MAX_NAMES = 5
_LISTED_STRENGTH = 0.5  # of a sighting that is named unasked
_LOOSE_STRENGTH = 0.3


def things_counted(evidence: Evidence) -> str:
    """Say how many things there are, of any kind."""
    seen = kinds_seen(evidence, loose=True)
    things = [noun for noun, _ in seen if group_of(noun.labels[0]) == "things"]
    if not things:
        return "None that I can make out."
    count = len(things)
    return f"I see at least {number(count)} {'thing' if count == 1 else 'things'}."


def kinds_seen(evidence: Evidence, loose: bool = False) -> list[tuple[Noun, Sighting]]:
    """Return everything that was surely seen, the strongest first; `loose`: probably seen."""
    labels = {d.label for look in evidence.looks() for d in look.detections if d.score > 0.3}
    found: list[tuple[Noun, Sighting]] = []
    for label in sorted(labels):
        noun = noun_for(label)
        seen = evidence.find(noun)
        least = _LOOSE_STRENGTH if loose else _LISTED_STRENGTH
        found += [
            (noun, s)
            for s in (*seen.certain, *(seen.possible if loose else ()))
            if evidence.tracked(s, noun) or s.strength(noun.labels) >= least
        ]
    found.sort(key=lambda pair: -pair[1].strength(pair[0].labels))
    kept: list[tuple[Noun, Sighting]] = []
    for noun, sighting in found:
        if not any(sighting.box.iou(other.box) > 0.5 for _, other in kept):
            kept.append((noun, sighting))
    return kept


def contents(evidence: Evidence) -> str:
    """List what is in view."""
    return _listed(evidence, kinds_seen(evidence)) or (
        "Something moves that I can't name."
        if any(thing.group == "motion" for thing in evidence.now.objects)
        else "I see nothing that I can name."
    )


def _listed(evidence: Evidence, seen: Sequence[tuple[Noun, Sighting]]) -> str:
    names = Counter(sighting_name(evidence, sighting, noun) for noun, sighting in seen)
    parts = [counted(count, name) for name, count in names.most_common(_MAX_NAMES)]
    return f"I see {joined(parts)}." if parts else ""


def place_contents(asked: Question, evidence: Evidence) -> str:
    """List what is at a place of the picture."""
    seen = [
        (noun, s)
        for noun, s in kinds_seen(evidence)
        if {place(evidence, s.box).side, place(evidence, s.box).depth} & set(asked.sides)
        and (not asked.text.startswith("who") or noun.is_people)
    ]
    return _listed(evidence, seen) or "I see nothing there that I can name."


def on_contents(asked: Question, evidence: Evidence) -> str:
    """List what stands on something: on a table that is not known, all things."""
    if not asked.nouns:
        return "I can't tell that: it is nothing that I can recognise."
    noun = asked.nouns[0]
    carriers = evidence.find(noun).certain or evidence.find(noun).possible
    seen = [
        (other, s)
        for other, s in kinds_seen(evidence, loose=True)
        if group_of(other.labels[0]) == "things"
        and other.labels != noun.labels
        and (not carriers or any(_stands_on(s.box, carrier.box) for carrier in carriers))
    ]
    return _listed(evidence, seen) or "Nothing that I can make out."


def _stands_on(box: BoundingBox, carrier: BoundingBox) -> bool:
    across = carrier.left < box.center_x < carrier.right
    return across and carrier.top < box.bottom < carrier.bottom and box.area < carrier.area


def nearest_of_all(asked: Question, evidence: Evidence) -> str:
    """Say what is nearest."""
    seen = kinds_seen(evidence)
    if asked.text.startswith("who"):
        seen = [(noun, s) for noun, s in seen if noun.is_people]
    if not seen:
        return "I see nothing that I can name."
    noun, sighting = max(seen, key=lambda pair: nearness(pair[1]))
    name = counted(1, sighting_name(evidence, sighting, noun))
    return f"{first_upper(name)} {place(evidence, sighting.box).side_phrase}."
