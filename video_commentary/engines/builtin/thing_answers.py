"""Answers about things: whether there are any, how many, where, and of which colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .evidence import Evidence, Found
from .labels import at_least, counted, group_of, number
from .nouns import ANIMAL, GENDERED, PEOPLE, VEHICLE, Noun
from .phrases import first_upper, joined
from .question_forms import Form
from .questions import Question
from .sightings import Sighting
from .totals import MAX_COUNT, certainly_exceeded, more_than
from .wording import CANNOT, place, sighting_name

GENDER_UNKNOWN = "I can't tell men, women and children apart"
_NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_COUNTED = {"people": PEOPLE, "vehicles": VEHICLE, "animals": ANIMAL}
_FEW = 3  # things that are counted exactly, and listed one by one
_LIKELY = 0.28  # strength of a possible thing that makes a count uncertain, or is worth a place
_FILTERED_BY_MOTION = frozenset((Form.WHERE, Form.COUNT, Form.COLOUR, Form.PRESENCE))
_ABOUT_MOTION = frozenset((Form.APPROACH, Form.HEADING, Form.ACTION, Form.DOING))


def fitting(asked: Question, noun: Noun, evidence: Evidence) -> Found:
    """Return what is found of a noun that meets the question's conditions, as far as known."""
    found = evidence.find(noun)
    certain = list(found.certain)
    if asked.sides:
        fits = [s for s in certain if _is_at(evidence, s, asked.sides)]
        certain = fits if fits or {"left", "right", "middle"} & set(asked.sides) else certain
    if asked.colours and asked.form not in {Form.COLOUR, Form.WEARING}:
        certain = _coloured(asked, noun, evidence, certain)
    if asked.action in {"moves", "rests"} and asked.form in _FILTERED_BY_MOTION:
        resting = asked.action == "rests"
        kept = [s for s in certain if (evidence.motion(s, noun) in {"still", ""}) == resting]
        certain = kept or certain
    if asked.nearest and certain:
        certain = [max(certain, key=nearness)]
    return Found(tuple(certain), found.possible, found.gone, found.crowd)


def nearness(sighting: Sighting) -> float:
    """Return a measure that is higher for what is nearer: lower in the picture and larger."""
    return sighting.box.bottom + 0.5 * sighting.box.area


def _is_at(evidence: Evidence, sighting: Sighting, sides: Sequence[str]) -> bool:
    where = place(evidence, sighting.box)
    return where.side in sides or where.depth in sides


def _coloured(
    asked: Question, noun: Noun, evidence: Evidence, sightings: list[Sighting]
) -> list[Sighting]:
    """Return things of a colour that the question names, else those whose colour is unknown.

    Both where a thing that moves is asked for: movement makes its colour hard to see.
    """
    colours = {id(s): evidence.colour(s, noun, asked.part) for s in sightings}
    fits = [s for s in sightings if set(colours[id(s)].split()) & set(asked.colours)]
    unknown = [s for s in sightings if not colours[id(s)]]
    return fits + unknown if asked.form in _ABOUT_MOTION else fits or unknown


def none_of(asked: Question, noun: Noun, found: Found) -> str:
    """Say that there is none, as firmly as that is known."""
    yes_or_no = asked.is_yes_or_no
    if found.crowd:
        many = f"several small {noun.many}, too far away to count"
        return f"Yes, {many}." if yes_or_no else f"I see {many}."
    if found.gone and not found.possible:
        return f"No {noun.one} now: the last one was in view a moment ago."
    if found.possible or not noun.is_lively or not noun.exact:
        return f"{'No, none' if yes_or_no else 'None'} that I can make out."
    return f"{'No, ' if yes_or_no else ''}I see no {noun.many}."


def amount(noun: Noun, count: int, uncertain: bool = False) -> str:
    """Return how many things: "one cup", "at least five people", "many people"."""
    words = f"{number(count)} {noun.one if count == 1 else noun.many}"
    return at_least(count, words) if uncertain or count > _FEW else words


def places(evidence: Evidence, sightings: Sequence[Sighting]) -> str:
    """Return where things are: "on the left", or "in the middle and on the right"."""
    if len(sightings) == 1:
        return place(evidence, sightings[0].box).phrase
    phrases = dict.fromkeys(place(evidence, s.box).side_phrase for s in sightings)
    if len(phrases) > _FEW:
        sides = Counter(place(evidence, s.box).side for s in sightings)
        names = {"left": "on the left", "middle": "in the middle", "right": "on the right"}
        return joined([names[side] for side, _ in sides.most_common()])
    return joined(list(phrases))


