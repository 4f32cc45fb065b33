"""Splitting of streamed text into clauses, as early as each can be spoken naturally."""

from __future__ import annotations

import re

MIN_WORDS_FIRST, MIN_WORDS = 3, 5
"""Words from which on a comma ends the first and later clauses: audio should start early."""
BREAK_WORDS_FIRST, BREAK_WORDS = 6, 12
"""Words from which on the first and later clauses end before a conjunction."""
MAX_WORDS = 24

_ENDS = re.compile(r"""[.!?…]+["'”’)\]*]*$|[。！？]$""")
_PAUSES = re.compile(r"""[,;:—–]["'”’)\]]*$|[、，；：]$""")
_FULL_WIDTH = re.compile(r"([。！？、，；：])(?=\S)")  # no space follows these
_ABBREVIATION = re.compile(
    r"""^["'“‘(\[]*(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|vs|etc|approx|No|Nos|Fig"""
    r"""|ca|incl|min|max)\.$"""
)
_CONJUNCTIONS = frozenset(
    ("and", "but", "while", "as", "with", "who", "which", "where", "then", "because")
    + ("near", "behind", "toward", "towards")
)


class ClauseSplitter:
    """Splits text that arrives in pieces; no word is lost, whitespace is normalized.

    A word counts once the space after it has arrived, because "3." may still become "3.5".
    """

    def __init__(self, *, early_first: bool = True) -> None:
        """With `early_first`, end the first clause early, so that audio starts early."""
        self._early_first = early_first
        self._tail = ""
        self._words: list[str] = []
        self._first = early_first

    def push(self, text: str) -> list[str]:
        """Return the clauses that `text` completes."""
        self._tail = _FULL_WIDTH.sub(r"\1 ", self._tail + text)
        *words, self._tail = re.split(r"\s+", self._tail)
        return self._take(words)

    def flush(self) -> list[str]:
        """Return the remaining clauses; the next `push` starts a new text."""
        clauses = self._take([self._tail])
        if self._words:
            clauses.append(self._cut())
        self._tail = ""
        self._first = self._early_first
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
        enough = BREAK_WORDS_FIRST if self._first else BREAK_WORDS
        count = len(self._words)
        return count >= MAX_WORDS or count >= enough and word in _CONJUNCTIONS

    def _ends_after(self, word: str) -> bool:
        if _ENDS.search(word):
            return not _ABBREVIATION.match(word)
        enough = MIN_WORDS_FIRST if self._first else MIN_WORDS
        return bool(_PAUSES.search(word)) and len(self._words) >= enough

    def _cut(self) -> str:
        clause = " ".join(self._words)
        self._words = []
        self._first = False
        return clause


def clauses(text: str, *, early_first: bool = True) -> list[str]:
    """Split a whole text; without `early_first`, a clause stays whole if split again."""
    splitter = ClauseSplitter(early_first=early_first)
    return splitter.push(text) + splitter.flush()
