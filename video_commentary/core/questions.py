"""Questions to the commentator, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from .audio import Pcm
from .cancel import CancelToken
from .prompting import checked_question
from .remembered import Remembered
from .stamp import Stamp

WITHDRAWN = "the question was cancelled"
SPOKEN_OVER = "somebody spoke before the answer was complete: ask again"


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
