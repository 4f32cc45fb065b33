"""One comment, as it grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from .engine import SILENCE


@dataclass(frozen=True)
class Comment:
    """A comment so far; stamps and times in seconds of the frames' clock.

    `newest`, `oldest`: stamps of the frames it is about; the same, exactly, in nanoseconds are
    `newest_ns` and `oldest_ns`, 0 where nobody knows. `first_words`: when they came, `first_sound`:
    when it is due to be heard; None before.
    """

    sequence: int
    camera: str
    newest: float
    oldest: float
    instruction: str
    question: str
    requested: float
    text: str = ""
    first_words: float | None = None
    first_sound: float | None = None
    final: bool = False
    silent: bool = False
    cancelled: bool = False
    newest_ns: int = 0
    oldest_ns: int = 0


class GrowingComment:
    """Publishes a comment with each new piece of text, and once more when it is finished.

    Nothing is published while what came may still turn out to be silence.
    """

    def __init__(self, start: Comment, publish: Callable[[Comment], None]) -> None:
        """Begin with `start`, which has no text yet."""
        self.comment = start
        self._publish = publish
        self._held = ""

    def takes(self, text: str) -> bool:
        """Hold `text`; return whether it is certain now that there are words to publish."""
        # A half of a character, which a server may stream by itself, can't be published.
        self._held += text.encode("utf-8", "replace").decode()
        begun = self.comment.first_words is not None
        return begun or not SILENCE.startswith(self._held.strip())

    def release(self, stamp: float) -> None:
        """Publish all that is held, as of `stamp`."""
        if not self._held:
            return
        words = self.comment.first_words
        self.comment = replace(
            self.comment,
            text=self.comment.text + self._held,
            first_words=stamp if words is None else words,
        )
        self._held = ""
        self._publish(self.comment)

    def sounds(self, stamp: float) -> None:
        """Note when the first sound is heard."""
        if self.comment.first_sound is None:
            self.comment = replace(self.comment, first_sound=stamp)

    def finish(self, cancelled: bool) -> Comment:
        """Publish the final state, unless cancelled before any word; return it."""
        begun = self.comment.first_words is not None
        self.comment = replace(
            self.comment,
            text=self.comment.text.strip(),
            final=True,
            silent=not begun and not cancelled,
            cancelled=cancelled,
        )
        if begun or not cancelled:
            self._publish(self.comment)
        return self.comment
