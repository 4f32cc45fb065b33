"""Questions to the commentator, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from .audio import AudioFormat, Pcm, from_bytes
from .cancel import CancelToken
from .prompting import checked_question
from .remembered import Remembered
from .stamp import Stamp

WITHDRAWN = "the question was cancelled"
SPOKEN_OVER = "somebody spoke before the answer was complete: ask again"
QUESTION_FORMAT = AudioFormat(16_000)
"""Of a question's sound in ~/ask."""
MAX_QUESTION_SECONDS = 30.0
"""Longest sound of a question in ~/ask."""


@dataclass(frozen=True)
class Answer:
    """To a question. `stamp`: of the newest frame it is about, 0 if there is none."""

    success: bool
    text: str
    stamp: Stamp = 0


@dataclass(frozen=True, eq=False)
class PendingQuestion:
    """A question that waits for its answer; with `quiet` that is text only.

    `remembered`: what a memory has found, if it is about the past. `progress`: gets the answer so
    far with each few words, on the thread that comments. `cancel` ends question and answer.
    `sound`: the question as it was spoken, None if it was written.
    """

    text: str
    quiet: bool = False
    remembered: Remembered | None = None
    progress: Callable[[str], object] = lambda _: None
    cancel: CancelToken = field(default_factory=CancelToken)
    answer: Future[Answer] = field(default_factory=Future)
    sound: Pcm | None = None

    def __post_init__(self) -> None:
        """Put the text on one line. Raise ValueError if there is none, or too much."""
        object.__setattr__(self, "text", checked_question(self.text))


def checked_sound(data: bytes) -> Pcm | None:
    """Return a question's sound in `QUESTION_FORMAT` from its bytes, None for no bytes.

    Raise ValueError, saying what is allowed.
    """
    if len(data) % 2:
        raise ValueError(
            f"the question's sound has {len(data):,} bytes, half a sample too many: "
            "send int16, 16 kHz, mono"
        )
    sound = from_bytes(data, QUESTION_FORMAT)
    if sound.duration > MAX_QUESTION_SECONDS:
        raise ValueError(
            f"the question's sound lasts {sound.duration:,.1f} s: send at most "
            f"{MAX_QUESTION_SECONDS:g} s of int16, 16 kHz, mono"
        )
    return sound if data else None
