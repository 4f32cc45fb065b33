"""Sentences about the state of a scene: for quiet stretches, new instructions and questions."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .claims import Sentence, present
from .labels import GENERIC, at_least, counted, number, plural
from .languages.english import COURSES, PLACES, said, ways
from .phrases import (
    count_phrase,
    course_phrase,
    first_upper,
    joined,
    object_list,
    place_phrase,
)
from .scene_state import SceneObject, SceneState
from .scene_store import SceneHistory
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


def summaries(history: SceneHistory, topics: TopicFilter, rng: random.Random) -> list[Sentence]:
    """Return true sentences about the newest state, the most important first."""
    sentences: list[Sentence] = []
    if "counts" in topics.asked:
        sentences += _counts(history, topics)
    for topic in topics.topics:
        objects = [t for t in history.objects if topic == t.group]
        objects = [t for t in objects if topics.allows(t.group, t.name)]
        if topic == "people" and objects:
            sentences += _people(objects, history, rng)
        elif topic in {"vehicles", "animals"} and objects:
            sentences.append(_vehicles_or_animals(objects, history, rng))
    return sentences


def _counts(history: SceneHistory, topics: TopicFilter) -> list[Sentence]:
    sentences = []
    for group in ("people", "vehicles", "animals"):
        objects = [t for t in history.states[-1].in_group(group) if topics.allows(group, t.name)]
        if objects:
            certain = count_is_certain(history.states, group)
            amount = count_phrase(len(objects), GENERIC[group], certain)
            claim = present(objects, history, name=GENERIC[group], at_least=not certain)
            sentences += [Sentence(text, (claim,)) for text in ways("count", amount=amount)]
    return sentences


def _people(
    people: Sequence[SceneObject], history: SceneHistory, rng: random.Random
) -> list[Sentence]:
    certain = count_is_certain(history.states, "people")
    sentences = []
    pairs = [p for p in people if p.companions and p.age > 1.5]
    if len(pairs) == 2 and pairs[0].track_id in pairs[1].companions:
        claim = present(pairs, history, name="person", where=pairs[0].side)
        sentences += [Sentence(text, (claim,)) for text in _pair(pairs[0], rng)]
    if len(people) == 1:
        return [*sentences, _person(people[0], history, rng)]
    sentences += _directions(people, certain, history, rng)
    amount = count_phrase(len(people), "person", certain)
    claim = present(people, history, name="person", at_least=not certain)
    sentences += [Sentence(text, (claim,)) for text in ways("people", amount=amount)]
    nearest = sorted(people, key=lambda p: -p.box.height)[:2]
    return sentences + [_person(person, history, rng) for person in nearest]


def _pair(one: SceneObject, rng: random.Random) -> list[str]:
    where = place_phrase(one.side, "", rng)
    if one.stationary:
        return ways("pair_stands", where=where)
    course = course_phrase(one.heading, rng)
    texts = ways("pair_walks", where=where, course=course)
    return [text.replace(" ,", ",").replace(" .", ".") for text in texts]


def _directions(
    people: Sequence[SceneObject], certain: bool, history: SceneHistory, rng: random.Random
) -> list[Sentence]:
    parts, claims = [], []
    # People without a known heading may walk the same way.
    certain = certain and all(p.heading or p.stationary for p in people)
    for heading in COURSES:
        those = [p for p in people if p.heading == heading]
        if those:
            parts.append((len(those), course_phrase(heading, rng)))
            claim = present(those, history, name="person", kind="moves", at_least=not certain)
            claims.append(claim)
    if not parts:
        return []
    count, course = parts[0]
    amount = number(count) if certain else at_least(count, number(count))
    first = said("walking", several=count > 1, number=amount, course=course)
    others = [said("going", number=number(n), course=phrase) for n, phrase in parts[1:]]
    text = joined([first, *others]) + "."
    return [Sentence(text, tuple(claims))]


def _person(person: SceneObject, history: SceneHistory, rng: random.Random) -> Sentence:
    subject = f"{counted(1, person.name)} {person.clothes}"
    where = place_phrase(person.side, person.depth, rng)
    kind, text = "present", said("is", subject=subject, where=where)
    if person.stationary:
        kind, text = "rests", said("stands_still", subject=subject, where=where)
    elif person.heading in COURSES:
        kind, verb = "moves", "walks" if person.name == "person" else "moving"
        course = course_phrase(person.heading, rng)
        text = said(verb, subject=subject, where=where, course=course)
    claim = present([person], history, kind=kind, where=person.side)
    return Sentence(_sentence(text), (claim,))


def _vehicles_or_animals(
    objects: Sequence[SceneObject], history: SceneHistory, rng: random.Random
) -> Sentence:
    moving = [t for t in objects if t.heading in COURSES]
    if not moving and len(objects) > 1:
        name = common_noun(objects)
        amount = count_phrase(len(objects), name, False)
        claim = present(objects, history, name=name, at_least=True)
        return Sentence(said("in_view", amount=amount), (claim,))
    thing = max(moving or objects, key=lambda t: t.box.area)
    where = place_phrase(thing.side, thing.depth, rng)
    subject = counted(1, thing.name)
    text = said("is", subject=subject, where=where)
    if moving:
        course = course_phrase(thing.heading, rng)
        text = said("moving", subject=subject, where=where, course=course)
    claim = present([thing], history, kind="moves" if moving else "present", where=thing.side)
    return Sentence(_sentence(text), (claim,))


def common_noun(objects: Sequence[SceneObject]) -> str:
    """Return the name that all objects share, or their group's generic noun."""
    names = {thing.name for thing in objects}
    return names.pop() if len(names) == 1 else GENERIC[objects[0].group]


