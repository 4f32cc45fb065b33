"""The wake word, found in the transcript: "robot, go on", "hey robot", "robert"."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from ..core.stamp import Stamp, from_seconds

FOLLOW_UP = from_seconds(8.0)
"""How long after an utterance to the robot the next one needs no wake word."""
_GREETINGS = frozenset({"hey", "hi", "hello", "ok", "okay", "oh", "so", "well", "yo", "a", "the"})
_FIRST_WORDS = 3
_SIMILAR = 0.7


class WakeWord:
    """Decides which utterances of a stream are meant for the robot; without a word, all."""

    def __init__(self, word: str) -> None:
        """`word`: one or several words, in any case; empty to always listen."""
        self._words = _words(word)
        self._open_until = 0

    @property
    def always(self) -> bool:
        """Whether there is no wake word."""
        return not self._words

    def strip(self, text: str, begin: Stamp) -> str | None:
        """Return what was said to the robot, without the wake word; None if nothing was.

        `begin`: when the utterance began.
        """
        if self.always:
            return text
        found = self._find(text)
        if found is not None:
            return text[found:].lstrip(" ,.!?:;-").strip()
        return text if begin < self._open_until else None

    def addressed(self, text: str) -> bool:
        """Return whether `text` begins with the wake word."""
        return not self.always and self._find(text) is not None

    def follow_up(self, end: Stamp) -> None:
        """Let an utterance to the robot that ended at `end` be followed by one without the word."""
        self._open_until = end + FOLLOW_UP

    def _find(self, text: str) -> int | None:
        """Return where the text goes on after the wake word; None without one."""
        matches = list(re.finditer(r"[\w']+", text))
        count = len(self._words)
        for first in range(min(_FIRST_WORDS, len(matches) - count + 1)):
            said = [match[0].lower() for match in matches[first : first + count]]
            if all(map(_sounds_like, said, self._words)):
                return matches[first + count - 1].end()
            if matches[first][0].lower() not in _GREETINGS:
                return None
        return None


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def _sounds_like(said: str, wanted: str) -> bool:
    return SequenceMatcher(None, said, wanted, autojunk=False).ratio() >= _SIMILAR
