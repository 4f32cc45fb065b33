"""Labels of objects: those of COCO, the groups they belong to, and their English names."""

from __future__ import annotations

from .languages.english import AT_LEAST, MANY, NUMBERS, PLURALS, SPOKEN

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
ROAD_VEHICLES = frozenset(("car", "truck", "bus", "motorcycle"))
"""What drives on roads, and hardly ever stands in a room."""
ROOM_FURNITURE = frozenset(
    ("tv", "couch", "bed", "refrigerator", "oven", "microwave", "sink", "toilet")
)
"""What stands in rooms alone."""
UNIDENTIFIED = "something"
"""The label of a moving region that the detector has no label for."""

GROUPS = {"person": "people", UNIDENTIFIED: "motion"}
GROUPS |= dict.fromkeys(VEHICLES, "vehicles") | dict.fromkeys(ANIMALS, "animals")

GENERIC = {"people": "person", "vehicles": "vehicle", "animals": "animal", "things": "thing"}
"""The noun for any member of a group."""


def group_of(label: str) -> str:
    """Return the group of a label: people, vehicles, animals, things or motion."""
    return GROUPS.get(label, "things")


def plural(noun: str) -> str:
    """Return the English plural of a noun."""
    return PLURALS.get(noun, noun + "s")


def number(count: int) -> str:
    """Return a count as a word: "no" for 0, "many" above twelve."""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else MANY


def at_least(count: int, amount: str) -> str:
    """Return "at least two people" for an amount in words; "many people" stays as it is."""
    return AT_LEAST.format(amount=amount) if count < len(NUMBERS) else amount


def counted(count: int, noun: str) -> str:
    """Return "a dog", "an elephant" or "three dogs"."""
    noun = SPOKEN.get(noun, noun)
    if noun == UNIDENTIFIED:
        return noun if count == 1 else f"{number(count)} things"
    if count == 1:
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    return f"{number(count)} {plural(noun)}"
