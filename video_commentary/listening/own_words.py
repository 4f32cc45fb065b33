"""The words that the robot said: what a microphone hears of them is not somebody speaking."""

from __future__ import annotations

import re
from collections import deque
from difflib import SequenceMatcher

from ..core.stamp import Stamp, from_seconds

_KEPT = from_seconds(20.0)
_SENTENCES = 32
_WORD = from_seconds(0.4)
"""Time that a word takes."""
_SIMILAR = 0.75
"""Ratio of letters above which two words count as the same, wrongly recognized."""
_SHARE = 0.7
"""Part of the words heard that must be the robot's own."""
_FEW = 2
"""Words that anybody may say by chance: the robot's own only if all of them are."""


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return re.findall(r"[\w']+", text.lower())


class OwnWords:
    """What the robot said in the last 20 s."""

    def __init__(self) -> None:
        self._said: deque[tuple[Stamp, list[str]]] = deque(maxlen=_SENTENCES)

    def add(self, text: str, stamp: Stamp) -> None:
        """Take words that are said from `stamp` on."""
        if words := words_of(text):
            self._said.append((stamp, words))

    def speaking(self, stamp: Stamp) -> bool:
        """Return whether the robot is probably still saying them: by the pace of speech."""
        return any(0 <= stamp - at < _WORD * len(words) for at, words in self._said)

    def share(self, text: str, stamp: Stamp) -> float:
        """Return the part, 0 to 1, of the words of `text` that the robot said, in their order."""
        heard = words_of(text)
        said = [word for at, words in self._said if stamp - at < _KEPT for word in words]
        return _in_order(heard, said) / len(heard) if heard and said else 0.0

    def matches(self, text: str, stamp: Stamp) -> bool:
        """Return whether `text`, heard at `stamp`, is what the robot said."""
        share = self.share(text, stamp)
        return share >= (1.0 if len(words_of(text)) <= _FEW else _SHARE)


def similar(first: str, second: str) -> bool:
    """Return whether two words may be the same one, wrongly recognized."""
    if first == second:
        return True
    if not first or not second or abs(len(first) - len(second)) > 3:
        return False
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _SIMILAR


def _in_order(heard: list[str], said: list[str]) -> int:
    """Return the length of the longest common subsequence of similar words."""
    row = [0] * (len(said) + 1)
    for word in heard:
        previous = 0
        for column, other in enumerate(said, 1):
            above = row[column]
            row[column] = previous + 1 if similar(word, other) else max(above, row[column - 1])
            previous = above
    return row[-1]
