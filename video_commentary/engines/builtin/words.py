"""Phrases of place, direction and number, varied by a seeded generator."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from .names import counted, number, plural
from .scene import Seen

PLACES = {
    "left": ("on the left", "over on the left", "at the left"),
    "right": ("on the right", "over on the right", "at the right"),
    "middle": ("in the middle", "near the middle"),
}
DEPTHS = {"back": ("in the background", "further back"), "front": ("in the foreground",)}
BORDERS = {
    "left": "the left",
    "right": "the right",
    "bottom": "the near edge",
    "top": "the far edge",
}
COURSES = {
    "left": ("towards the left", "to the left", "leftwards"),
    "right": ("towards the right", "to the right", "rightwards"),
    "closer": ("towards the camera", "closer"),
    "away": ("away from the camera", "away"),
}


def place(side: str, depth: str, rng: random.Random) -> str:
    """Say where: on the left, in the background."""
    where = rng.choice(PLACES[side])
    if depth and rng.random() < 0.6:
        return f"{where}, {rng.choice(DEPTHS[depth])},"
    return where


def course(heading: str, rng: random.Random) -> str:
    """Say which way; "" for an unknown one."""
    return rng.choice(COURSES[heading]) if heading in COURSES else ""


def first_upper(text: str) -> str:
    """Begin with a capital."""
    return text[:1].upper() + text[1:]


def joined(parts: Sequence[str]) -> str:
    """Join as in a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def listed(things: Sequence[Seen]) -> str:
    """Name things with their numbers: two people, a car and a dog."""
    names = Counter(thing.name for thing in things)
    return joined([counted(count, name) for name, count in names.most_common(4)])


def several(count: int, noun: str, certain: bool) -> str:
    """Say how many: exactly where certain, "at least" otherwise; starts in lower case."""
    if certain:
        return f"{number(count)} {noun if count == 1 else plural(noun)}"
    return f"at least {number(count)} {noun if count == 1 else plural(noun)}"
