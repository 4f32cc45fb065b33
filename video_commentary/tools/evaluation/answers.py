"""Whether an answer is right, wrong, or honestly none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from .labels import CANT_TELL, NONE
from .vocabulary import COLOURS, NUMBERS

_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_UNKNOWN = re.compile(
    r"\b(can('t|not| not)( \w+)? (tell|see|say|make out|know|judge|answer|read|hear|be seen)|"
    r"(do|does|did)(n't| not) know|not (sure|certain|visible|clear|known)|unsure|unclear|unknown|"
    r"no idea|impossible to (tell|say|know)|hard to (tell|say)|unable to|couldn't (tell|say))\b"
)
_HEDGED = re.compile(r"\b(no\w*|none)\b[^.]*\b(that|as far as) i can (make out|see|tell)\b")
_NONE = re.compile(
    r"\b(no|none|nobody|nothing|nowhere|neither|zero|0|not|no one|not any|never|\w+n't)\b"
)
_DENIAL = r"\b(?:no|not|none|nobody|nothing|never|without|\w+n't)\s+(?:\w+\s+){0,2}"
_PARTICLE = re.compile(r"(?:^|[.!?,;:]\s*)(yes|no)\b")
_SIDES = frozenset(("left", "right", "middle", "centre", "center", "near", "far", "top", "bottom"))
_SHADES = frozenset(COLOURS) - {"dark", "light"}
_MANY = 3
"""Alternatives of one kind in an answer; more are a list of all there is, and no answer."""


class Outcome(Enum):
    """RIGHT, WRONG, or UNKNOWN: it says that it can't tell, or nothing came."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


def judge_answer(text: str, accepted: Iterable[str]) -> Outcome:
    """Judge an answer by the accepted words, `NONE` and `CANT_TELL` among them."""
    wanted = tuple(accepted)
    lowered = text.lower().replace("’", "'").strip()
    if not lowered:
        return Outcome.UNKNOWN
    parts = _SENTENCES.split(lowered)
    firm = " ".join(part for part in parts if not _UNKNOWN.search(part))
    unsure = len(firm) < len(" ".join(parts))
    words = [word.lower() for word in wanted if word not in {NONE, CANT_TELL}]
    if CANT_TELL in wanted and unsure and not firm:
        return Outcome.RIGHT
    if any(_has(firm, word) for word in words) and not _lists(firm, words):
        return Outcome.RIGHT
    if NONE in wanted and _NONE.search(firm) and not _has(firm[:3], "yes"):
        return Outcome.RIGHT
    if not firm or _HEDGED.search(firm):
        return Outcome.UNKNOWN
    return Outcome.WRONG


def _has(text: str, word: str) -> bool:
    """Return whether a text has a word as a whole and not denied, as in "no people"."""
    denied = rf"{_DENIAL}{re.escape(word)}(?![\w-])"
    return (
        re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.sub(denied, " ", text)) is not None
    )


def _lists(text: str, accepted: list[str]) -> bool:
    """Return whether an answer lists alternatives until one had to be right."""
    found = set(re.findall(r"[a-z]+|\d+", text))
    if {"yes", "no"} <= set(_PARTICLE.findall(text)) and {"yes", "no"} & set(accepted):
        return True
    numbers = {NUMBERS.get(word, word) for word in found if word in NUMBERS or word.isdecimal()}
    return any(len(group) > _MANY for group in (found & _SIDES, found & _SHADES, numbers))
