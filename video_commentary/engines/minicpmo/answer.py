"""Tokens to deltas: silence is recognised, words stay whole, sound carries its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from ...core.audio import AudioFormat, Pcm
from ...core.cancel import CancelToken
from ...core.engine import Delta
from ...core.silence import may_be_silence
from .language.language_model import GeneratedToken
from .language.tokenizer import StreamDetokenizer, Tokenizer

SPEECH_GROUP = 10
"""Text tokens that speech takes at once."""

EndedWithEos = Callable[[int], bool]
"""Returns whether an answer of that many tokens is complete, not cut off at the limit."""

_WORD_END = re.compile(r"[^\W_][^\s]*\Z")
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts without spaces between words: every character may end a piece."""


_LEADING_DOTS = re.compile(r"\s*(?:(?:\.{2,}|…|\.(?=\s))\s*)+")


class SpeechSynthesizer(Protocol):
    """The model's own voice, see `NativeSpeech`."""

    @property
    def format(self) -> AudioFormat:
        """The format of every Pcm."""
        ...

    def start(self, cancel: CancelToken) -> None:
        """Begin a turn; the rest of the last one is dropped."""
        ...

    def feed(self, ids: Tensor, hidden: Tensor, last: bool) -> Iterator[Pcm]:
        """Speak text tokens [n] with their hidden states [n, hidden_size]; `last` ends the turn."""
        ...


def whole_words(text: str) -> str:
    """Return `text` without a last word that may continue."""
    end = _WORD_END.search(text)
    if end is None or _SPACELESS.search(end.group()):
        return text
    return text[: end.start()]


def is_silence(text: str) -> bool:
    """Return whether an answer that begins with `text` says nothing, whatever follows."""
    return may_be_silence(text) and text.lstrip().endswith("\n")


def drop_leading_dots(text: str) -> str:
    """Return `text` without a pause before its first word, such as "... "; ".5" stays."""
    dots = _LEADING_DOTS.match(text)
    return text[dots.end() :] if dots else text


def has_words(text: str) -> bool:
    """Return whether `text` contains a word that can be spoken."""
    return any(character.isalnum() for character in text)


def text_deltas(
    tokenizer: Tokenizer,
    tokens: Iterable[GeneratedToken],
    ended_with_eos: EndedWithEos,
    cancel: CancelToken,
) -> Iterator[Delta]:
    """Yield an answer as text, word by word; one silent delta if it says nothing.

    An answer that is cut off ends on a whole word.
    """
    text, held, said, count = StreamDetokenizer(tokenizer), "", False, 0
    for token in tokens:
        count += 1
        held += text.add([token.id])
        if not said:
            held = held.lstrip()
            if is_silence(held):
                break
            if may_be_silence(held):
                continue
            held = drop_leading_dots(held)
        words = whole_words(held)
        if words.strip():
            yield Delta(words)
            held, said = held[len(words) :], True
    if cancel.cancelled:
        return
    held += text.add([], last=True)
    if not said and may_be_silence(held):
        yield Delta(silent=True, last=True)
        return
    cut_off = said and not ended_with_eos(count)
    yield Delta((whole_words(held) if cut_off else held).rstrip(), last=True)


class SpokenAnswer:
    """One answer as speech: each delta with sound carries the text that begins in it."""

    def __init__(
        self, tokenizer: Tokenizer, speech: SpeechSynthesizer, device: torch.device
    ) -> None:
        self._tokenizer = tokenizer
        self._speech = speech
        self._device = device
        self._text = StreamDetokenizer(tokenizer)
        self._ids: list[int] = []
        self._fed = 0
        self._shown = False
        self._unshown = ""

    def deltas(
        self,
        tokens: Iterable[GeneratedToken],
        hidden_states: Callable[[int], Tensor],
        ended_with_eos: EndedWithEos,
        cancel: CancelToken,
    ) -> Iterator[Delta]:
        """Yield an answer as text and sound; one silent delta if it says nothing.

        `hidden_states` returns those of the first n tokens, once all are generated.
        """
        wordy, text = False, ""
        for token in tokens:
            # its own hidden state comes with the next token
            if not wordy and has_words(text):
                self._begin(text, cancel)
                wordy = True
            while wordy and len(self._ids) - self._fed >= SPEECH_GROUP:
                yield from self._feed(token.hidden, self._fed + SPEECH_GROUP, last=False)
            self._ids.append(token.id)
            if not wordy:
                text = self._tokenizer.decode(self._ids)
                if is_silence(text):
                    break
        if cancel.cancelled:
            return
        text = self._tokenizer.decode(self._ids)
        if not has_words(text):
            silent = may_be_silence(text)
            yield Delta("" if silent else text.strip(), silent=silent, last=True)
            return
        if not wordy:
            self._begin(text, cancel)
        count = len(self._ids)
        end = count if ended_with_eos(count) else self._count_whole_words()
        yield from self._feed(hidden_states(count), max(end, self._fed), last=True)
        yield Delta(self._unshown.rstrip(), last=True)

    def _begin(self, text: str, cancel: CancelToken) -> None:
        """Start to speak `text`, that of all ids so far, after its leading dots.

        The talker makes noises of dots before the first word.
        """
        self._speech.start(cancel)
        dots = len(text) - len(drop_leading_dots(text))
        while len(self._tokenizer.decode(self._ids[: self._fed + 1])) <= dots:
            self._fed += 1

    def _feed(self, hidden: Tensor, end: int, last: bool) -> Iterator[Delta]:
        ids = self._ids[self._fed : end]
        new = self._text.add(ids, last)
        self._unshown += new
        if not self._shown:
            self._unshown = self._unshown.lstrip()
        text_ids = torch.tensor(ids, dtype=torch.int64, device=self._device)
        rows = hidden[self._fed : end]
        self._fed = end
        for pcm in self._speech.feed(text_ids, rows, last):
            self._shown = self._shown or bool(self._unshown)
            yield Delta(self._unshown, pcm)
            self._unshown = ""

    def _count_whole_words(self) -> int:
        """Return the number of ids that make whole words."""
        kept = len(whole_words(self._tokenizer.decode(self._ids)).rstrip())
        ends = range(len(self._ids), 0, -1)
        fitting = (n for n in ends if len(self._tokenizer.decode(self._ids[:n]).rstrip()) <= kept)
        return next(fitting, len(self._ids)) if kept else len(self._ids)
