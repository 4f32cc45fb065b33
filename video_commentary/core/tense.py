"""Whether a question is about the past, by its words: English only."""

from __future__ import annotations

import re
from enum import Enum, auto

UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86_400}
UNITS |= {"week": 604_800}
"""Units of time and their seconds."""
AWAY = (
    r"\b(while|when|since|during) (i|we) (was|were|am|are|have been|had been|left|went)"
    r"( away| gone| out| absent| asleep| last here| not here| here| off)?( last)?\b|"
    r"\bin (my|our) absence\b|\bsince (i|we) last (asked|looked|checked)\b|"
    r"(?<=what did i )miss(ed)?\b|(?<=what have i )missed\b"
)
"""A time: since those who ask were here last."""


class Tense(Enum):
    """What a question is about.

    PAST: an engine that has watched for a while can answer it too. REMEMBERED: it asks for a time
    or names one that has passed, so only a memory can.
    """

    PRESENT = auto()
    PAST = auto()
    REMEMBERED = auto()


# an engine remembers some seconds itself
_UNIT = rf"({'|'.join(unit for unit, seconds in UNITS.items() if seconds > 1)})s?"
_LONG_PAST = re.compile(
    rf"{AWAY}|\b{_UNIT} ago\b|\blong ago\b|\byesterday\b|\bover ?night\b|"
    rf"\b(last|past) (night|month|(\w+ ){{0,2}}{_UNIT})\b|"
    r"\bsince\b|\bearlier (today|this)\b|\bso far today\b|\b(last|first) (time|seen)\b|"
    r"\bwhen (was|were|did|had|has|have)\b|\bremember\b|\brecap\b|\bsum(marise|marize| up)\b"
)
_TIME = re.compile(
    r"\b(today|tonight|at night|this (morning|afternoon|evening|week)|recently|lately|"
    r"(mon|tues|wednes|thurs|fri|satur|sun)day|noon|midnight|(before|after|between|around|at|until)"
    r" (\d|half past|quarter|noon|midnight|lunch))"
)
_ASKING = r"(?:what|who|where|why|which|how(?: many| much)?)(?: \w+){0,2}?"
_PRESENT = re.compile(
    r"^(?:(?:so|and|but|ok|okay|please|tell me) )*"
    rf"(?:{_ASKING})?(?:'s|(?:^| )(?:is|are|am|can|do|does|will))\b"
)
_PAST = re.compile(
    r"\b(was|were|did|came|went|saw|happened|took|stole|drove|flew|brought|arrived|appeared|"
    r"entered|passed|crossed|moved|stopped|changed|disappeared|visited|overtook|"
    r"(who|what|anybody|anyone|somebody|someone|people|cars?|\w+s) left)\b|"
    r"\b(has|have|had)\b.*\b(been|come|gone|left|passed|entered|seen|happened|moved|stopped|"
    r"changed|taken|stolen|arrived|appeared|crossed|driven|visited)\b"
)
_STILL = re.compile(
    r"\bstill\b|(?<!just )\bnow\b|\bat the moment\b|^what (was|were) (that|it|those)$"
)
"""What asks about the present in the past tense: "has the car gone now?"."""


def tense_of(question: str) -> Tense:
    """Return whether a question is about the past."""
    text = re.sub(r"[?!.,;:]+(\s|$)", " ", question.lower().replace("’", "'"))
    text = " ".join(text.split())
    if _LONG_PAST.search(text):
        return Tense.REMEMBERED
    if _STILL.search(text) or _PRESENT.match(text) or not _PAST.search(text):
        return Tense.PRESENT
    return Tense.REMEMBERED if _TIME.search(text) else Tense.PAST
