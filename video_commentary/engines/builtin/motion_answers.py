"""Answers about how things move and what they do."""

from __future__ import annotations

from collections import Counter

from .contents_answers import kinds_seen
from .evidence import Evidence, is_bust
from .labels import counted, number
from .nouns import GROUP_NOUNS, PEOPLE, Noun
from .phrases import first_upper, joined
from .questions import Question
from .scene_answers import deeds_told, events_told
from .sightings import Sighting
from .thing_answers import fitting, none_of
from .wording import CANNOT, COURSE_WORDS, place, sighting_name

_AT_REST = frozenset(("", "still"))
_AWAY_WORDS = frozenset(("away", "receding", "farther", "further", "retreating", "back"))
_SPECIAL_GAITS = frozenset(("running", "run", "runs", "riding", "driving", "flying"))
"""What people may do when they move; a box does not show which."""
_REACH = 0.15  # of a person's height, round their box: what is within may be in their hands
_MAX_HELD_SIZE = 0.5  # of the person's box
_FEW = 3


def movement(evidence: Evidence, sighting: Sighting, noun: Noun) -> str:
    """Return what a thing does: "is walking to the left", "is standing still", "is in view"."""
    motion = evidence.motion(sighting, noun)
    if motion == "still":
        return "is standing still"
    name = sighting_name(evidence, sighting, noun)
    walks = name == "person" and not is_bust(sighting.box)
    verb = "walking" if walks else "riding" if name == "cyclist" else "moving"
    return f"is {verb}{COURSE_WORDS.get(motion, '')}" if motion else "is in view"


def anything_moving(asked: Question, evidence: Evidence) -> str:
    """Say whether anything moves, or what does."""
    yes = "Yes, " if asked.is_yes_or_no else ""
    for noun in GROUP_NOUNS:
        for sighting in evidence.find(noun).certain:
            if evidence.motion(sighting, noun) not in _AT_REST:
                name = counted(1, sighting_name(evidence, sighting, noun))
                return first_upper(f"{yes}{name} {movement(evidence, sighting, noun)}.")
    if any(thing.group == "motion" for thing in evidence.now.objects):
        return first_upper(f"{yes}something moves that I can't name.")
    if not evidence.camera_is_still:
        return "I can't tell: the camera itself moves."
    return "Nothing that I can make out moves."


def about_heading(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say which way something goes."""
    found = fitting(asked, noun, evidence)
    if not found.certain:
        return none_of(asked, noun, found)
    known = [s for s in found.certain if evidence.motion(s, noun)]
    if not known:
        which = f"{noun.one} is" if len(found.certain) == 1 else f"{noun.many} are"
        return f"I can't tell which way the {which} going."
    if len(known) == 1:
        return f"The {noun.one} {movement(evidence, known[0], noun)}."
    ways = Counter(movement(evidence, s, noun).removeprefix("is ") for s in known)
    return f"I see {joined([f'{number(n)} {way}' for way, n in ways.most_common(_FEW)])}."


def about_doing(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say what something does, as far as movement and what is at hand show it."""
    found = fitting(asked, noun, evidence)
    if not found.certain:
        return none_of(asked, noun, found)
    if len(found.certain) > 1:
        return about_heading(asked, noun, evidence)
    sighting = found.certain[0]
    held = _at_hand(evidence, sighting, noun) if noun.is_people else ""
    if {"holding", "carrying"} & set(asked.text.split()):
        return f"The {noun.one} is in view{held}." if held else CANNOT
    alone = noun.is_people and len(evidence.find(noun).certain) == 1
    deed = deeds_told(evidence) if alone else ""
    if deed:
        return deed
    motion = evidence.motion(sighting, noun)
    if motion in _AT_REST and evidence.stirs(sighting):
        return f"The {noun.one} is moving on the spot{held}."
    if motion:
        return f"The {noun.one} {movement(evidence, sighting, noun)}{held}."
    if held:
        return f"The {noun.one} is {place(evidence, sighting.box).side_phrase}{held}."
    return f"I can't tell what the {noun.one} is doing."


def _at_hand(evidence: Evidence, person: Sighting, noun: Noun) -> str:
    """Return ", with a cup": things within somebody's box, or ""."""
    names = [
        other.one
        for other, thing in kinds_seen(evidence, loose=True)
        if other.labels not in {noun.labels, PEOPLE.labels}
        and thing.box.covered_by(person.box.expanded(_REACH * person.box.height)) > 0.9
        and thing.box.area < _MAX_HELD_SIZE * person.box.area
    ]
    names = list(dict.fromkeys(names))[:2]
    return f", with {joined([counted(1, name) for name in names])}" if names else ""


def about_approach(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say whether something comes closer or moves away."""
    found = fitting(asked, noun, evidence)
    if not found.certain:
        return none_of(asked, noun, found)
    ways = {evidence.approach(s, noun) for s in found.certain}
    away = bool(_AWAY_WORDS & set(asked.text.split()))
    wanted, other = ("away", "closer") if away else ("closer", "away")
    phrases = {"away": "moving away", "closer": "coming closer"}
    the = f"the {noun.one}" if len(found.certain) == 1 else f"one of the {noun.many}"
    if wanted in ways:
        return f"Yes, {the} is {phrases[wanted]}."
    if "" in ways:
        return f"I can't tell whether {the} is {phrases[wanted]}."
    if other in ways:
        return f"No, {the} is {phrases[other]}."
    return f"No, the {noun.one} stays at the same distance."


def about_action(asked: Question, noun: Noun, evidence: Evidence) -> str:
    """Say whether something moves or rests; other actions can't be seen."""
    told = events_told(asked, evidence) if asked.action == "other" else ""
    if told:
        return f"Yes. {told}"
    if asked.action not in {"moves", "rests"}:
        return CANNOT
    found = fitting(asked, noun, evidence)
    if not found.certain:
        return none_of(asked, noun, found)
    known = [(s, evidence.motion(s, noun)) for s in found.certain]
    moving = [s for s, motion in known if motion not in _AT_REST]
    still = [s for s, motion in known if motion == "still"]
    wanted, other = (moving, still) if asked.action == "moves" else (still, moving)
    if wanted:
        name = counted(1, sighting_name(evidence, wanted[0], noun))
        where = place(evidence, wanted[0].box).side_phrase
        if noun.is_people and _SPECIAL_GAITS & set(asked.text.split()):
            gait = movement(evidence, wanted[0], noun)
            return f"I can't tell: {name} {gait.replace('walking', 'moving')} {where}."
        return f"Yes, {name} {movement(evidence, wanted[0], noun)} {where}."
    the = f"the {noun.one} is" if len(known) == 1 else f"the {noun.many} are"
    if len(other) == len(known):
        return f"No, {the} {'standing still' if asked.action == 'moves' else 'moving'}."
    if asked.action == "moves" and evidence.camera_is_still:
        return "None that I can make out."
    return f"I can't tell whether {the} moving."
