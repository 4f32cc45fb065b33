"""The command that some sound is most like: Whisper's decoder, led by a grammar.

What is looked for is the sentence that the sound makes likelier than it is without any sound, as
far as `_PRIOR_SHARE` says: else short and common sentences win over those that were said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.cancel import CancelToken
from .phrase_grammar import PhraseGrammar, State, TokenAutomaton
from .whisper_decoder import Array, WhisperDecoder, log_softmax

_BEAMS = 20
_FIRST_BEAMS, _FIRST_TOKENS = 48, 2
"""Beginnings that are kept at first, when the word that was said may be the least likely of all."""
_MOST_TOKENS = 20
_FREQUENT = 8192
"""Tokens, the most frequent ones, among which probabilities are normalized beside the grammar's."""
_PRIOR_SHARE = 0.45
_PER_TOKEN = 1.5
"""Log probability that the prior takes from a sentence on average, to compare lengths by."""
_WORSE = 12.0
"""Log probability by which a beginning may be worse than the best sentence so far."""
_RESCORED = 12
_UNUSUAL_WORD = 1.5
"""Log probability that an unusual word costs."""
_NO_SOUND = 50
"""Positions of encoded sound, all zero, that stand for no sound."""
_MOST_PRIORS = 4096


@dataclass(frozen=True)
class HeardPhrase:
    """A sentence of the grammar.

    `probability`: its log probability, with the mark at its end. `evidence`: the same, less a share
    of that without sound, and less for unusual words. `tokens`: their number, with that mark.
    """

    text: str
    probability: float
    evidence: float
    tokens: int


@dataclass(frozen=True)
class _Beginning:
    tokens: tuple[int, ...]
    state: State
    score: float


class CommandDecoder:
    """Beam search among the sentences of a grammar. Not thread-safe."""

    def __init__(
        self,
        decoder: WhisperDecoder,
        grammar: PhraseGrammar,
        prompt: Sequence[int],
        encode: Callable[[str], list[int]],
        decode: Callable[[list[int]], str],
        end: int,
        unusual: frozenset[str] = frozenset(),
    ) -> None:
        """`prompt`: tokens before the sentence; `end`: the one after it; `unusual`: words.

        All others but the most frequent tokens are taken from `decoder`.
        """
        self._unusual = unusual
        self._decoder = decoder
        self._automaton = TokenAutomaton(grammar, encode)
        self._encode, self._decode = encode, decode
        ends = [end, *(encode(mark)[0] for mark in ".?!")]
        known = sorted({*self._automaton.tokens, *prompt, *ends, *range(_FREQUENT)})
        decoder.choose(known)
        self._columns = {token: at for at, token in enumerate(known)}
        self._prompt = [self._columns[token] for token in prompt]
        self._ends = [self._columns[token] for token in ends]
        self._priors: dict[tuple[int, ...], float] = {}

    def search(self, encoded: Array, cancel: CancelToken) -> list[HeardPhrase]:
        """Return sentences for encoded sound [positions, width], with most evidence first.

        None once `cancel` is cancelled.
        """
        found = self._search(encoded, cancel)
        if cancel.cancelled:
            return []
        found.sort(key=lambda it: -it[1] - _PER_TOKEN * len(it[0]))
        return self._weigh(found[:_RESCORED])

    def prior(self, text: str) -> float:
        """Return the log probability of a text without sound."""
        tokens = tuple(self._encode(f" {text.rstrip('.?! ')}"))
        tokens = tuple(token for token in tokens if token in self._columns)
        return self._priors_of([tokens])[0] if tokens else 0.0

    def _search(self, encoded: Array, cancel: CancelToken) -> list[tuple[tuple[int, ...], float]]:
        cache = self._decoder.begin(encoded)
        for token in self._prompt:
            hidden = self._decoder.step(np.array([token]), cache)
        beginnings = [_Beginning((), self._automaton.first, 0.0)]
        whole: list[tuple[tuple[int, ...], float]] = []
        best = -np.inf
        for length in range(1, _MOST_TOKENS):
            likely = log_softmax(hidden @ self._decoder.embeddings.T)
            for row, each in enumerate(beginnings):
                if self._automaton.is_whole(each.state):
                    end = float(np.logaddexp.reduce(likely[row, self._ends]))
                    whole.append((each.tokens, each.score + end))
                    best = max(best, each.score + end + _PER_TOKEN * length)
            following = [
                (each.score + float(likely[row, self._columns[token]]), row, token, state)
                for row, each in enumerate(beginnings)
                for token, state in self._automaton.following(each.state).items()
            ]
            following.sort(key=lambda it: -it[0])
            worst = best - _WORSE - _PER_TOKEN * (length + 1)
            beams = _FIRST_BEAMS if length <= _FIRST_TOKENS else _BEAMS
            following = [each for each in following[:beams] if each[0] > worst]
            if not following or cancel.cancelled:
                break
            cache.keep(np.array([row for _, row, _, _ in following]))
            beginnings = [
                _Beginning((*beginnings[row].tokens, token), state, score)
                for score, row, token, state in following
            ]
            tokens = [self._columns[token] for _, _, token, _ in following]
            hidden = self._decoder.step(np.array(tokens), cache)
        return whole

    def _weigh(self, found: list[tuple[tuple[int, ...], float]]) -> list[HeardPhrase]:
        phrases = []
        priors = self._priors_of([tokens for tokens, _ in found])
        for (tokens, probability), prior in zip(found, priors, strict=True):
            text = self._decode(list(tokens)).strip()
            unusual = sum(word in self._unusual for word in text.split())
            evidence = probability - _PRIOR_SHARE * prior - _UNUSUAL_WORD * unusual
            phrases.append(HeardPhrase(text, probability, evidence, len(tokens) + 1))
        return sorted(phrases, key=lambda each: -each.evidence)

    def _priors_of(self, sentences: list[tuple[int, ...]]) -> list[float]:
        """Return log probabilities without sound, as far as possible from memory."""
        new = [each for each in dict.fromkeys(sentences) if each not in self._priors]
        if new:
            if len(self._priors) > _MOST_PRIORS:
                self._priors.clear()
                new = list(dict.fromkeys(sentences))
            nothing = np.zeros((_NO_SOUND, self._decoder.width), np.float32)
            self._priors |= zip(new, self._scores(nothing, new), strict=True)
        return [self._priors[each] for each in sentences]

    def _scores(self, encoded: Array, sentences: list[tuple[int, ...]]) -> list[float]:
        cache = self._decoder.begin(encoded)
        for token in self._prompt:
            hidden = self._decoder.step(np.full(len(sentences), token), cache)
        scores = [0.0] * len(sentences)
        for at in range(max(map(len, sentences)) + 1):
            likely = log_softmax(hidden @ self._decoder.embeddings.T)
            for row, tokens in enumerate(sentences):
                if at < len(tokens):
                    scores[row] += float(likely[row, self._columns[tokens[at]]])
                elif at == len(tokens):
                    scores[row] += float(np.logaddexp.reduce(likely[row, self._ends]))
            following = [self._columns[each[min(at, len(each) - 1)]] for each in sentences]
            hidden = self._decoder.step(np.array(following), cache)
        return scores
