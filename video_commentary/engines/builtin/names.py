"""What things are called: COCO's labels, the groups they belong to, and plain words for them."""

from __future__ import annotations

VEHICLES = ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat")
ANIMALS = (
    "bird",
    "cat",
    "dog",
    "horse",
    "sheep",
    "cow",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
)
MOVING = "something"
"""The label of what moves and can't be named."""

GROUPS = {"person": "people", MOVING: "motion"}
GROUPS |= dict.fromkeys(VEHICLES, "vehicles") | dict.fromkeys(ANIMALS, "animals")

GENERIC = {"people": "person", "vehicles": "vehicle", "animals": "animal", "things": "thing"}
"""The word for anything of a group."""

_PLURALS = {
    "person": "people",
    "bus": "buses",
    "sheep": "sheep",
    "knife": "knives",
    "bench": "benches",
    "couch": "couches",
    "toothbrush": "toothbrushes",
    "wine glass": "wine glasses",
    "sandwich": "sandwiches",
    "skis": "skis",
    "scissors": "scissors",
}

_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def group_of(label: str) -> str:
    """Return the topic a label belongs to: people, vehicles, animals, things or motion."""
    return GROUPS.get(label, "things")


def plural(noun: str) -> str:
    """Return the plural of a noun."""
    return _PLURALS.get(noun, noun + "s")


def number(count: int) -> str:
    """Return a small number as a word."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else "many"


def counted(count: int, noun: str) -> str:
    """Return "a dog", "an elephant" or "three dogs"."""
    if noun == MOVING:
        return noun if count == 1 else f"{number(count)} things"
    if count == 1:
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    return f"{number(count)} {plural(noun)}"
