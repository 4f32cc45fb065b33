"""What a question about the past asks for: one table of patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from .colour_words import find_colour
from .time_spans import TimeSpan, find_span
from .vocabulary import (
    Verb,
    Wanted,
    content_words,
    find_camera_verb,
    find_verb,
    find_wanted,
)


class PastForm(Enum):
    """What a question asks for."""

    SAID = auto()
    HAPPENED = auto()
    COUNT = auto()
    ROBOT = auto()
    WHERE = auto()
    FIRST = auto()
    LAST = auto()
    WHETHER = auto()
    WHICH = auto()
    MENTIONED = auto()


_HAPPENED = (
    r"\bwhat('s| has| had| did)?( all| else)?( been)? (happen\w*|went on|going on|gone on|occur\w*|"
    r"change\w*)|\bwhat (did|have) (i|we) miss|\b(recap|summar\w+|sum up)\b|"
    r"\bwhat (was|were) (there|going on)|\b(anything|something) (new|happen\w*|interesting)|"
    r"\bwhat did you (see|notice|watch)"
)
_LAST = r"\bwhen\b|\b(the|what|which) (last|latest)\b|\blast (time|saw|seen)\b|\bhow long ago\b"
_FORMS = tuple(
    (form, re.compile(pattern))
    for form, pattern in (
        (
            PastForm.SAID,
            r"\b(what|when) did (you|i|we|they|anyone) (say|ask|tell)\b",
        ),
        (PastForm.HAPPENED, _HAPPENED),
        (PastForm.COUNT, r"\bhow (many|often)\b|\bnumber of\b|\bcount\b"),
        (PastForm.ROBOT, r"\bwhere (was|were|have|had) (you|the robot)( been)?$"),
        (PastForm.WHERE, r"\bwhere\b|\bwhich side\b|\bwhich camera\b"),
        (PastForm.FIRST, r"\bfirst\b|\bearliest\b"),
        (
            PastForm.LAST,
            _LAST,
        ),
        (PastForm.WHETHER, r"^(and |so )?(did|was|were|has|have|had|is|are|any\w*|does)\b"),
        (PastForm.WHICH, r"\b(who|what|which)\b"),
    )
)
_PLACES = {
    "left": r"\b(on|at|to|from) the left\b|\bleft side\b",
    "right": r"\b(on|at|to|from) the right\b|\bright side\b",
    "middle": r"\bin the (middle|cent(re|er))\b",
}


@dataclass(frozen=True, kw_only=True)
class PastQuestion:
    """A question, understood.

    `wanted`: whom it is about, None if it names nobody. `verb`: what they did, None if it does not
    say. `span`: when, None for any time. `words`: those that may stand in comments about it.
    """

    form: PastForm
    wanted: Wanted | None
    verb: Verb | None
    of_picture: bool
    where: str
    colour: str
    span: TimeSpan | None
    words: tuple[str, ...]


def _form(text: str, rest: str) -> PastForm:
    """Return what a text asks for; `rest` is without its time, whose "last" is no "last car"."""
    for form, pattern in _FORMS:
        if pattern.search(text if form is PastForm.HAPPENED else rest):
            return form
    return PastForm.MENTIONED


def understand(
    question: str,
    now: datetime,
    known: Callable[[str], bool],
    last_asked: datetime | None = None,
) -> PastQuestion:
    """Return what a question asks for.

    `now`: aware, in the time zone of the answer. `known`: whether there are events of a noun.
    `last_asked`: when somebody last asked something.
    """
    text = re.sub(r"[?!.,;]+(\s|$)", " ", question.lower().replace("’", "'")).strip()
    span, rest = find_span(text, now, last_asked)
    form = _form(text, " ".join(rest.split()))
    where = next((place for place, pattern in _PLACES.items() if re.search(pattern, rest)), "")
    if where:
        rest = re.sub(_PLACES[where], " ", rest)
    camera_verb = find_camera_verb(rest)
    return PastQuestion(
        form=form,
        wanted=None if camera_verb else find_wanted(rest, known),
        verb=camera_verb or find_verb(rest),
        of_picture=camera_verb is not None,
        where=where,
        colour=find_colour(rest),
        span=span,
        words=tuple(content_words(rest)),
    )
