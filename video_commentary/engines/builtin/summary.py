"""Sentences about the state of a scene: for quiet stretches, new instructions and questions."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .labels import GENERIC, counted, number, plural
from .phrases import (
    COURSES,
    PLACES,
    count_phrase,
    course_phrase,
    first_upper,
    joined,
    object_list,
    place_phrase,
)
from .scene_state import SceneObject, SceneState
from .topics import TopicFilter

MAX_EXACT_COUNT = 3
"""Higher counts are always given as "at least"."""

_MIN_STATES = 5  # before a count can be certain
_NOT_OBJECTS = frozenset(("motion", "light", "counts", "camera"))
"""Topics that are not about objects."""


def count_is_certain(states: Sequence[SceneState], group: str) -> bool:
    """Return whether a group's count is low, has not changed in `states`, and may be complete."""
    counts = {len(state.in_group(group)) for state in states}
    unnamed = any(state.unnamed.get(group) for state in states)
    constant = len(states) >= _MIN_STATES and len(counts) == 1
    return constant and not unnamed and counts.pop() <= MAX_EXACT_COUNT


def summaries(states: Sequence[SceneState], topics: TopicFilter, rng: random.Random) -> list[str]:
    """Return true sentences about the newest state, the most important first."""
    sentences: list[str] = []
    if "counts" in topics.asked:
        sentences += _counts(states, topics)
    for topic in topics.topics:
        objects = [t for t in states[-1].in_group(topic) if topics.allows(t.group, t.name)]
        if topic == "people" and objects:
            sentences += _people(objects, count_is_certain(states, topic), rng)
        elif topic in {"vehicles", "animals"} and objects:
            sentences += _vehicles_or_animals(objects, rng)
    return sentences


def _counts(states: Sequence[SceneState], topics: TopicFilter) -> list[str]:
    sentences = []
    for group in ("people", "vehicles", "animals"):
        objects = [t for t in states[-1].in_group(group) if topics.allows(t.group, t.name)]
        if objects:
            certain = count_is_certain(states, group)
            amount = count_phrase(len(objects), GENERIC[group], certain)
            sentences += [f"{first_upper(amount)} in view."]
            sentences += [f"I count {amount}.", f"Now I count {amount}."]
    return sentences


def _people(people: Sequence[SceneObject], certain: bool, rng: random.Random) -> list[str]:
    sentences = []
    pairs = [p for p in people if p.companions and p.age > 1.5]
    if len(pairs) == 2 and pairs[0].track_id in pairs[1].companions:
        sentences += _pair(pairs[0], rng)
    if len(people) == 1:
        return sentences + [_person(people[0], rng)]
    sentences += _directions(people, certain, rng)
    amount = first_upper(count_phrase(len(people), "person", certain))
    sentences += [f"{amount} are in view.", f"{amount} can be seen now."]
    nearest = sorted(people, key=lambda p: -p.box.height)[:2]
    return sentences + [_person(person, rng) for person in nearest]


def _pair(one: SceneObject, rng: random.Random) -> list[str]:
    where = place_phrase(one.side, "", rng)
    if one.stationary:
        return [f"Two people stand together {where}.", f"Two people are standing {where}."]
    course = course_phrase(one.heading, rng)
    return [
        f"Two people walk side by side {course}, {where}.".replace(" ,", ","),
        f"Two people {where} are walking together {course}.".replace(" .", "."),
    ]


def _directions(people: Sequence[SceneObject], certain: bool, rng: random.Random) -> list[str]:
    parts = []
    for heading in COURSES:
        count = sum(p.heading == heading for p in people)
        if count:
            parts.append((count, course_phrase(heading, rng)))
    if not parts:
        return []
    count, course = parts[0]
    verb = "person is" if count == 1 else "people are"
    # People without a known heading may walk the same way.
    certain = certain and all(p.heading or p.stationary for p in people)
    amount = number(count) if certain else f"at least {number(count)}"
    first = f"{first_upper(amount)} {verb} walking {course}"
    return [joined([first, *(f"{number(n)} {phrase}" for n, phrase in parts[1:])]) + "."]


def _person(person: SceneObject, rng: random.Random) -> str:
    subject = f"{counted(1, person.name)} {person.clothes}"
    where = place_phrase(person.side, person.depth, rng)
    if person.stationary:
        return _sentence(f"{subject} is standing still {where}.")
    if person.heading in COURSES:
        verb = "walking" if person.name == "person" else "moving"
        return _sentence(f"{subject} {where} is {verb} {course_phrase(person.heading, rng)}.")
    return _sentence(f"{subject} is {where}.")


def _vehicles_or_animals(objects: Sequence[SceneObject], rng: random.Random) -> list[str]:
    moving = [t for t in objects if t.heading in COURSES]
    if moving:
        thing = max(moving, key=lambda t: t.box.area)
        where = place_phrase(thing.side, thing.depth, rng)
        course = course_phrase(thing.heading, rng)
        return [_sentence(f"{counted(1, thing.name)} {where} is moving {course}.")]
    if len(objects) == 1:
        where = place_phrase(objects[0].side, objects[0].depth, rng)
        return [_sentence(f"{counted(1, objects[0].name)} is {where}.")]
    return [f"{first_upper(count_phrase(len(objects), _common_noun(objects), False))} are in view."]


def _common_noun(objects: Sequence[SceneObject]) -> str:
    """Return the name that all objects share, or their group's generic noun."""
    names = {thing.name for thing in objects}
    return names.pop() if len(names) == 1 else GENERIC[objects[0].group]


def _sentence(text: str) -> str:
    return first_upper(" ".join(text.replace(",.", ".").split()))


def scene_contents(objects: Sequence[SceneObject], rng: random.Random) -> str:
    """List objects by name, with the place of a single one; in lower case, no full stop."""
    if len(objects) == 1:
        return f"{counted(1, objects[0].name)} {rng.choice(PLACES[objects[0].side])}"
    return object_list(objects)


def instruction_summary(meanings: Sequence[str], states: Sequence[SceneState]) -> str:
    """Confirm an instruction, with what is in view of the topics and labels that it names."""
    nouns = [m if m in GENERIC or m in _NOT_OBJECTS else plural(m) for m in meanings]
    facts = []
    for meaning in meanings:
        if meaning in _NOT_OBJECTS:
            continue
        objects = [t for t in states[-1].objects if meaning in (t.group, t.name)]
        certain = count_is_certain(states, objects[0].group) if objects else False
        facts.append(count_summary(objects, meaning, certain))
    if not facts:
        return f"I will tell you about {joined(nouns)}."
    return f"You asked about {joined(nouns)}: {', '.join(facts)}."


def count_summary(objects: Sequence[SceneObject], meaning: str, certain: bool) -> str:
    """Return how many there are, and where a single one is: "one dog on the left"."""
    if not objects:
        return f"no {plural(GENERIC.get(meaning, meaning))} in view that I can make out"
    if len(objects) == 1:
        return f"{count_phrase(1, objects[0].name, True)} {PLACES[objects[0].side][0]}"
    return f"{count_phrase(len(objects), _common_noun(objects), certain)} in view"
