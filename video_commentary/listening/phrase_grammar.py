"""Grammars of spoken sentences: rules of words, and the automaton of tokens that spells them.

A rule is written as `[please] turn (up|down) the <sound>`: words, `[what may be left out]`,
`(one|of these)`, and `<another rule>`, which may not lead back to itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

_ITEM = re.compile(r"<(\w+)>|([\[\](|)])|([^\s\[\](|)<>]+)")
State: TypeAlias = frozenset[tuple[int, str, int]]
"""Where a beginning of a sentence may be: node, word that is being spelled, tokens of it so far."""


class GrammarError(ValueError):
    """A rule can't be read; the message says which."""


class PhraseGrammar:
    """The sentences of one rule, as an automaton of words."""

    def __init__(self, rules: Mapping[str, str], start: str) -> None:
        """Raise GrammarError."""
        self._rules = rules
        self._words: list[list[tuple[str, int]]] = []
        self._skips: list[list[int]] = []
        self._open: list[str] = []
        self.first = self._node()
        self.last = self._rule(start, self.first)

    def _node(self) -> int:
        self._words.append([])
        self._skips.append([])
        return len(self._words) - 1

    def _rule(self, name: str, begin: int) -> int:
        if name in self._open or name not in self._rules:
            raise GrammarError(f"<{name}> is not defined, or leads back to itself")
        self._open.append(name)
        items = _ITEM.findall(self._rules[name])
        end, rest = self._choice(items, begin)
        if rest:
            raise GrammarError(f"<{name}> has a bracket too many")
        self._open.pop()
        return end

    def _choice(
        self, items: Sequence[tuple[str, str, str]], begin: int
    ) -> tuple[int, Sequence[tuple[str, str, str]]]:
        """Add alternatives up to a closing bracket; return the node after them, and the rest."""
        end = self._node()
        here = begin
        while items:
            (rule, mark, word), *items = items
            if rule:
                here = self._rule(rule, here)
            elif word:
                after = self._node()
                self._words[here].append((word, after))
                here = after
            elif mark in "[(":
                after, rest = self._choice(items, self._skip_from(here))
                if not rest:
                    raise GrammarError(f"<{self._open[-1]}> lacks a closing bracket")
                if mark == "[":
                    self._skips[here].append(after)
                here, items = after, rest[1:]
            elif mark == "|":
                self._skips[here].append(end)
                here = begin
            else:
                self._skips[here].append(end)
                return end, [("", mark, ""), *items]
        self._skips[here].append(end)
        return end, []

    def _skip_from(self, node: int) -> int:
        after = self._node()
        self._skips[node].append(after)
        return after

    def reachable(self, node: int) -> set[int]:
        """Return the nodes that are reached from one without a word."""
        found, waiting = {node}, [node]
        while waiting:
            for after in self._skips[waiting.pop()]:
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        return found

    def ends(self, node: int) -> bool:
        """Return whether a sentence may end at a node."""
        return self.last in self.reachable(node)

    def words_from(self, node: int) -> list[tuple[str, int]]:
        """Return the words that may follow a node, and the node after each."""
        return [each for here in self.reachable(node) for each in self._words[here]]

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the grammar."""
        return frozenset(word for words in self._words for word, _ in words)


class TokenAutomaton:
    """The sentences of a grammar, token by token. States are made when they are reached."""

    def __init__(self, grammar: PhraseGrammar, encode: Callable[[str], list[int]]) -> None:
        """`encode` returns the tokens of a text."""
        self._grammar = grammar
        self._after: dict[State, dict[int, State]] = {}
        begins = [(_capital(word), node) for word, node in grammar.words_from(grammar.first)]
        words = grammar.words | {word for word, _ in begins}
        self._tokens = {word: encode(word if word == "," else f" {word}") for word in words}
        self.first: State = frozenset((node, word, 0) for word, node in begins)
        self.tokens = sorted({token for tokens in self._tokens.values() for token in tokens})
        """All tokens of the grammar."""

    def following(self, state: State) -> dict[int, State]:
        """Return the tokens that may follow, and the state after each."""
        if state not in self._after:
            found: dict[int, set[tuple[int, str, int]]] = {}
            for node, word, spelled in state:
                if not word:
                    continue
                tokens = self._tokens[word]
                after = found.setdefault(tokens[spelled], set())
                if spelled + 1 < len(tokens):
                    after.add((node, word, spelled + 1))
                    continue
                after.update((to, each, 0) for each, to in self._grammar.words_from(node))
                if self._grammar.ends(node):
                    after.add((node, "", 0))
            self._after[state] = {token: frozenset(after) for token, after in found.items()}
        return self._after[state]

    @staticmethod
    def is_whole(state: State) -> bool:
        """Return whether a sentence may end here."""
        return any(not word for _, word, _ in state)


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