def _sentence(text: str) -> str:
    return first_upper(" ".join(text.replace(",.", ".").split()))


def moving(thing: SceneObject, rng: random.Random) -> str:
    """Return who moves, and which way: "a person walks to the right"."""
    verb = "walks" if thing.name == "person" else "moves"
    subject = f"{counted(1, thing.name)} {thing.clothes}".strip()
    return f"{subject} {verb} {course_phrase(thing.heading, rng)}"


def scene_contents(objects: Sequence[SceneObject]) -> str:
    """List objects by name, with the place of a single one; in lower case, no full stop."""
    if len(objects) == 1:
        return f"{counted(1, objects[0].name)} {PLACES[objects[0].side][0]}"
    return object_list(objects)


def instruction_summary(meanings: Sequence[str], history: SceneHistory) -> Sentence:
    """Confirm an instruction, with what is in view of the topics and labels that it names."""
    nouns = [m if m in GENERIC or m in _NOT_OBJECTS else plural(m) for m in meanings]
    facts, claims = [], []
    for meaning in meanings:
        if meaning in _NOT_OBJECTS:
            continue
        objects = [t for t in history.objects if meaning in (t.group, t.name)]
        certain = bool(objects) and count_is_certain(history.states, objects[0].group)
        facts.append(count_summary(objects, meaning, certain))
        if objects:
            name = common_noun(objects)
            claims.append(present(objects, history, name=name, at_least=not certain))
    if not facts:
        return Sentence(said("will_tell", topics=joined(nouns)))
    text = said("asked_about", topics=joined(nouns), facts=", ".join(facts))
    return Sentence(text, tuple(claims))


def count_summary(objects: Sequence[SceneObject], meaning: str, certain: bool) -> str:
    """Return how many there are, and where a single one is: "one dog on the left"."""
    if not objects:
        return said("none_in_view", things=plural(GENERIC.get(meaning, meaning)))
    if len(objects) == 1:
        return f"{count_phrase(1, objects[0].name, True)} {PLACES[objects[0].side][0]}"
    amount = count_phrase(len(objects), common_noun(objects), certain)
    return said("amount_in_view", amount=amount)
