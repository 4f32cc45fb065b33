"""What is to be seen now, in sentences: for quiet stretches, new instructions and questions."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .names import GENERIC, counted, number, plural
from .scene import Moment, Seen
from .topics import Wishes
from .words import PLACES, course, first_upper, joined, listed, place, several

SURE_OF = 3
"""So many things are counted exactly, if nothing hints at more; above, it is "at least"."""


def certain(moments: Sequence[Moment], group: str) -> bool:
    """Return whether the number of things of a group has been the same for some two seconds."""
    counts = {len(moment.of(group)) for moment in moments}
    doubts = any(moment.unsure.get(group) for moment in moments)
    return len(moments) >= 5 and len(counts) == 1 and not doubts and counts.pop() <= SURE_OF


def summaries(moments: Sequence[Moment], wishes: Wishes, rng: random.Random) -> list[str]:
    """Return true sentences about the newest moment, the most telling first."""
    now = moments[-1]
    ways: list[str] = []
    if "counts" in wishes.asked:
        ways += _counts(moments, wishes)
    for topic in wishes.topics:
        things = [t for t in now.of(topic) if wishes.allow(t.group, t.name) and _telling(t)]
        if topic == "people" and things:
            ways += _people(things, certain(moments, topic), rng)
        elif topic in {"vehicles", "animals"} and things:
            ways += _others(things, rng)
    return ways


def _counts(moments: Sequence[Moment], wishes: Wishes) -> list[str]:
    ways = []
    for group in ("people", "vehicles", "animals"):
        things = [t for t in moments[-1].of(group) if wishes.allow(t.group, t.name)]
        if things:
            amount = several(len(things), GENERIC[group], certain(moments, group))
            ways += [f"{first_upper(amount)} in view."]
            ways += [f"I count {amount}.", f"Now I count {amount}."]
    return ways


def _telling(thing: Seen) -> bool:
    return thing.group not in {"things", "motion"}


def _people(people: Sequence[Seen], sure: bool, rng: random.Random) -> list[str]:
    ways = []
    pairs = [p for p in people if p.companions and p.age > 1.5]
    if len(pairs) == 2 and pairs[0].number in pairs[1].companions:
        ways += _pair(pairs[0], rng)
    if len(people) == 1:
        ways += [_one(people[0], rng)]
    else:
        ways += _directions(people, sure, rng)
        amount = first_upper(several(len(people), "person", sure))
        ways += [f"{amount} are in view.", f"{amount} can be seen now."]
        ways += [_one(person, rng) for person in sorted(people, key=lambda p: -p.box.height)[:2]]
    return ways


def _pair(one: Seen, rng: random.Random) -> list[str]:
    where = place(one.side, "", rng)
    if one.resting:
        return [f"Two people stand together {where}.", f"Two people are standing {where}."]
    towards = course(one.heading, rng)
    return [
        f"Two people walk side by side {towards}, {where}.".replace(" ,", ","),
        f"Two people {where} are walking together {towards}.".replace(" .", "."),
    ]


def _directions(people: Sequence[Seen], sure: bool, rng: random.Random) -> list[str]:
    parts = []
    for way in ("left", "right", "closer", "away"):
        count = sum(p.heading == way for p in people)
        if count:
            parts.append((count, course(way, rng)))
    if not parts:
        return []
    count, towards = parts[0]
    noun = "person is" if count == 1 else "people are"
    # Whoever's way is not known yet may go the same way.
    known = sure and all(p.heading or p.resting for p in people)
    amount = number(count) if known else f"at least {number(count)}"
    text = f"{first_upper(amount)} {noun} walking {towards}"
    rest = [f"{number(c)} {t}" for c, t in parts[1:]]
    return [joined([text, *rest]) + "."]


def _one(person: Seen, rng: random.Random) -> str:
    who = f"{counted(1, person.name)} {person.clothes}"
    where = place(person.side, person.depth, rng)
    if person.resting:
        return _tidy(f"{who} is standing still {where}.")
    if person.heading in {"left", "right", "closer", "away"}:
        verb = "walking" if person.name == "person" else "moving"
        return _tidy(f"{who} {where} is {verb} {course(person.heading, rng)}.")
    return _tidy(f"{who} is {where}.")


def _others(things: Sequence[Seen], rng: random.Random) -> list[str]:
    moving = [t for t in things if t.heading in {"left", "right", "closer", "away"}]
    if moving:
        thing = max(moving, key=lambda t: t.box.area)
        where = place(thing.side, thing.depth, rng)
        return [_tidy(f"{counted(1, thing.name)} {where} is moving {course(thing.heading, rng)}.")]
    if len(things) == 1:
        where = place(things[0].side, things[0].depth, rng)
        return [_tidy(f"{counted(1, things[0].name)} is {where}.")]
    names = {thing.name for thing in things}
    noun = names.pop() if len(names) == 1 else GENERIC[things[0].group]
    return [f"{first_upper(several(len(things), noun, False))} are in view."]


def _tidy(text: str) -> str:
    return first_upper(" ".join(text.replace(",.", ".").split()))


def described(things: Sequence[Seen], rng: random.Random) -> str:
    """Name things, and where one is if it is alone; in lower case, without a full stop."""
    if len(things) == 1:
        return f"{counted(1, things[0].name)} {rng.choice(PLACES[things[0].side])}"
    return listed(things)


def about(meanings: Sequence[str], moments: Sequence[Moment]) -> str:
    """Say how things stand with what a new instruction asks for."""
    now = moments[-1]
    subject = joined([m if m in GENERIC or m in _PLAIN else plural(m) for m in meanings])
    facts = []
    for meaning in meanings:
        if meaning in _PLAIN:
            continue
        things = [t for t in now.seen if meaning in (t.group, t.name)]
        facts.append(tally(things, meaning, certain(moments, things[0].group) if things else False))
    if not facts:
        return f"I will tell you about {subject}."
    return f"You asked about {subject}: {', '.join(facts)}."


_PLAIN = frozenset(("motion", "light", "counts", "camera"))


def tally(things: Sequence[Seen], meaning: str, sure: bool) -> str:
    """Say how many there are and where: two in view, one on the left and one on the right."""
    if not things:
        return f"no {plural(GENERIC.get(meaning, meaning))} in view that I can make out"
    if len(things) == 1:
        return f"{several(1, things[0].name, sure or len(things) == 1)} {PLACES[things[0].side][0]}"
    noun = things[0].name if len({t.name for t in things}) == 1 else GENERIC[things[0].group]
    return f"{several(len(things), noun, sure)} in view"
