"""One comment, as it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .facts import Claim, Observation, evidence_of
from .stamp import Stamp


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment so far.

    `newest`, `oldest`: stamps of the frames it is about. `requested`: when the engine was asked.
    `first_words`: when they came, `first_sound`: when it is due to be heard; None before. All are
    in the camera's time. `evidence`: what the text rests on, the oldest first; empty before it is
    final, and where the engine does not say.
    """

    sequence: int
    camera: str
    newest: Stamp
    oldest: Stamp
    instruction: str
    question: str
    requested: Stamp
    text: str = ""
    first_words: Stamp | None = None
    first_sound: Stamp | None = None
    final: bool = False
    silent: bool = False
    cancelled: bool = False
    evidence: tuple[Observation, ...] = ()


class CommentBuilder:
    """Publishes a comment with each new piece of text, and once more when it is finished."""

    def __init__(self, start: Comment, publish: Callable[[Comment], None]) -> None:
        """Begin with `start`, which has no text yet."""
        self.comment = start
        self._publish = publish
        self._held = ""
        self._claims: list[Claim] = []

    @property
    def begun(self) -> bool:
        """Whether any words were published."""
        return self.comment.first_words is not None

    def add(self, text: str) -> bool:
        """Add `text`; return whether there is anything to publish: not for blanks alone."""
        # Half of a character, which a server may stream by itself, can't be published.
        self._held += text.encode("utf-8", "replace").decode()
        return self.comment.first_words is not None or bool(self._held.strip())

    def add_claims(self, claims: Sequence[Claim]) -> None:
        """Note what the text states as data: the final state names what that rests on."""
        self._claims += claims

    def publish_text(self, stamp: Stamp) -> None:
        """Publish all text that was added, as of `stamp`."""
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

    def set_first_sound(self, stamp: Stamp) -> None:
        """Note when the comment's sound is heard; only the first call counts."""
        if self.comment.first_sound is None:
            self.comment = replace(self.comment, first_sound=stamp)

    def finish(self, cancelled: bool) -> Comment:
        """Publish the final state, unless cancelled before any word; return it.

        A comment that was not cancelled and has no words is silent.
        """
        begun = self.comment.first_words is not None
        self.comment = replace(
            self.comment,
            text=self.comment.text.strip(),
            final=True,
            silent=not begun and not cancelled,
            cancelled=cancelled,
            evidence=evidence_of(self._claims) if begun else (),
        )
        if begun or not cancelled:
            self._publish(self.comment)
        return self.comment
