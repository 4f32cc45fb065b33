"""From profile, instruction and recent comments to a prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .frames import Frame
from .remembered import Remembered, memory_question
from .silence import SILENCE
from .stamp import to_seconds

TOPICS = ("people", "vehicles", "animals", "things", "motion", "light", "counts", "camera")

STYLES = ("plain", "sports", "security", "driving", "descriptive")

MAX_INSTRUCTION = 2000
"""Characters; longer ones are mistakes, and would push the frames out of a model's context."""

RULES = f"""\
You see frames of a live camera, oldest first. Say in one or two short spoken sentences what \
changed or is going on now. Speak as if live: no lists, no markup, no mention of frames, images \
or pictures. Say only what you can see; say less when unsure. Never repeat what was already said. \
Answer in English unless the instruction is in another language or asks for one. If nothing new \
is worth saying, answer exactly: {SILENCE}"""

JUDGING_RULES = """\
You watch a live camera for a user. You see its latest frames, oldest first, and a condition. \
Answer yes if the condition holds now or happens in these frames. Answer no if it does not, or if \
that can't be seen. Answer with one word: yes or no."""


@dataclass(frozen=True)
class Profile:
    """A style of commenting (config/profiles.yaml).

    `mention`: topics it cares about, the most important first, out of `TOPICS`; engines that don't
    read text use these instead of `role`. `style`: how such engines say it, out of `STYLES`.
    """

    name: str
    role: str
    mention: tuple[str, ...]
    style: str = "plain"


def parse_profiles(document: Any) -> dict[str, Profile]:
    """Read profiles.yaml's content, already parsed.

    Raise ValueError that names the profile and what is wrong.
    """
    if not isinstance(document, Mapping) or not document:
        raise ValueError("profiles: expected a mapping of names to role and mention")
    profiles = {}
    for name, entry in document.items():
        if not isinstance(entry, Mapping) or set(entry) - {"style"} != {"role", "mention"}:
            raise ValueError(f"profile {name!r}: give it `role` and `mention`, perhaps `style`")
        if not isinstance(entry["mention"], list):
            raise ValueError(f"profile {name!r}: `mention` must be a list")
        unknown = set(entry["mention"]) - set(TOPICS)
        if unknown:
            raise ValueError(
                f"profile {name!r}: unknown topics {', '.join(sorted(map(str, unknown)))}; "
                f"use some of {', '.join(TOPICS)}"
            )
        style = entry.get("style", "plain")
        if style not in STYLES:
            raise ValueError(
                f"profile {name!r}: unknown style {style!r}; use one of {', '.join(STYLES)}"
            )
        profiles[str(name)] = Profile(
            str(name), str(entry["role"]), tuple(entry["mention"]), str(style)
        )
    return profiles


def checked_instruction(text: str) -> str:
    """Return an instruction fit for a prompt; raise ValueError saying what is allowed."""
    return _checked("instruction", text)


def checked_question(text: str) -> str:
    """Return a question fit for a prompt; raise ValueError saying what is allowed."""
    question = _checked("question", text)
    if not question:
        raise ValueError("the question is empty: ask something, in 1 to 2,000 characters")
    return question


def checked_sentence(text: str) -> str:
    """Return a sentence fit to be said, on one line; raise ValueError saying what is allowed."""
    sentence = _checked("text", text)
    if not sentence:
        raise ValueError("the text is empty: give 1 to 2,000 characters to say")
    return sentence


def _checked(kind: str, text: str) -> str:
    if len(text) > MAX_INSTRUCTION:
        raise ValueError(
            f"the {kind} has {len(text):,} characters: say it in at most {MAX_INSTRUCTION:,}"
        )
    if "\N{REPLACEMENT CHARACTER}" in text:
        # What rosidl puts in place of bytes that are no UTF-8.
        raise ValueError(f"the {kind} is not valid UTF-8 text: send it again, encoded as UTF-8")
    return one_line(text)


def one_line(text: str) -> str:
    """Return `text` on one line, without control characters and repeated blanks."""
    # NUL and escapes have no meaning to an engine and upset terminals.
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())


@dataclass(frozen=True)
class Prompt:
    """What an engine is asked.

    `system` stays the same from cycle to cycle until profile or instruction change, so engines
    can keep its KV; `text` comes after the frames and changes every time. The other fields hold
    the same facts unrendered, for engines that don't read text.

    `question` is empty for a comment; otherwise the answer to it is wanted.
    `recent`: the last comments, oldest first.
    """

    system: str
    text: str
    profile: Profile
    instruction: str = ""
    question: str = ""
    recent: tuple[str, ...] = ()


def build_prompt(
    profile: Profile,
    instruction: str,
    question: str,
    recent: Sequence[str],
    frames: Sequence[Frame],
    remembered: Remembered | None = None,
) -> Prompt:
    """Render the prompt for a comment on `frames`, or for the answer to `question`.

    With `remembered`, the question is about the past, and that is what a memory has found for it.
    """
    system = f"{profile.role}\n{RULES}"
    if instruction:
        system += f"\nThe viewer asks you, above all: {instruction}"
    lines = []
    cameras = list(dict.fromkeys(frame.camera for frame in frames))
    if len(cameras) > 1:
        lines.append("Cameras, frame by frame: " + ", ".join(f.camera for f in frames) + ".")
    if len(frames) > 1:
        span = to_seconds(frames[-1].stamp - frames[0].stamp)
        lines.append(f"The frames span {span:.1f} seconds.")
    if recent:
        # Given as hearsay: a model sees a wrong label again in the next frames if it is a fact.
        lines.append("Already said (possibly mistaken; trust your eyes, don't repeat):")
        lines.extend(f"- {comment}" for comment in recent)
    if remembered:
        lines = list(memory_question(question, remembered))
    elif question:
        lines.append(
            f"Question from the viewer: {question}\n"
            "Answer it from what you see, in one or two sentences; "
            "if it can't be seen, say that plainly."
        )
    else:
        lines.append("What is new?")
    return Prompt(system, "\n".join(lines), profile, instruction, question, tuple(recent))


def build_judging_prompt(frames: Sequence[Frame]) -> Prompt:
    """Render what stands before each `judging_question` about `frames`, of one camera."""
    span = to_seconds(frames[-1].stamp - frames[0].stamp)
    text = f"The frames span {span:.1f} seconds.\n" if len(frames) > 1 else ""
    return Prompt(JUDGING_RULES, text, Profile("", "", ()))


def judging_question(condition: str) -> str:
    """Return what asks a model whether a condition holds."""
    return f"Condition: {condition}\nDoes it hold? Answer yes or no."
