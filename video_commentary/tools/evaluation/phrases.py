"""Nouns in plain English, with the number and the colour that stand before them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from .vocabulary import AT_LEAST, COLOURS, NOUNS, NUMBERS, PARENTS, PLURALS, PREPOSITIONS

_TOKEN = re.compile(r"[a-z0-9][a-z0-9'-]*|[^\sa-z0-9]")
_LONGEST = max(len(word.split("_")) for words in NOUNS.values() for word in words.split())
_DETERMINERS = frozenset(("the", "this", "that", "its", "his", "her", "their"))
_REACH = 4
"""Words before a noun among which its number and colour are looked for."""


@dataclass(frozen=True, kw_only=True)
class NounPhrase:
    """A noun of the vocabulary in a text.

    `kind`: what it means. `first` and `last`: characters from the start of its number or article
    to its end; `noun`: where the noun itself starts. `count`: None if no number is said. `number`:
    a number word or digits stand there. `none`: "no" stands there. `before`: the word before the
    phrase.
    """

    kind: str
    first: int
    noun: int
    last: int
    count: int | None
    at_least: bool
    number: bool
    none: bool
    colours: tuple[str, ...]
    before: str

    @property
    def governed(self) -> bool:
        """Whether a preposition stands before it: then it is hardly who something happens to."""
        return self.before in PREPOSITIONS


@cache
def _dictionary() -> dict[str, tuple[str, bool]]:
    """Return the kind of every word, and whether it is a plural."""
    found: dict[str, tuple[str, bool]] = {}
    for kind, words in NOUNS.items():
        for word in words.split():
            for plural in PLURALS.get(word, f"{word}s").split():
                found[plural.replace("_", " ")] = kind, True
            found[word.replace("_", " ")] = kind, False
    return found


@lru_cache(maxsize=10_000)
def kind_of(noun: str) -> str:
    """Return the kind that a noun means; a noun in no table is its own kind."""
    lowered = " ".join(noun.lower().replace("_", " ").split())
    return _dictionary().get(lowered, (lowered, False))[0]


@lru_cache(maxsize=10_000)
def is_a(kind: str, other: str) -> bool:
    """Return whether a kind is another one, or below it."""
    return kind == other or any(is_a(parent, other) for parent in PARENTS.get(kind, ()))


@lru_cache(maxsize=10_000)
def noun_phrases(text: str) -> tuple[NounPhrase, ...]:
    """Return the nouns of a text that the vocabulary has, in order."""
    tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text.lower())]
    words = [word for word, _, _ in tokens]
    found, index = [], 0
    while index < len(tokens):
        length = _noun_at(words, index)
        if length:
            found.append(_phrase(tokens, words, index, length))
        index += length or 1
    return tuple(found)


def _noun_at(words: list[str], index: int) -> int:
    """Return how many words the noun that starts here has, 0 if there is none."""
    for length in range(min(_LONGEST, len(words) - index), 0, -1):
        if " ".join(words[index : index + length]) in _dictionary():
            # "a desk lamp" is no desk: of two nouns side by side the second counts.
            following = " ".join(words[index + length : index + length + 1])
            return 0 if following in _dictionary() else length
    return 0


def _phrase(
    tokens: list[tuple[str, int, int]], words: list[str], index: int, length: int
) -> NounPhrase:
    kind, plural = _dictionary()[" ".join(words[index : index + length])]
    count: int | None = None if plural else 1
    at_least = number = none = False
    first, colours = index, []
    for place in range(index - 1, max(-1, index - 1 - _REACH), -1):
        word = words[place]
        if word in PREPOSITIONS or word == "and" or not word[0].isalnum():
            break
        if word in _DETERMINERS:
            first = place
            break
        first = place if word in COLOURS else first
        colours += [word] if any(word in known.split() for known in COLOURS.values()) else []
        if word in NUMBERS or word.isdecimal() or word in AT_LEAST or word == "no":
            first, number, none = place, word not in {"a", "an", "another"}, word == "no"
            at_least = word in AT_LEAST or words[max(0, place - 2) : place] == ["at", "least"]
            first = place - 2 if at_least and word not in AT_LEAST else first
            known = NUMBERS.get(word, AT_LEAST.get(word))
            count = 0 if none else int(word) if known is None else known
            break
    before = words[first - 1] if first else ""
    return NounPhrase(
        kind=kind,
        first=tokens[first][1],
        noun=tokens[index][1],
        last=tokens[index + length - 1][2],
        count=count,
        at_least=at_least,
        number=number,
        none=none,
        colours=tuple(colours),
        before=before,
    )
