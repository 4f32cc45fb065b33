"""Whether badly heard words were a command: what the grammar's search finds, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from ..core.cancel import CancelToken
from .command_decoder import CommandDecoder, HeardPhrase
from .command_phrases import UNUSUAL, command_grammar
from .intents import Act, ActKind, plain, understand
from .items import Transcript
from .own_words import words_of
from .whisper_decoder import Array, WhisperDecoder
from .whisper_weights import WeightsError

_LARGEST = 200_000_000
"""Bytes of a model, tiny or base: larger ones hear better, and their search would take too long."""
_SURE, _SURE_COMMAND = 0.8, 0.9
"""Confidence from which on words that are no command, or are one, are what was said."""
_TRUSTED = 0.6
_LIKELIER = 2.0
"""Confidence from which on a command stays as it was written, if it is likelier than another by
this log probability: it may name what the grammar doesn't know."""
_DOUBTED = 0.5
"""Confidence below which a command that was written is not believed."""
_EVIDENCE = 0.0
"""Evidence that a command needs: babble and noise have less for any."""
_MARGIN, _PROBABLE_MARGIN = 0.5, 2.0
"""Evidence that a command needs more than one that means something else, or log probability."""
_AGAINST_WORDS = -7.0
"""Log probability by which a command may be less likely than the words that were written."""
_NO_MATTER = frozenset(
    ("the", "a", "an", "please", "only", "just", "is", "are", "do", "can", "there")
)
"""Words that change nothing about what a command means."""
_ASKING = frozenset((ActKind.QUESTION, ActKind.RECALL))


class PhraseSearch(Protocol):
    """Finds the sentences that some sound is most like."""

    def search(self, encoded: Array, cancel: CancelToken) -> list[HeardPhrase]:
        """Return sentences for encoded sound [positions, width], with most evidence first.

        None once `cancel` is cancelled.
        """
        ...


class CommandGuesser:
    """Looks for a command where Whisper wrote something else."""

    def __init__(self, decoder: PhraseSearch) -> None:
        self._decoder = decoder

    @classmethod
    def load(cls, path: Path, tokenizer: Any, wake: str = "") -> CommandGuesser | None:
        """Read a Whisper model.bin; return None where there is none that can be searched fast.

        `tokenizer`: faster-whisper's, for English. `wake`: the word that commands may begin with.
        """
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        try:
            decoder = WhisperDecoder(path)
        except WeightsError:
            return None
        return cls(
            CommandDecoder(
                decoder,
                command_grammar(wake),
                [*tokenizer.sot_sequence, tokenizer.no_timestamps],
                tokenizer.encode,
                tokenizer.decode,
                tokenizer.eot,
                UNUSUAL,
            )
        )

    def guess(
        self, words: Transcript, probability: float, encoded: Array, cancel: CancelToken
    ) -> Transcript | None:
        """Return the command that was said, None for none or if `words` are to be kept.

        `probability`: log probability of the words. `encoded`: the sound, [positions, width].
        """
        act = understand(words.text)
        written = act.kind is not ActKind.NONE
        if words.confidence > (_SURE_COMMAND if written else _SURE) and not _repeats(words.text):
            return None
        phrases = [(each, understand(each.text)) for each in self._decoder.search(encoded, cancel)]
        phrases = [each for each in phrases if each[1].kind is not ActKind.NONE]
        if phrases:
            best, meant = phrases[0]
            better = best.probability - probability
            if written and words.confidence > _TRUSTED and better < -_LIKELIER:
                return None
            if better > _AGAINST_WORDS and _is_clear(phrases, act):
                return Transcript(best.text + _mark(meant), words.confidence)
        return Transcript("", 0.0) if written and words.confidence < _DOUBTED else None


def _repeats(text: str) -> bool:
    """Return whether a text is a sentence several times, which makes Whisper sure of anything."""
    return len(words_of(text)) >= 2 * max(1, len(plain(text).split()))


def _is_clear(phrases: list[tuple[HeardPhrase, Act]], written: Act) -> bool:
    """Return whether the first phrase is heard, and no other as well, or was written too."""
    best, meant = phrases[0]
    if best.evidence <= _EVIDENCE:
        return False
    rest = [each for each, act in phrases if _gist(act) != _gist(meant)]
    return (
        _gist(written) == _gist(meant)
        or all(best.evidence - each.evidence > _MARGIN for each in rest)
        or all(best.probability - each.probability > _PROBABLE_MARGIN for each in rest)
    )


def _gist(act: Act) -> tuple[ActKind, str]:
    """Return what acts have in common that differ in number, articles and politeness only."""
    words = [word for word in words_of(act.argument) if word not in _NO_MATTER]
    return act.kind, " ".join(word.removesuffix("s") for word in words)


def _mark(act: Act) -> str:
    return "?" if act.kind in _ASKING else "."
