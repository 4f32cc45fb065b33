"""The nouns that people use in questions, and which of the detector's labels they mean.

Adding a word: put it beside its label in `_SYNONYMS`. A noun that the detector has no label for is
no noun here: questions about it can't be answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .labels import ANIMALS, VEHICLES, plural

_PEOPLE = """
    person people persons pedestrian pedestrians man men woman women guy guys lady ladies boy boys
    girl girls child children kid kids baby human humans anyone anybody someone somebody nobody
    everyone everybody crowd passer-by passers-by walker walkers player players worker workers
    visitor visitors guest guests driver drivers adult adults he she they him his her their
"""
_GENDERED = """
    man men woman women lady ladies guy guys boy boys girl girls child children kid kids baby adult
    adults
"""
GENDERED = frozenset(_GENDERED.split())
"""Words for people of an age or a sex, which the detector does not distinguish."""
_PRONOUNS = frozenset(("he", "she", "they", "him", "his", "her", "their"))

_SYNONYMS = {
    "bicycle": "bike cycle pushbike bicyclist cyclist biker",
    "car": "automobile auto suv saloon sedan hatchback estate taxi cab limousine",
    "motorcycle": "motorbike moped scooter motorcyclist",
    "airplane": "plane aeroplane aircraft jet",
    "truck": "lorry pickup pick-up",
    "bus": "coach minibus",
    "train": "tram locomotive",
    "boat": "ship ferry canoe",
    "bird": "pigeon gull seagull duck crow sparrow parrot cockatoo goose swan hen chicken",
    "dog": "puppy hound",
    "cat": "kitten",
    "horse": "pony",
    "cow": "cattle bull",
    "sheep": "lamb",
    "backpack": "rucksack",
    "handbag": "bag purse",
    "suitcase": "case luggage trolley",
    "sports ball": "ball football basketball soccer-ball tennis-ball",
    "bottle": "flask water-bottle",
    "wine glass": "glass",
    "cup": "mug teacup beaker",
    "bowl": "dish",
    "couch": "sofa settee",
    "chair": "armchair stool seat",
    "potted plant": "plant houseplant pot-plant",
    "dining table": "table desk",
    "tv": "television screen monitor display telly",
    "cell phone": "phone mobile smartphone mobile-phone cellphone telephone",
    "refrigerator": "fridge",
    "laptop": "computer notebook",
    "remote": "remote-control",
    "teddy bear": "teddy",
    "stop sign": "sign",
    "traffic light": "traffic-signal",
    "hair drier": "hairdryer",
}
_OTHER_LABELS = """
    fire hydrant;parking meter;bench;umbrella;tie;frisbee;skis;snowboard;kite;baseball bat;
    baseball glove;skateboard;surfboard;tennis racket;fork;knife;spoon;banana;apple;sandwich;
    orange;broccoli;carrot;hot dog;pizza;donut;cake;bed;toilet;mouse;keyboard;microwave;oven;
    toaster;sink;book;clock;vase;scissors;toothbrush
