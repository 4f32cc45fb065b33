"""The words of questions about the past: what they mean among the facts.

A noun that is not here still counts if an event has it, whatever engine saw it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Whom a question is about: `one` and `many` of it as an answer says it.

    `who`: the nouns that events have for it; empty for anything but the camera.
    """

    one: str
    many: str
    who: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verb:
    """What a question says was done: `past` as an answer says it.

    `events`: the kinds of events that it means. `pattern`: the words for it. `by_vehicles`: kinds
    that it means too where vehicles are asked about, and that one vehicle may have beside `events`.
    """

    past: str
    events: tuple[str, ...]
    pattern: str
    by_vehicles: tuple[str, ...] = ()


ANYTHING = Wanted(one="anything", many="things")
PEOPLE = Wanted(one="person", many="people", who=("person",))
_VEHICLES = ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "vehicle")
_ANIMALS = ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe")
VEHICLES = Wanted(one="vehicle", many="vehicles", who=_VEHICLES)
ANIMALS = Wanted(one="animal", many="animals", who=(*_ANIMALS, "animal"))
_GROUPS = {
    PEOPLE: "person people persons somebody someone anybody anyone nobody everybody everyone who "
    "whom man men woman women child children kid kids pedestrian pedestrians visitor visitors",
    VEHICLES: "vehicle vehicles traffic",
    ANIMALS: "animal animals pet pets creature creatures",
}
_SYNONYMS = {
    "automobile": "car",
    "taxi": "car",
    "cab": "car",
    "van": "truck",
    "lorry": "truck",
    "pickup": "truck",
    "bike": "bicycle",
    "cyclist": "bicycle",
    "motorbike": "motorcycle",
    "scooter": "motorcycle",
    "plane": "airplane",
    "aircraft": "airplane",
    "coach": "bus",
    "tram": "train",
    "ship": "boat",
    "puppy": "dog",
    "kitten": "cat",
    "bag": "handbag",
    "purse": "handbag",
    "rucksack": "backpack",
    "ball": "sports ball",
    "mug": "cup",
    "glass": "wine glass",
    "phone": "cell phone",
    "mobile": "cell phone",
    "television": "tv",
    "screen": "tv",
    "sofa": "couch",
    "table": "dining table",
    "plant": "potted plant",
    "computer": "laptop",
    "fridge": "refrigerator",
}
"""Words for which the detector has another."""
_LOOKALIKES = {"truck": ("truck", "car", "bus"), "handbag": ("handbag", "backpack", "suitcase")}
"""What a van or a bag may have been taken for."""
_PLURALS = {"person": "people", "sheep": "sheep", "knife": "knives", "mouse": "mice"}
_SINGULARS = {many: one for one, many in _PLURALS.items()}
_GRAMMAR = """
    ask asked said told mentioned spoke a about after again all am an and any anything are around
    as at be because been before being by can come could day did do does done during each ever
    every few find first for found from gone had happen happened has have he her here him his how
    i in into is it its just last left light long many may me minutes more most much my near never
    new no not noticed now of off on once one or other our out over past right saw say see seen
    she should show since so some something spot still tell than that the their them then there
    these they thing things this those through time times to today too under until up us visible
    was watched we were what when where which while will with would yesterday you your red orange
    yellow green blue purple pink brown white gray grey black dark silver anywhere somewhere often
    remember recall latest hour hours night morning evening afternoon noon midnight middle side
    hand far
"""
_NO_NOUNS = frozenset(_GRAMMAR.split())
_MOVING = (
    "enters",
    "leaves",
    "crosses",
    "passes",
    "overtakes",
    "starts",
    "moves",
    "approaches",
    "recedes",
    "flies",
    "takes_off",
)
COMES = Verb(
    past="came",
    events=("enters",),
    pattern=r"(c[oa]me?(s|ing)?( (here|along|round))?|"
    r"arriv\w*|appear\w*|(show|turn)(s|ed|n)? up|visit(s|ed)?)",
    by_vehicles=("approaches",),  # on a road they are far away when they are first seen
)
VERBS = (
    Verb(past="came closer", events=("approaches",), pattern=r"(closer|nearer|approach\w*)"),
    Verb(past="moved away", events=("recedes",), pattern=r"((mov|back|walk|draw)\w* (away|back))"),
    Verb(past="overtook", events=("overtakes",), pattern=r"overt(ake|akes|aken|ook)"),
    Verb(
        past="went past",
        events=("passes", "crosses", "overtakes"),
        pattern=r"(pass(ed|es|ing)?( by)?|"
        r"(went|go|goes|gone|going|drove|driven|walked|ran|came|come) (by|past))",
        by_vehicles=("leaves",),
    ),
    Verb(past="crossed", events=("crosses",), pattern=r"cross(ed|es|ing)?"),
    Verb(past="stopped", events=("stops",), pattern=r"(stop(s|ped|ping)?|park(s|ed|ing)?|halt\w*)"),
    Verb(past="took off", events=("takes_off",), pattern=r"(t(ake|akes|ook|aken) off)"),
    Verb(
        past="was picked up",
        events=("picks_up",),
        pattern=r"(take|takes|taken|taking|took|pick(s|ed)? (it )?up|picked|stol\w+|steal|remov\w+|"
        r"grab\w*)",
    ),
    Verb(
        past="was put back",
        events=("puts_back",),
        pattern=r"(put|puts|brought|return\w*)( it)?( back)?",
    ),
    Verb(past="set off", events=("starts",), pattern=r"(start(s|ed|ing)?|set off|dr[oi]ven? off)"),
    Verb(
        past="left",
        events=("leaves",),
        pattern=r"((?<!the )(?<!on )left|leav(e|es|ing)|(went|gone|go|goes) (away|out)|gone|"
        r"depart\w*|exit\w*|disappear\w*|go out)",
    ),
    Verb(
        past="came in",
        events=("enters",),
        pattern=r"(c[oa]me?(s|ing)? (in|into|inside)|enter(s|ed|ing)?)",
    ),
    COMES,
    Verb(past="jumped", events=("jumps",), pattern=r"jump(s|ed|ing)?"),
    Verb(past="threw something", events=("throws",), pattern=r"(thr[eo]wn?|throw(s|ing)?)"),
    Verb(past="talked", events=("talks",), pattern=r"(talk(s|ed|ing)?|sp(eak|oke)\w*)"),
    Verb(past="turned", events=("turns",), pattern=r"turn(s|ed|ing)?"),
    Verb(past="flew", events=("flies", "takes_off"), pattern=r"(fl(y|ies|ew|own|ying))"),
    Verb(past="crouched", events=("crouches",), pattern=r"(crouch|kneel)\w*"),
    Verb(past="moved", events=_MOVING, pattern=r"(mov(e|es|ed|ing)|motion|movement)"),
)
"""The first that fits counts."""
CAMERA_VERBS = (
    Verb(
        past="moved",
        events=("camera_pans", "camera_tilts", "camera_zooms"),
        pattern=r"(camera)\b.*\b(mov|turn|pan|tilt|zoom)\w*",
    ),
    Verb(
        past="changed",
        events=("light",),
        pattern=r"(lights?|lighting)\b.*\b(chang|go|went|turn|switch|on|off|com|came)\w*",
    ),
)
"""What happens to the picture as a whole."""
_VERBS = tuple((verb, re.compile(rf"\b{verb.pattern}\b")) for verb in VERBS)
_CAMERA_VERBS = tuple((verb, re.compile(rf"\b{verb.pattern}")) for verb in CAMERA_VERBS)
_WORD = re.compile(r"[^\W\d_][\w-]*")