def about_count(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say how many there are."""
    found = fitting(asked, noun, evidence)
    if not found.certain:
        return none_of(asked, noun, found)
    uncertain = any(s.strength(noun.family) > _LIKELY for s in found.possible)
    return f"I see {amount(noun, len(found.certain), uncertain)}."


def about_presence(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say whether there is one, how many and where."""
    found = fitting(asked, noun, evidence)
    others = evidence.find(noun).certain
    if not found.certain and others:
        seen = f"{amount(noun, len(others))} {places(evidence, others)}"
        return f"None that I can make out: I see {seen}."
    if not found.certain:
        return none_of(asked, noun, found)
    where = places(evidence, found.certain)
    if not noun.exact:
        vehicles = counted(len(found.certain), "vehicle")
        return f"I see {vehicles} {where}; I can't tell whether there is a {noun.one}."
    count = len(found.certain)
    if asked.is_yes_or_no and noun.said in GENDERED:
        return f"I see {amount(PEOPLE, count)} {where}, but {GENDER_UNKNOWN}."
    least = _least_asked(asked)
    if least and count < least:
        return f"No, only {amount(noun, count)} {where}."
    if "alone" in asked.text.split() and count > 1:
        return f"No, I see {amount(noun, count)} {where}."
    opening = "Yes, " if asked.is_yes_or_no else "I see "
    return f"{opening}{amount(noun, count)} {where}."


def _least_asked(asked: Question) -> int:
    """Return how many there must be for a yes: "anyone else", "more than two"; 0 if any number."""
    words = asked.text.split()
    if "else" in words:
        return 2
    for before, than, word in zip(words, words[1:], words[2:], strict=False):
        if (before, than) == ("more", "than") and word in _NUMBER_WORDS:
            return _NUMBER_WORDS.index(word) + 1
    return 0


def about_where(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say where it is; who asks that knows that it is there, so weak signs count."""
    found = fitting(asked, noun, evidence)
    likely = [s for s in found.possible if s.strength(noun.family) > _LIKELY]
    if not found.certain and likely:
        return f"Probably {place(evidence, likely[0].box).phrase}."
    if not found.certain:
        return none_of(asked, noun, found)
    where = places(evidence, found.certain)
    if len(found.certain) == 1:
        which = f"nearest {noun.one}" if asked.nearest else noun.one
        return f"The {which} is {where}."
    return f"I see {amount(noun, len(found.certain))} {where}."


def about_colour(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say which colour it has."""
    if asked.part == "none":
        return CANNOT
    found = fitting(asked, noun, evidence)
    seen = found.certain or found.possible[:1]
    if not seen:
        return none_of(asked, noun, found)
    colours = Counter(evidence.colour(s, noun, asked.part) for s in seen)
    named = [colour for colour, _ in colours.most_common(_FEW) if colour]
    if not named or colours[""] > len(seen) / 2:
        return f"I can't tell the colour of the {noun.one if len(seen) == 1 else noun.many}."
    if asked.colours:
        fits = set(" ".join(named).split()) & set(asked.colours)
        if " or " in asked.text:
            return f"{first_upper(joined(named))}."
        return f"{'Yes' if fits else 'No'}, {joined(named)}."
    return f"{first_upper(joined(named))}."


def about_wearing(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say which colours somebody's clothes have."""
    found = fitting(asked, PEOPLE, evidence) if noun.is_people else Found()
    if not found.certain:
        return none_of(asked, noun, found)
    parts = [
        f"{colour} {where}"
        for part, where in (("top", "on top"), ("legs", "below"))
        if (colour := evidence.colour(found.certain[0], PEOPLE, part))
    ]
    if not parts:
        return "I can't tell what the clothes look like."
    if asked.colours and asked.is_yes_or_no:
        fits = set(" ".join(parts).split()) & set(asked.colours)
        return f"{'Yes' if fits else 'No'}, {joined(parts)}."
    return f"{first_upper(joined(parts))}."


def about_total(_asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say how many came so far, as far as that was counted."""
    group = group_of(noun.labels[0])
    came = evidence.so_far(group) if evidence.so_far and group in _COUNTED else 0
    if not came:
        return "I can't tell that: I have counted none so far."
    counted_noun, least = _COUNTED[group], certainly_exceeded(came)
    if least:
        return more_than(least, counted_noun.many)
    return f"{first_upper(amount(counted_noun, min(came, MAX_COUNT), uncertain=True))} so far."


def about_still_there(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say whether it is still in view, or has gone."""
    found = evidence.find(noun)
    asks_gone = any(
        word in asked.text.split() for word in ("gone", "left", "disappeared", "vanished", "away")
    )
    if found.certain:
        opening = "No, still there" if asks_gone else "Yes"
        return f"{opening}: {amount(noun, len(found.certain))} {places(evidence, found.certain)}."
    if found.possible or found.crowd:
        return "I can't tell: none that I can make out clearly."
    return f"{'Yes' if asks_gone else 'No'}, there is no {noun.one} in view."


def about_kind(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say which kind of animal, vehicle or thing it is."""
    found = fitting(asked, noun, evidence)
    seen = found.certain or found.possible[:1]
    if not seen:
        return none_of(asked, noun, found)
    names = Counter(sighting_name(evidence, s, noun) for s in seen)
    parts = [counted(count, name) for name, count in names.most_common(_FEW)]
    return f"{first_upper(joined(parts))}."
