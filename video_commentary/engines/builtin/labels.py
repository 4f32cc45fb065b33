"""Labels of objects: those of COCO, the groups they belong to, and their plurals."""

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
UNIDENTIFIED = "something"
"""The label of a moving region that the detector has no label for."""

GROUPS = {"person": "people", UNIDENTIFIED: "motion"}
GROUPS |= dict.fromkeys(VEHICLES, "vehicles") | dict.fromkeys(ANIMALS, "animals")

GENERIC = {"people": "person", "vehicles": "vehicle", "animals": "animal", "things": "thing"}
"""The noun for any member of a group."""

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

_SPOKEN = {
    "sports ball": "ball",
    "dining table": "table",
    "cell phone": "phone",
    "potted plant": "plant",
    "tv": "screen",
}
"""What labels are called in a sentence."""

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
    """Return the group of a label: people, vehicles, animals, things or motion."""
    return GROUPS.get(label, "things")


def plural(noun: str) -> str:
    """Return the English plural of a noun."""
    return _PLURALS.get(noun, noun + "s")


def number(count: int) -> str:
    """Return a count as a word: "no" for 0, "many" above twelve."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else "many"


def counted(count: int, noun: str) -> str:
    """Return "a dog", "an elephant" or "three dogs"."""
    noun = _SPOKEN.get(noun, noun)
    if noun == UNIDENTIFIED:
        return noun if count == 1 else f"{number(count)} things"
    if count == 1:
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    return f"{number(count)} {plural(noun)}"
