"""Cutting streamed text into clauses as early as they can be spoken naturally."""

from __future__ import annotations

import re

FIRST_WORDS = 3
"""A comma ends the first clause from this many words on: the first sound should come early."""
LATER_WORDS = 5
BREAK_FIRST = 6
"""Without any comma, the first clause ends before a joining word from this many words on."""
BREAK_LATER = 12
MOST_WORDS = 24

_ENDS = re.compile(r"""[.!?…]+["'”’)\]*]*$|[。！？]$""")
_PAUSES = re.compile(r"""[,;:—–]["'”’)\]]*$|[、，；：]$""")
_WIDE = re.compile(r"([。！？、，；：])(?=\S)")  # those need no space after them
_ABBREVIATION = re.compile(
    r"""^["'“‘(\[]*(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|vs|etc|approx|No|Nos|Fig"""
    r"""|ca|incl|min|max)\.$"""
)
_JOINS = frozenset(
    ("and", "but", "while", "as", "with", "who", "which", "where", "then", "because")
    + ("near", "behind", "toward", "towards")
)


class ClauseSplitter:
    """Feed it text as it comes; get clauses out, in order, whitespace tidied, no word lost.

    A word counts once the space after it has come, so "3." may still become "3.5".
    """

    def __init__(self, *, hurry: bool = True) -> None:
        """With `hurry` the first clause comes early, for the sake of the first sound."""
        self._hurry = hurry
        self._tail = ""
        self._words: list[str] = []
        self._first = hurry

    def push(self, text: str) -> list[str]:
        """Return the clauses that `text` completes."""
        self._tail = _WIDE.sub(r"\1 ", self._tail + text)
        *words, self._tail = re.split(r"\s+", self._tail)
        return self._take(words)

    def flush(self) -> list[str]:
        """Return what is left; the next `push` starts a new text."""
        clauses = self._take([self._tail])
        if self._words:
            clauses.append(self._cut())
        self._tail = ""
        self._first = self._hurry
        return clauses

    def _take(self, words: list[str]) -> list[str]:
        clauses = []
        for word in filter(None, words):
            if self._words and self._breaks_before(word):
                clauses.append(self._cut())
            self._words.append(word)
            if self._ends_after(word):
                clauses.append(self._cut())
        return clauses

    def _breaks_before(self, word: str) -> bool:
        enough = BREAK_FIRST if self._first else BREAK_LATER
        count = len(self._words)
        return count >= MOST_WORDS or count >= enough and word in _JOINS

    def _ends_after(self, word: str) -> bool:
        if _ENDS.search(word):
            return not _ABBREVIATION.match(word)
        enough = FIRST_WORDS if self._first else LATER_WORDS
        return bool(_PAUSES.search(word)) and len(self._words) >= enough

    def _cut(self) -> str:
        clause = " ".join(self._words)
        self._words = []
        self._first = False
        return clause


def clauses(text: str, *, hurry: bool = True) -> list[str]:
    """Cut a whole text; without `hurry`, a clause that was cut already stays whole."""
    splitter = ClauseSplitter(hurry=hurry)
    return splitter.push(text) + splitter.flush()
