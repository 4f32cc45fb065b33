"""Understands questions: what is asked, about what, and with which conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .nouns import Noun, find_nouns
from .question_forms import ACTIONS, FORMS, UNSEEN_ACTIONS, Form

_COLOUR_WORDS = {
    "gray": "grey",
    "silver": "grey",
    "golden": "yellow",
    "violet": "purple",
    "beige": "brown",
}
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown") + (
    "white",
    "grey",
    "black",
)
"""Colours that can be named."""
_PARTS = {
    "top": "top shirt t-shirt tshirt tee sweater jumper pullover jacket coat hoodie blouse vest "
    "dress clothes clothing outfit cardigan sweatshirt suit uniform",
    "legs": "trousers pants jeans shorts skirt leggings legs",
    "none": "shoes boots socks hat cap helmet glasses scarf gloves belt tie watch mask bracelet "
    "necklace beard face skin lips collar harness leash wheels windows roof lights tyres tires "
    "beak fingers wings tail ears nose fur",
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}
_SIDES = {
    "left": r"\b(on|at|in|to) the (far )?left\b|\bleft (side|half|hand|edge)",
    "right": r"\b(on|at|in|to) the (far )?right\b|\bright (side|half|hand|edge)",
    "middle": r"\b(in|at) the (middle|cent(re|er))\b",
    "front": r"\b(foreground|in front|near us|close to (us|you|the camera)|nearby)\b",
    "back": r"\b(background|distance|far away|at the back)\b",
}
_OVERVIEW_WORDS = re.compile(r"\b(what|who|describe|anything|something|scene)\b")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question as understood; None as `form` if it is not.

    `text`: in lower case. `nouns`: what it is about. `colours`, `sides` (left, middle, right,
    front, back), `nearest`, `action` (moves, rests, or another word): conditions on them. `part`:
    of a person's clothes: top, legs, or "none" for what can't be seen.
    """

    text: str
    form: Form | None
    nouns: tuple[Noun, ...] = ()
    colours: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    nearest: bool = False
    action: str = ""
    part: str = ""

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it asks for a yes or a no."""
        return re.match(r"(is|are|do|does|did|can|any|have|has|was|could)\b", self.text) is not None


def parse(question: str) -> Question:
    """Return what a question asks for."""
    text = _plain(question)
    words = re.findall(r"[a-z][a-z-]*", text)
    colours = [_COLOUR_WORDS.get(word, word) for word in words]
    nouns = find_nouns(text)
    parts = [_PART_OF[word] for word in words if word in _PART_OF]
    found = Question(
        text=text,
        form=_form(text, nouns),
        nouns=tuple(_without_parts(nouns)),
        colours=tuple(dict.fromkeys(c for c in colours if c in COLOURS)),
        sides=tuple(side for side, pattern in _SIDES.items() if re.search(pattern, text)),
        nearest=re.search(r"\b(nearest|closest|front-?most)\b", text) is not None,
        action=_action(text),
        part=parts[0] if parts else "",
    )
    if found.form is Form.COLOUR and not found.is_yes_or_no:
        return replace(found, colours=())
    return found


def _plain(question: str) -> str:
    text = question.lower().replace("’", "'").strip()
    text = re.sub(r"[^a-z0-9' -]+", " ", text)
    text = re.sub(
        r"^(please|hey|ok|okay|and|so|well|now|tell me|say|can you (tell|say)( me)?)\b",
        "",
        text.strip(),
    )
    text = re.sub(r"\b(there|where|what|who|it|that|he|she)'s\b", r"\1 is", text)
    return " ".join(text.split())


def _form(text: str, nouns: list[Noun]) -> Form | None:
    for form, pattern in FORMS:
        if not pattern.search(text):
            continue
        if form is Form.TEXT and any(noun.is_people for noun in nouns):
            return Form.UNKNOWABLE  # what somebody says or reads
        return form
    if nouns or _OVERVIEW_WORDS.search(text):
        return Form.PRESENCE if nouns else Form.OVERVIEW
    return None


def _action(text: str) -> str:
    found = [
        (match.start(), name)
        for name, pattern in (*ACTIONS.items(), ("other", UNSEEN_ACTIONS))
        if (match := re.search(rf"\b({pattern})\b", text))
    ]
    # "standing still" and "waiting to go": the first word counts.
    return min(found)[1] if found else ""


def _without_parts(nouns: list[Noun]) -> list[Noun]:
    """Leave out "orange" if it is a colour, and "tie" or "glass" if somebody wears it."""
    if len(nouns) < 2:
        return nouns
    worn = {"tie", "glasses"} if any(noun.is_people for noun in nouns) else set()
    return [noun for noun in nouns if noun.said not in {"orange", *worn}]
