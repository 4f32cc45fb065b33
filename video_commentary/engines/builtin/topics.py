"""Topics and labels that an instruction or a question names, and whether they are wanted.

A topic is one of `core.prompting.TOPICS`; a label is one of COCO's, such as "car".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...core.prompting import TOPICS, Profile
from .labels import ANIMALS, GENERIC, VEHICLES, group_of, plural

_TOPIC_WORDS = {
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
_LABEL_WORDS = {
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
_OTHER_LABELS = (
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
    """Return the topic or label that each phrase of one or two words means."""
    meanings = {}
    for label in (*VEHICLES, *ANIMALS, *_OTHER_LABELS):
        meanings[label] = meanings[plural(label)] = label
    for meaning, words in (_LABEL_WORDS | _TOPIC_WORDS).items():
        meanings |= dict.fromkeys(words.split(), meaning)
    return meanings | {"how many": "counts", "camera movement": "camera", "camera motion": "camera"}


_DICTIONARY = _dictionary()
_NORMALIZED = (
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
"""Phrases of exclusion and restriction, and the one word that replaces each of them."""
_POSITIVE = frozenset(
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
"""Words after which topics are wanted again, unless "without" stands before them."""
_ADDITIVE = frozenset(
    ("also", "especially", "particularly", "mainly", "mostly", "first", "too", "including")
)
"""Words that add to the profile's topics instead of replacing them."""
_TOKEN = re.compile(r"[a-z][a-z'-]*|[.;!?\n]")


@dataclass(frozen=True)
class Mention:
    """A topic or label that a text names (`meaning`), and whether it is wanted."""

    meaning: str
    wanted: bool


@dataclass(frozen=True, kw_only=True)
class TopicFilter:
    """What comments may be about.

    `topics`: the most important first. `labels`: if some belong to a topic, only these are wanted
    of it. `excluded`: topics and labels that are never wanted. `asked`: topics and labels that the
    instruction named.
    """

    topics: tuple[str, ...]
    labels: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()

    def allows(self, group: str, name: str) -> bool:
        """Return whether comments may be about an object of this group and name."""
        label = _RIDDEN.get(name, name)
        if group in self.excluded or name in self.excluded or label in self.excluded:
            return False
        if name == GENERIC.get(group) and any(group_of(m) == group for m in self.excluded):
            return False  # "a vehicle" may be one of the cars that are excluded
        if label in self.labels:
            return True
        limited = any(group_of(wanted) == group for wanted in self.labels)
        return group in self.topics and not limited


_RIDDEN = {"cyclist": "bicycle", "motorcyclist": "motorcycle"}


def find_mentions(text: str) -> list[Mention]:
    """Return the topics and labels that a text names, in order."""
    lowered = text.lower().replace("’", "'")
    for pattern, plain in _NORMALIZED:
        lowered = re.sub(pattern, plain, lowered)
    tokens = _TOKEN.findall(lowered)
    found, wanted, index = [], True, 0
    while index < len(tokens):
        pair = " ".join(tokens[index : index + 2])
        meaning = _DICTIONARY.get(pair) or _DICTIONARY.get(tokens[index])
        before = tokens[index - 1] if index else ""
        if tokens[index] == "without":
            wanted = False
        elif tokens[index] in ".;!?\n" or tokens[index] in _POSITIVE and before != "without":
            wanted = True
        if meaning:
            found.append(Mention(meaning, wanted))
        index += 2 if pair in _DICTIONARY else 1
    return found


def topic_filter(instruction: str, profile: Profile) -> TopicFilter:
    """Return what an instruction and a profile want; the instruction has priority."""
    found = find_mentions(instruction)
    wanted = tuple(dict.fromkeys(m.meaning for m in found if m.wanted))
    excluded = frozenset(m.meaning for m in found if not m.wanted) - set(wanted)
    labels = frozenset(meaning for meaning in wanted if meaning not in TOPICS)
    topics = tuple(dict.fromkeys(m if m in TOPICS else group_of(m) for m in wanted))
    # A label beside its own topic ("vehicles, trucks above all") limits nothing.
    labels = frozenset(label for label in labels if group_of(label) not in wanted)
    additive = set(re.findall(r"[a-z]+", instruction.lower())) & _ADDITIVE
    if not topics or additive:
        topics = tuple(dict.fromkeys((*topics, *profile.mention)))
        labels = frozenset() if additive else labels
    elif set(topics) == {"counts"}:
        topics = tuple(dict.fromkeys((*topics, *profile.mention)))
    return TopicFilter(
        topics=tuple(topic for topic in topics if topic not in excluded),
        labels=labels,
        excluded=excluded,
        asked=wanted,
    )
