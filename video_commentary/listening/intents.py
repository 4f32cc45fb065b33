"""What a sentence asks the robot to do: rules for the plain cases.

An act that is wrongly done is worse than one that is not: what the rules do not know whole is NONE.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from . import intent_words as words
from . import question_words as questions

MAX_WORDS = 30
"""Words of the longest sentence that may be meant for the robot; television goes on for longer."""


class ActKind(Enum):
    """What a sentence asks for; the values are those of Utterance.msg."""

    INSTRUCTION = "instruction"
    QUESTION = "question"
    WATCH = "watch"
    RECALL = "recall"
    STOP = "stop"
    GO_ON = "go_on"
    LOUDER = "louder"
    QUIETER = "quieter"
    UNDO = "undo"
    NONE = "none"


@dataclass(frozen=True)
class Act:
    """What a sentence asks for.

    `argument`: the instruction, the question, the condition of a watch, or the seconds for which to
    be quiet, empty until "go on"; empty for other kinds. `confidence`: 0 to 1.
    """

    kind: ActKind
    argument: str = ""
    confidence: float = 1.0


NOTHING = Act(ActKind.NONE, "", 1.0)

_CONTRACTIONS = (
    (r"\bcan'?t\b|\bcannot\b", "can not"),
    (r"\bwon't\b", "will not"),
    (r"\b(do|does|did|is|are|was|were|have|has|should|would|could)n'?t\b", r"\1 not"),
    (r"\b(what|who|where|when|how|there|that|it|here|he|she)'?s\b(?!')", r"\1 is"),
    (r"\b(you|they|we|who|what)'re\b", r"\1 are"),
    (r"\bi'd\b", "i would"),
    (r"\bi'm\b", "i am"),
    (r"\bthat'll\b", "that will"),
)
_LEADS = re.compile(
    r"^(please|okay|ok|hey|hi|hello|so|well|um+|uh+|er+|ah|oh|now|and|but|alright|all right|right|"
    r"listen|excuse me|from now on|robot|sorry|yes|yeah|actually|then|"
    r"(can|could|would|will) you( please| just| kindly| maybe)*(?! (see|spot|read|still see)\b)|"
    r"(do|would) you mind|i (want|would like|need) you to|you (should|must|have to|need to)|"
    r"just(?= (stop|be|shut))) "
)
_TAILS = re.compile(
    r" (please|robot|thanks|thank you|will you|would you|can you|could you|okay|ok|"
    r"(?<! the )(?<! your )(?<! turn )(?<! turns )right|for me|"
    r"now please|if you (can|could|would|please)|then|from now on|buddy|my friend)$"
)
_ASKS = re.compile(
    r"(what|who|whose|where|when|why|which|how|is|are|do|does|did|can|could|was|were|has|have|will)\b"
)
_TOLD = re.compile(
    r"^(tell|show) (me|us) (?=(what|who|where|how many|which|is|are|if there|when)\b)"
)


_INDIRECT = re.compile(
    r"^(what|who) ((?:the|that|this|those|these|my|a|an) .+) (is|are) "
    r"(doing|holding|wearing|carrying|reading|eating|looking at|playing)\b"
)


def plain(text: str) -> str:
    """Return a sentence in lower case, without punctuation, contractions and politeness."""
    text = text.lower().replace("’", "'")
    for pattern, whole in _CONTRACTIONS:
        text = re.sub(pattern, whole, text)
    text = " ".join(re.sub(r"[^\w\s'-]|_", " ", text).split()).strip(" -'")
    text = _bare(_once(_bare(text)))
    for pattern, said in words.SLIPS:
        text = re.sub(pattern, said, text)
    return text


def _bare(text: str) -> str:
    """Return a text without politeness and the like at its ends."""
    before = None
    while text != before:
        before = text
        text = _TAILS.sub("", _LEADS.sub("", text, count=1), count=1)
    return text


def _once(text: str) -> str:
    """Return a sentence once that is said, or that a recognizer writes, several times in a row.

    Whisper may go on repeating one until its limit, which cuts off the last.
    """
    said = text.split()
    for length in range(1, len(said) // 2 + 1):
        if all(word == said[at % length] for at, word in enumerate(said)):
            return " ".join(said[:length])
    return text


def understand(text: str, addressed: bool = False) -> Act:
    """Return what a sentence asks for, NONE for what is not meant for the robot.

    `addressed`: it began with the wake word, so that any question is meant for the robot.
    """
    said = plain(text)
    if not 1 <= len(said.split()) <= MAX_WORDS:
        return NOTHING
    act = _command(said) or _watch(said) or _instruction(said)
    return act or _past(said, addressed) or _question(said, addressed) or NOTHING


def _command(said: str) -> Act | None:
    """Return what a sentence of a few fixed words asks for."""
    found = words.DURATION.search(said)
    if found and words.STOP.fullmatch(said[: found.start()].strip()):
        return Act(ActKind.STOP, f"{_seconds(found):g}", 0.95)
    if words.STOP.fullmatch(said):
        return Act(ActKind.STOP, "", 0.95)
    for kind, pattern, confidence in (
        (ActKind.GO_ON, words.GO_ON, 0.9),
        (ActKind.LOUDER, words.LOUDER, 0.9),
        (ActKind.QUIETER, words.QUIETER, 0.9),
        (ActKind.UNDO, words.UNDO, 0.8),
    ):
        if pattern.fullmatch(said):
            return Act(kind, "", confidence)
    return None


def _seconds(found: re.Match[str]) -> float:
    count = found["count"]
    number = float(count) if count.isdigit() else words.COUNTS[count]
    return number * words.SECONDS[found["unit"]]


def _watch(said: str) -> Act | None:
    found = words.WATCH.fullmatch(said)
    if not found:
        return None
    condition = next(group for group in found.groupdict().values() if group)
    if found["watched"] and words.SELF.match(condition):
        return NOTHING
    if words.UNWATCHED.match(condition):
        return NOTHING
    if words.PAST_WATCH.search(condition):
        return None
    return Act(ActKind.WATCH, condition, 0.9)


def _instruction(said: str) -> Act | None:
    if found := words.LANGUAGE.fullmatch(said):
        return Act(ActKind.INSTRUCTION, f"in {found['language'].capitalize()}", 0.9)
    if words.MANNER.fullmatch(said):
        return Act(ActKind.INSTRUCTION, said, 0.8)
    for pattern in words.INSTRUCTIONS:
        found = pattern.fullmatch(said)
        if found:
            about = next(group for group in found.groupdict().values() if group)
            return NOTHING if words.SELF.match(about) else Act(ActKind.INSTRUCTION, said, 0.85)
    return None


def _past(said: str, addressed: bool) -> Act | None:
    asked = _TOLD.sub("", said)
    known = questions.RECALL.fullmatch(asked) or (
        questions.RECALL_VISIBLE.fullmatch(asked) and questions.VISIBLE.search(asked)
    )
    if not known:
        return None
    if not addressed and questions.BOTHER_PAST.search(asked):
        return None
    return Act(ActKind.RECALL, _asked(asked), 0.8)


def _question(said: str, addressed: bool) -> Act | None:
    asked = _TOLD.sub("", said)
    known = any(pattern.fullmatch(asked) for pattern in questions.QUESTIONS)
    seen = known and questions.VISIBLE.search(asked) and not questions.BOTHER.search(asked)
    if seen or questions.SEEN_QUESTIONS.fullmatch(asked):
        return Act(ActKind.QUESTION, _asked(asked), 0.8)
    if addressed and _ASKS.match(asked):
        return Act(ActKind.QUESTION, _asked(asked), 0.6)
    return None


def _asked(text: str) -> str:
    """Return a question as a question: "what you see" is one in "tell me what you see"."""
    text = re.sub(r"^what you (can )?see", "what do you see", text)
    return _INDIRECT.sub(r"\1 \3 \2 \4", text) + "?"