def find_verb(text: str) -> Verb | None:
    """Return what a text in lower case says was done, None if it doesn't say."""
    return next((verb for verb, pattern in _VERBS if pattern.search(text)), None)


def find_camera_verb(text: str) -> Verb | None:
    """Return what a text in lower case says happened to the picture as a whole, None if nothing."""
    return next((verb for verb, pattern in _CAMERA_VERBS if pattern.search(text)), None)


def find_wanted(text: str, known: Callable[[str], bool]) -> Wanted | None:
    """Return whom a text in lower case asks about; None if it names nobody.

    `known`: whether there are events of a noun.
    """
    words = _WORD.findall(text)
    for size in (2, 1):
        for at in range(len(words) - size + 1):
            if wanted := _meaning(" ".join(words[at : at + size]), known):
                return wanted
    if re.search(r"\b(any|some|no)?things?\b|\bmotion\b|\bmovement\b", text):
        return ANYTHING
    return next((_noun(singular(word)) for word in content_words(text)), None)


def _meaning(said: str, known: Callable[[str], bool]) -> Wanted | None:
    for group, members in _GROUPS.items():
        if said in members.split():
            return group
    noun = singular(said)
    label = _SYNONYMS.get(noun, noun)
    labels = _LOOKALIKES.get(label, (label,)) if noun in _SYNONYMS else (label,)
    if noun in _SYNONYMS or label in (*_VEHICLES, *_ANIMALS):
        return Wanted(one=noun, many=plural(noun), who=labels)
    if noun not in _NO_NOUNS and known(noun):
        return _noun(noun)
    return None


def _noun(noun: str) -> Wanted:
    return Wanted(one=noun, many=plural(noun), who=(noun,))


def content_words(text: str) -> list[str]:
    """Return the words of a text in lower case that may name something: no verbs, no grammar."""
    return [
        word
        for word in _WORD.findall(text)
        if word not in _NO_NOUNS
        and singular(word) not in _NO_NOUNS
        and not any(pattern.fullmatch(word) for _, pattern in _VERBS)
    ]


def plural(noun: str) -> str:
    """Return the English plural of a noun."""
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def singular(noun: str) -> str:
    """Return the singular of an English noun; one that is singular already as it is."""
    if noun in _SINGULARS:
        return _SINGULARS[noun]
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("ses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") and len(noun) > 3 else noun
