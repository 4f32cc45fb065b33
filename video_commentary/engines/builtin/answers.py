"""Answers to questions, from the state of the scene alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ...core.prompting import TOPICS
from .labels import GENERIC, counted, plural
from .phrases import COURSES, DEPTHS, PLACES, count_phrase, first_upper, joined, object_list
from .scene_state import SceneObject, SceneState
from .summary import count_is_certain, count_summary
from .topics import find_mentions

CANNOT = (
    "I can't tell that: I only know what kinds of things are in view, where they are "
    "and how they move."
)
NOTHING_SEEN = "I can't tell that yet: I have not seen enough of the picture."
_NO_DETECTOR = "I can't tell that: my detector is not installed; run fetch_model builtin."
_UNKNOWABLE = re.compile(
    r"\b(colou?rs?|wear\w*|red|blue|green|black|white|yellow|old|young|age|happy|sad|angry|"
    r"why|name|named|called|read|says|written|sign says|brand|make of|model|when|time|date|"
    r"weather|rain\w*|sunn?y|far|distance|metres|meters|speed|fast|temperature|think\w*|feel\w*|"
    r"holding|carry\w*|safe|danger\w*|gender|sex)\b"
)
_MOVEMENT = re.compile(r"\b(direction|which way|heading|going|doing|moving|walking)\b")
_PRONOUN = re.compile(r"\b(they|he|she|it|everyone)\b")
_IDENTITY = re.compile(r"who('s| is) (?!in|there|on|at|here)")
_GENDERED = re.compile(r"\b(wo)?m[ae]n\b|\b(boy|girl|child|children|kid|lady|guy)s?\b")


def answer(question: str, states: Sequence[SceneState]) -> str:
    """Answer a question from the last states of one camera, or say that it can't be answered."""
    if not states:
        return NOTHING_SEEN
    now, text = states[-1], question.lower()
    if re.search(r"\bcamera\b", text) and re.search(r"\b(mov|pan|tilt|zoom|shak|turn|still)", text):
        return now.camera_move.texts.answer
    if re.search(r"\b(dark|bright|light)\b", text) and "traffic light" not in text:
        return _light(now.brightness)
    if _UNKNOWABLE.search(text):
        return CANNOT
    if not now.has_detector:
        return _NO_DETECTOR
    named = dict.fromkeys(mention.meaning for mention in find_mentions(question))
    meanings = [meaning for meaning in named if meaning in GENERIC or meaning not in TOPICS]
    if meanings == ["people"] and _IDENTITY.match(text):
        return CANNOT
    meanings = meanings or _groups_meant(text, now)
    if meanings:
        return _about(text, meanings, states)
    if re.search(r"\b(what|who|describe|anything|something|going on|happen\w*|see|scene)\b", text):
        return _everything(now)
    return CANNOT


def _groups_meant(text: str, now: SceneState) -> list[str]:
    """Return the groups that "they", "he" or "it" may mean in a question about movement."""
    if not (_MOVEMENT.search(text) and _PRONOUN.search(text)):
        return []
    groups = [t.group for t in now.objects if t.heading or t.stationary]
    return ["people"] if "people" in groups else list(dict.fromkeys(groups))


def _light(brightness: float) -> str:
    if brightness < 35:
        return "It is very dark."
    return "It is rather dark." if brightness < 70 else "No, it is bright enough to see."


def _about(text: str, meanings: Sequence[str], states: Sequence[SceneState]) -> str:
    facts = []
    for meaning in meanings:
        objects = [t for t in states[-1].objects if meaning in (t.group, t.name)]
        if meaning == "bicycle":
            objects += [t for t in states[-1].objects if t.name == "cyclist"]
        facts.append(_fact(text, meaning, objects, states))
    reply = " ".join(facts)
    if _GENDERED.search(text) and "people" in meanings:
        reply += " I can't tell men, women and children apart."
    return reply


def _fact(
    text: str, meaning: str, objects: Sequence[SceneObject], states: Sequence[SceneState]
) -> str:
    noun = GENERIC.get(meaning, meaning)
    if not objects:
        return f"I see no {plural(noun)}."
    certain = count_is_certain(states, objects[0].group)
    if re.search(r"\b(how many|number of|count)\b", text):
        return f"I see {count_phrase(len(objects), noun, certain)}."
    if _MOVEMENT.search(text):
        return _movements(objects, noun)
    if re.search(r"\bwhere\b", text):
        return first_upper(_places(objects)) + "."
    opening = "Yes, " if re.match(r"\W*(is|are|do|does|can|any|have|has)\b", text) else "I see "
    return f"{opening}{count_summary(objects, meaning, certain)}."


def _places(objects: Sequence[SceneObject]) -> str:
    places = Counter((thing.name, thing.side) for thing in objects)
    parts = [f"{counted(n, name)} {PLACES[side][0]}" for (name, side), n in places.items()]
    if len(objects) == 1 and objects[0].depth:
        parts[0] += f", {DEPTHS[objects[0].depth][0]}"
    return joined(parts)


def _movements(objects: Sequence[SceneObject], noun: str) -> str:
    parts = []
    for heading, phrases in COURSES.items():
        count = sum(thing.heading == heading for thing in objects)
        if count:
            parts.append(f"{count_phrase(count, noun, True)} {phrases[0]}")
    still = sum(thing.stationary for thing in objects)
    if still:
        parts.append(f"{count_phrase(still, noun, True)} standing still")
    if not parts:
        return f"I can't tell how the {noun if len(objects) == 1 else plural(noun)} moves."
    return "I see " + joined(parts) + "."


def _everything(now: SceneState) -> str:
    objects = [t for t in now.objects if t.group in {"people", "vehicles", "animals"}]
    if not objects:
        moving = any(t.group == "motion" for t in now.objects)
        return "Something moves that I can't name." if moving else "I see nothing that I can name."
    return f"I see {object_list(objects)}."
