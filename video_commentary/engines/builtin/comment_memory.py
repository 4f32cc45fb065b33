"""What was said before: so that nothing is repeated, and no event is reported twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from .event_rules import marks
from .events import SceneEvent

_REMEMBERED_SECONDS = 20.0  # for which an event counts as mentioned a moment ago
_SAME_WORDS_SECONDS = 10.5  # in which no sentence is repeated


@dataclass(frozen=True)
class PastComment:
    """A comment, when it was made, and the event that it is about, if any."""

    stamp: float
    text: str
    event: SceneEvent | None


class CommentMemory:
    """Remembers the comments of one engine."""

    def __init__(self) -> None:
        """Start without any comment."""
        self._comments: deque[PastComment] = deque(maxlen=64)
        self._reported: dict[tuple[str, int], float] = {}

    def __len__(self) -> int:
        """Return how many comments and reported events are remembered."""
        return len(self._comments) + len(self._reported)

    def expire(self, stamp: float) -> bool:
        """Forget what is old; return whether all was: stamps went back (a bag in a loop)."""
        restarted = bool(self._comments) and self._comments[-1].stamp > stamp
        if restarted:
            self._comments.clear()
            self._reported.clear()
        for mark in [m for m, at in self._reported.items() if at < stamp - _REMEMBERED_SECONDS]:
            del self._reported[mark]
        return restarted

    def record(self, stamp: float, text: str, event: SceneEvent | None) -> None:
        """Remember a comment that is about to be made."""
        self._comments.append(PastComment(stamp, text, event))
        if event is not None:
            self._reported |= dict.fromkeys(marks(event), event.stamp)

    def since(self, stamp: float) -> list[PastComment]:
        """Return the comments made from `stamp` on."""
        return [comment for comment in self._comments if comment.stamp >= stamp]

    def events(self, stamp: float) -> list[SceneEvent]:
        """Return the events that were mentioned in the last seconds before `stamp`."""
        recent = self.since(stamp - _REMEMBERED_SECONDS)
        return [comment.event for comment in recent if comment.event is not None]

    def is_reported(self, event: SceneEvent) -> bool:
        """Return whether an event was mentioned, of everybody who takes part."""
        return marks(event) <= self._reported.keys()

    def is_new(self, stamp: float, text: str, recent: Sequence[str]) -> bool:
        """Return whether a text was not said a moment ago, and is not among the `recent` ones."""
        said = {letters(past.text) for past in self.since(stamp - _SAME_WORDS_SECONDS)}
        return letters(text) not in said | {letters(other) for other in recent}

    def quiet_for(self, stamp: float) -> float:
        """Return the seconds since the last comment, infinite if there was none."""
        return stamp - self._comments[-1].stamp if self._comments else float("inf")


def letters(text: str) -> str:
    """Return a text's letters and digits in lower case, to compare sentences by."""
    return "".join(c for c in text.lower() if c.isalnum())
