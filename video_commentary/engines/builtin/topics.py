"""What an instruction or a question speaks of: topics and kinds of things, wanted or not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...core.prompting import TOPICS, Profile
from .names import ANIMALS, GENERIC, VEHICLES, group_of, plural

_WORDS = {
    "people": "people persons person pedestrian pedestrians man men woman women child children "
    "kid kids boy boys girl girls human humans anyone anybody someone somebody nobody everyone "
    "everybody walker walkers passer-by passers-by crowd crowds guest guests player players "
    "worker workers visitor visitors intruder intruders who",
    "vehicles": "vehicle vehicles traffic van vans lorry lorries taxi taxis",
    "animals": "animal animals wildlife creature creatures pet pets",
    "things": "thing things object objects item items",
    "motion": "motion motions movement movements activity action",
    "light": "light lights lighting brightness darkness dark darker bright brighter daylight",
    "counts": "count counts counting number numbers",
    "camera": "pan pans panning tilt tilts tilting zoom zooms zooming shaking shake shakes",
}
_LABELS = {
    "bicycle": "bike bikes cyclist cyclists bicyclist",
    "car": "automobile automobiles",
    "motorcycle": "motorbike motorbikes motorcyclist motorcyclists scooter scooters",
    "airplane": "plane planes aeroplane aeroplanes aircraft",
    "truck": "lorry lorries",
    "bus": "coach coaches",
    "train": "tram trams",
    "boat": "ship ships",
    "dog": "puppy puppies",
    "cat": "kitten kittens",
    "horse": "pony ponies",
    "cow": "cattle",
    "bird": "birds pigeon pigeons gull gulls duck ducks",
    "couch": "sofa sofas",
    "tv": "television televisions screen screens monitor monitors",
    "cell phone": "phone phones",
    "sports ball": "ball balls football footballs",
    "potted plant": "plant plants",
    "backpack": "rucksack rucksacks",
    "handbag": "bag bags",
}
_THINGS = (
    "traffic light",
    "fire hydrant",
    "stop sign",
    "parking meter",
    "bench",
    "backpack",
    "umbrella",
    "handbag",
    "suitcase",
    "frisbee",
    "sports ball",
    "kite",
    "skateboard",
    "surfboard",
    "bottle",
    "cup",
    "chair",
    "couch",
    "potted plant",
    "bed",
    "dining table",
    "toilet",
    "tv",
    "laptop",
    "mouse",
    "remote",
    "keyboard",
    "cell phone",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
    "teddy bear",
)


def _dictionary() -> dict[str, str]:
    """Return every phrase and the topic or label it means; phrases of two words included."""
    words = {}
    for label in (*VEHICLES, *ANIMALS, *_THINGS):
        words[label] = words[plural(label)] = label
    for meaning, text in (_LABELS | _WORDS).items():
        words |= dict.fromkeys(text.split(), meaning)
    return words | {"how many": "counts", "camera movement": "camera", "camera motion": "camera"}


_DICTIONARY = _dictionary()
_PHRASES = (
    (r"\b(nothing|nobody|no one|none) (else )?but\b", " only "),
    (r"\b(everything|all|anything|anyone|everyone) but\b", " except "),
    (r"\bnot only\b", " "),
    (r"\b(do not|don't|dont|does not|never|no longer|stop|not)\b", " without "),
    (r"\b(nothing about|leave out|other than)\b", " without "),
    (
        r"\b(ignore|ignoring|skip|skipping|exclude|excluding|except for|except|omit|no)\b",
        " without ",
    ),
)
_AFRESH = frozenset(
    (
        "only",
        "just",
        "but",
        "instead",
        "focus",
        "tell",
        "talk",
        "describe",
        "report",
        "mention",
        "watch",
        "say",
        "comment",
        "name",
        "count",
        "look",
        "keep",
        "follow",
        "show",
    )
)
_MORE = frozenset(
    ("also", "especially", "particularly", "mainly", "mostly", "first", "too", "including")
)
_TOKEN = re.compile(r"[a-z][a-z'-]*|[.;!?\n]")


@dataclass(frozen=True)
class Mention:
    """A topic or COCO label spoken of, and whether it is wanted."""

    meaning: str
    wanted: bool


@dataclass(frozen=True)
class Wishes:
    """What to speak of.

    `topics`: the most telling first. `labels`: the only kinds wanted of their topics; empty for
    all. `without`: topics and labels never to be spoken of. `asked`: what an instruction named.
    """

    topics: tuple[str, ...]
    labels: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()

    def allow(self, group: str, name: str) -> bool:
        """Return whether a thing of this topic and name may be spoken of."""
        label = _RIDES.get(name, name)
        if group in self.without or name in self.without or label in self.without:
            return False
        if name == GENERIC.get(group) and any(group_of(m) == group for m in self.without):
            return False  # "a vehicle" may be one of the cars that are not to be spoken of
        named = [wanted for wanted in self.labels if group_of(wanted) == group]
        if label in self.labels:
            return True
        return group in self.topics and not named


_RIDES = {"cyclist": "bicycle", "motorcyclist": "motorcycle"}


def mentions(text: str) -> list[Mention]:
    """Return what a text speaks of, in order."""
    lowered = text.lower().replace("’", "'")
    for pattern, plain in _PHRASES:
        lowered = re.sub(pattern, plain, lowered)
    tokens = _TOKEN.findall(lowered)
    found, wanted, index = [], True, 0
    while index < len(tokens):
        pair = " ".join(tokens[index : index + 2])
        meaning = _DICTIONARY.get(pair) or _DICTIONARY.get(tokens[index])
        before = tokens[index - 1] if index else ""
        if tokens[index] == "without":
            wanted = False
        elif tokens[index] in ".;!?\n" or tokens[index] in _AFRESH and before != "without":
            wanted = True
        if meaning:
            found.append(Mention(meaning, wanted))
        index += 2 if pair in _DICTIONARY else 1
    return found


def wishes(instruction: str, profile: Profile) -> Wishes:
    """Return what an instruction and a profile want; the instruction goes first."""
    found = mentions(instruction)
    wanted = tuple(dict.fromkeys(m.meaning for m in found if m.wanted))
    without = frozenset(m.meaning for m in found if not m.wanted) - set(wanted)
    labels = frozenset(meaning for meaning in wanted if meaning not in TOPICS)
    topics = tuple(dict.fromkeys(m if m in TOPICS else group_of(m) for m in wanted))
    # A label beside its own topic ("vehicles, trucks above all") limits nothing.
    labels = frozenset(label for label in labels if group_of(label) not in wanted)
    more = set(re.findall(r"[a-z]+", instruction.lower())) & _MORE
    if not topics or more:
        topics = tuple(dict.fromkeys((*topics, *profile.mention)))
        labels = frozenset() if more else labels
    elif set(topics) == {"counts"}:
        topics = tuple(dict.fromkeys((*topics, *profile.mention)))
    return Wishes(tuple(t for t in topics if t not in without), labels, without, wanted)
