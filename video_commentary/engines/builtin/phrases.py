"""Phrases for places, directions and counts; a seeded generator varies the wording."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from .labels import at_least, counted, number, plural
from .languages.english import CONJUNCTION, COURSES, DEPTHS, PLACES
from .scene_state import SceneObject


def place_phrase(
    side: str,
    depth: str,
    rng: random.Random,
    places: Mapping[str, Sequence[str]] = MappingProxyType({}),
    depths: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """Return where an object is: "on the left", or "on the left, in the background,".

    `places` and `depths`: phrases instead of `PLACES` and `DEPTHS`.
    """
    where = rng.choice(places.get(side, PLACES[side]))
    if depth and (depths or rng.random() < 0.6):
        return f"{where}, {rng.choice(depths.get(depth, DEPTHS[depth]))},"
    return where


def course_phrase(heading: str, rng: random.Random) -> str:
    """Return the direction of a movement, "" if it has no phrase."""
    return rng.choice(COURSES[heading]) if heading in COURSES else ""


def first_upper(text: str) -> str:
    """Return the text with its first letter in upper case and the rest unchanged."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Return the text with its first letter in lower case and the rest unchanged."""
    return text[:1].lower() + text[1:]


def joined(parts: Sequence[str]) -> str:
    """Join parts as in "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {CONJUNCTION} {parts[-1]}"


def object_list(objects: Sequence[SceneObject]) -> str:
    """List objects by name, at most four names: "two people, a car and a dog"."""
    names = Counter(thing.name for thing in objects)
    return joined([counted(count, name) for name, count in names.most_common(4)])


def count_phrase(count: int, noun: str, certain: bool) -> str:
    """Return "two people", or "at least two people" if the count is not certain."""
    amount = f"{number(count)} {noun if count == 1 else plural(noun)}"
    return amount if certain else at_least(count, amount)
