"""Models that have nothing new to say write "...": recognised as their text streams in."""

from __future__ import annotations

SILENCE = "..."
"""What prompts ask a model to answer when nothing new is worth saying."""

_MARKS = " \n.…"


def may_be_silence(text: str) -> bool:
    """Return whether an answer that begins with `text` may still turn out to say nothing."""
    return not text.strip(_MARKS)


class SilenceFilter:
    """Passes on the text of one answer, but holds back a beginning that may become silence."""

    def __init__(self) -> None:
        self._held = ""
        self.silent = True
        """Whether nothing but silence has come so far."""

    def push(self, text: str) -> str:
        """Return the text that is known to be words, with what was held back before it."""
        if not self.silent:
            return text
        self._held += text
        if may_be_silence(self._held):
            return ""
        self.silent = False
        return self._held