"""
_IRREGULAR = {
    "lorry": "lorries",
    "ferry": "ferries",
    "puppy": "puppies",
    "pony": "ponies",
    "coach": "coaches",
    "minibus": "minibuses",
    "glass": "glasses",
    "dish": "dishes",
    "mouse": "mice",
    "goose": "geese",
    "teddy": "teddies",
    "telly": "tellies",
    "cattle": "cattle",
    "luggage": "luggage",
    "aircraft": "aircraft",
    "lamb": "lambs",
}
_LOOKALIKES = {
    "cup": ("bottle", "vase", "wine glass", "bowl"),
    "bottle": ("cup", "vase", "wine glass"),
    "wine glass": ("cup", "bottle", "vase"),
    "vase": ("cup", "bottle", "wine glass"),
    "bowl": ("cup", "sink"),
    "sports ball": ("apple", "orange", "frisbee"),
    "apple": ("orange", "sports ball"),
    "orange": ("apple", "sports ball"),
    "tv": ("laptop", "microwave"),
    "laptop": ("tv", "book", "keyboard"),
    "chair": ("couch", "bench"),
    "couch": ("chair", "bed", "bench"),
    "bench": ("chair", "couch"),
    "bed": ("couch",),
    "handbag": ("backpack", "suitcase"),
    "backpack": ("handbag", "suitcase"),
    "suitcase": ("handbag", "backpack"),
    "cell phone": ("remote",),
    "remote": ("cell phone",),
    "book": ("laptop", "cell phone"),
    "car": ("truck", "bus"),
    "truck": ("bus", "car"),
    "bus": ("truck", "train"),
    "train": ("bus",),
    "bicycle": ("motorcycle",),
    "motorcycle": ("bicycle",),
}
"""Labels that the detector takes for one another: all animals are too."""
_ROAD = ("car", "truck", "bus")


@dataclass(frozen=True, kw_only=True)
class Noun:
    """What a question names: `one` and `many` as the user says it, and the labels that it means.

    `lookalikes`: labels that it may go by as well. `exact`: whether each of `labels` is what was
    asked for; a van is one of the vehicles that the detector calls cars and trucks. `said`: the
    word in the question.
    """

    one: str
    many: str
    labels: tuple[str, ...]
    lookalikes: tuple[str, ...] = ()
    exact: bool = True
    said: str = ""

    @property
    def family(self) -> frozenset[str]:
        """Its labels and their lookalikes."""
        return frozenset((*self.labels, *self.lookalikes))

    @property
    def is_people(self) -> bool:
        """Whether it means people."""
        return self.labels == ("person",)

    @property
    def is_lively(self) -> bool:
        """Whether it means people, vehicles or animals, which the detector knows best."""
        return any(label in {"person", *VEHICLES, *ANIMALS} for label in self.labels)


PEOPLE = Noun(one="person", many="people", labels=("person",))
ANIMAL = Noun(one="animal", many="animals", labels=ANIMALS)
VEHICLE = Noun(one="vehicle", many="vehicles", labels=VEHICLES)
GROUP_NOUNS = (PEOPLE, VEHICLE, ANIMAL)


def noun_for(label: str) -> Noun:
    """Return the noun of a label."""
    if label == "person":
        return PEOPLE
    looks = tuple(a for a in ANIMALS if a != label) if label in ANIMALS else ()
    return Noun(
        one=label,
        many=plural(label),
        labels=(label,),
        lookalikes=looks or _LOOKALIKES.get(label, ()),
    )


def _words(noun: Noun, word: str) -> dict[str, Noun]:
    word = word.replace("-", " ") if word.count("-") and " " not in word else word
    many = _IRREGULAR.get(word) or plural(word)
    named = replace(noun, one=word, many=many)
    return {word: named, many: named}


def _dictionary() -> dict[str, Noun]:
    other = [label.strip() for label in _OTHER_LABELS.split(";")]
    found: dict[str, Noun] = dict.fromkeys(_PEOPLE.split(), PEOPLE)
    for label in (*VEHICLES, *ANIMALS, *other, *_SYNONYMS):
        noun = noun_for(label)
        for word in (label, *_SYNONYMS.get(label, "").split()):
            found |= _words(noun, word)
    for word in ("van", "minivan", "camper"):
        found |= _words(Noun(one=word, many=word + "s", labels=_ROAD, exact=False), word)
    for word in ("animal", "pet", "creature"):
        found |= _words(ANIMAL, word)
    found |= dict.fromkeys(("vehicle", "vehicles", "traffic"), VEHICLE)
    found |= dict.fromkeys(("pick-up", "pick-ups", "pickup truck", "pick-up truck"), found["truck"])
    return found


_DICTIONARY = _dictionary()
_LONGEST = max(len(words.split()) for words in _DICTIONARY)
_TOKEN = re.compile(r"[a-z][a-z-]*")


def find_nouns(text: str) -> list[Noun]:
    """Return the nouns of a question in lower case, in order, without repeats."""
    tokens = _TOKEN.findall(text.replace("'s", " "))
    found: dict[Noun, None] = {}
    at = 0
    while at < len(tokens):
        for size in range(min(_LONGEST, len(tokens) - at), 0, -1):
            said = " ".join(tokens[at : at + size])
            noun = _DICTIONARY.get(said)
            if noun:
                found[replace(noun, said=said)] = None
                at += size
                break
        else:
            at += 1
    named = [noun for noun in found if noun.said not in _PRONOUNS]
    return named or list(found)
