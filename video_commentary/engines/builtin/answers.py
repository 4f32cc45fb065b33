"""Answers to questions, from what was seen over the last seconds."""

from __future__ import annotations

from collections.abc import Callable

from .contents_answers import (
    contents,
    nearest_of_all,
    on_contents,
    place_contents,
    things_counted,
)
from .evidence import Evidence
from .motion_answers import (
    about_action,
    about_approach,
    about_doing,
    about_heading,
    anything_moving,
)
from .nouns import GENDERED, GROUP_NOUNS, Noun
from .question_forms import Form
from .questions import Question, parse
from .scene_answers import (
    camera_answer,
    compared,
    daytime,
    happened,
    light_change,
    setting,
)
from .text_comments import text_answer
from .text_reader import HOW_TO_INSTALL
from .thing_answers import (
    GENDER_UNKNOWN,
    about_colour,
    about_count,
    about_kind,
    about_presence,
    about_still_there,
    about_total,
    about_wearing,
    about_where,
)
from .wording import CANNOT

NOTHING_SEEN = "I can't tell that yet: I have not seen enough of the picture."
_NO_DETECTOR = "I can't tell that: my detector is not installed; run fetch_model builtin."
_UNKNOWN_THING = "I can't tell that: it is nothing that I can recognise."
_ANYTHING = frozenset(("anything", "something", "what", "who", "else"))
_THINGS = frozenset(("things", "objects", "items"))
_IT = frozenset(("it", "that", "this", "everything", "anything"))

_ABOUT_THINGS: dict[Form, Callable[[Question, Noun, Evidence], str]] = {
    Form.COUNT: about_count,
    Form.TOTAL: about_total,
    Form.PRESENCE: about_presence,
    Form.OVERVIEW: about_presence,
    Form.WHERE: about_where,
    Form.COLOUR: about_colour,
    Form.WEARING: about_wearing,
    Form.HEADING: about_heading,
    Form.DOING: about_doing,
    Form.APPROACH: about_approach,
    Form.ACTION: about_action,
    Form.STILL_THERE: about_still_there,
    Form.KIND: about_kind,
}
_ABOUT_SCENE: dict[Form, Callable[[Question, Evidence], str]] = {
    Form.CAMERA: camera_answer,
    Form.LIGHT_CHANGE: light_change,
    Form.DAYTIME: daytime,
    Form.SETTING: setting,
    Form.HAPPENED: happened,
    Form.NEAREST: nearest_of_all,
    Form.PLACE: place_contents,
    Form.COMPARE: compared,
    Form.ON: on_contents,
    Form.MOVING: anything_moving,
}
_WITHOUT_DETECTOR = frozenset((Form.CAMERA, Form.LIGHT_CHANGE, Form.DAYTIME))


def answer(question: str, evidence: Evidence) -> str:
    """Answer a question about one camera, or say that it can't be answered."""
    if not evidence.states:
        return NOTHING_SEEN
    asked = parse(question)
    if asked.form is None or asked.form is Form.UNKNOWABLE:
        return CANNOT
    if asked.form is Form.TEXT:
        return _text(evidence)
    if not evidence.now.has_detector and asked.form not in _WITHOUT_DETECTOR:
        return _NO_DETECTOR
    if asked.form in _ABOUT_SCENE:
        return _ABOUT_SCENE[asked.form](asked, evidence)
    if asked.form is Form.COUNT and _THINGS & set(asked.text.split()):
        return things_counted(evidence)
    if not asked.nouns:
        return _without_noun(asked, asked.form, evidence)
    reply = _ABOUT_THINGS[asked.form](asked, asked.nouns[0], evidence)
    if any(noun.said in GENDERED for noun in asked.nouns) and "can't tell" not in reply:
        reply += f" {GENDER_UNKNOWN}."
    return reply


def _text(evidence: Evidence) -> str:
    if evidence.read_text is None:
        return f"I can't tell that: I read no text without RapidOCR; {HOW_TO_INSTALL}."
    return text_answer(evidence.read_text(), evidence.now)


def _without_noun(asked: Question, form: Form, evidence: Evidence) -> str:
    """Answer a question that names nothing known: about all there is, or not at all."""
    words = frozenset(asked.text.split())
    if form is Form.OVERVIEW or (form is Form.PRESENCE and words & _ANYTHING):
        return contents(evidence)
    if form in {Form.HEADING, Form.DOING, Form.APPROACH} and words & _IT:
        for noun in GROUP_NOUNS:
            if evidence.find(noun).certain:
                return _ABOUT_THINGS[form](asked, noun, evidence)
    return _UNKNOWN_THING
