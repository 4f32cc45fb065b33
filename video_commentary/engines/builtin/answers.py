"""Answers to questions, as far as what was seen can answer them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ...core.prompting import TOPICS
from .names import GENERIC, counted, plural
from .scene import Moment, Seen
from .summary import certain, tally
from .topics import mentions
from .words import COURSES, DEPTHS, PLACES, first_upper, joined, listed, several

CANNOT = (
    "I can't tell that: I only know what kinds of things are in view, where they are "
    "and how they move."
)
NOTHING_SEEN = "I can't tell that yet: I have not seen enough of the picture."
_BLIND = "I can't tell that: my detector is not installed; run fetch_model builtin."
_BEYOND = re.compile(
    r"\b(colou?rs?|wear\w*|red|blue|green|black|white|yellow|old|young|age|happy|sad|angry|"
    r"why|name|named|called|read|says|written|sign says|brand|make of|model|when|time|date|"
    r"weather|rain\w*|sunn?y|far|distance|metres|meters|speed|fast|temperature|think\w*|feel\w*|"
    r"holding|carry\w*|safe|danger\w*|gender|sex)\b"
)
_CAMERA = {
    "left": "The camera is turning to the left.",
    "right": "The camera is turning to the right.",
    "up": "The camera is tilting up.",
    "down": "The camera is tilting down.",
    "in": "The view is drawing closer.",
    "out": "The view is widening.",
    "shake": "The camera is shaking.",
    "": "The camera is still.",
}
_WAY = re.compile(r"\b(direction|which way|heading|going|doing|moving|walking)\b")
_GENDERED = re.compile(r"\b(wo)?m[ae]n\b|\b(boy|girl|child|children|kid|lady|guy)s?\b")


def answer(question: str, moments: Sequence[Moment]) -> str:
    """Answer from the last moments of one camera; say plainly what can't be told."""
    if not moments:
        return NOTHING_SEEN
    now, text = moments[-1], question.lower()
    if re.search(r"\bcamera\b", text) and re.search(r"\b(mov|pan|tilt|zoom|shak|turn|still)", text):
        return _CAMERA.get(now.camera, "I can't tell whether the camera moves.")
    if re.search(r"\b(dark|bright|light)\b", text) and "traffic light" not in text:
        return _light(now.level)
    if _BEYOND.search(text):
        return CANNOT
    if not now.detecting:
        return _BLIND
    meanings = [m.meaning for m in mentions(question) if m.meaning not in {"counts", "motion"}]
    meanings = [m for m in dict.fromkeys(meanings) if m in GENERIC or m not in TOPICS]
    if meanings == ["people"] and re.match(r"who('s| is) (?!in|there|on|at|here)", text):
        return CANNOT
    if not meanings and _WAY.search(text) and re.search(r"\b(they|he|she|it|everyone)\b", text):
        groups = [t.group for t in now.seen if t.heading or t.resting]
        meanings = ["people"] if "people" in groups else list(dict.fromkeys(groups))
    if meanings:
        return _about(text, meanings, moments)
    if re.search(r"\b(what|who|describe|anything|something|going on|happen\w*|see|scene)\b", text):
        return _everything(moments)
    return CANNOT


def _light(level: float) -> str:
    if level < 35:
        return "It is very dark."
    return "It is rather dark." if level < 70 else "No, it is bright enough to see."


def _about(text: str, meanings: Sequence[str], moments: Sequence[Moment]) -> str:
    facts = []
    for meaning in meanings:
        things = [t for t in moments[-1].seen if meaning in (t.group, t.name)]
        if meaning == "bicycle":
            things += [t for t in moments[-1].seen if t.name == "cyclist"]
        facts.append(_fact(text, meaning, things, moments))
    reply = " ".join(facts)
    if _GENDERED.search(text) and "people" in meanings:
        reply += " I can't tell men, women and children apart."
    return reply


def _fact(text: str, meaning: str, things: Sequence[Seen], moments: Sequence[Moment]) -> str:
    noun = GENERIC.get(meaning, meaning)
    if not things:
        return f"I see no {plural(noun)}."
    sure = certain(moments, things[0].group)
    if re.search(r"\b(how many|number of|count)\b", text):
        return f"I see {several(len(things), noun, sure)}."
    if _WAY.search(text):
        return _movements(things, noun)
    if re.search(r"\bwhere\b", text):
        return first_upper(_located(things)) + "."
    opening = "Yes, " if re.match(r"\W*(is|are|do|does|can|any|have|has)\b", text) else "I see "
    return f"{opening}{tally(things, meaning, sure)}."


def _located(things: Sequence[Seen]) -> str:
    places = Counter((thing.name, thing.side) for thing in things)
    parts = [f"{counted(n, name)} {PLACES[side][0]}" for (name, side), n in places.items()]
    if len(things) == 1 and things[0].depth:
        parts[0] += f", {DEPTHS[things[0].depth][0]}"
    return joined(parts)


def _movements(things: Sequence[Seen], noun: str) -> str:
    parts = []
    for way, phrases in COURSES.items():
        count = sum(thing.heading == way for thing in things)
        if count:
            parts.append(f"{several(count, noun, True)} {phrases[0]}")
    still = sum(thing.resting for thing in things)
    if still:
        parts.append(f"{several(still, noun, True)} standing still")
    if not parts:
        return f"I can't tell how the {noun if len(things) == 1 else plural(noun)} moves."
    return "I see " + joined(parts) + "."


def _everything(moments: Sequence[Moment]) -> str:
    things = [t for t in moments[-1].seen if t.group in {"people", "vehicles", "animals"}]
    if not things:
        moving = any(t.group == "motion" for t in moments[-1].seen)
        return "Something moves that I can't name." if moving else "I see nothing that I can name."
    return f"I see {listed(things)}."
