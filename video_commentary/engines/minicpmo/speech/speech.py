"""The model's own voice: text and hidden states in, sound out while the text still grows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ....core.audio import Pcm, to_int16
from ....core.cancel import CancelToken
from .code_chunks import CodeChunks
from .flow_stream import CHUNK_CODES
from .talker import Talker
from .vocoder import FORMAT, Vocoder

_FLOOR = 10 ** (-50 / 20)
"""What is below -50 dB of full scale counts as silence."""
_LEAD = int(0.02 * FORMAT.rate)
"""Samples kept before the first sound, so that its onset isn't cut."""


class Speech:
    """Speaks one turn at a time: `start`, then `feed` for each group of words, the last marked.

    A turn may be left off anywhere; the next `start` forgets what remains of it.
    `first_chunk`: codes (40 ms each) before the first sound leaves; fewer, sooner.
    """

    format = FORMAT

    def __init__(self, talker: Talker, vocoder: Vocoder, first_chunk: int = CHUNK_CODES) -> None:
        self._talker = talker
        self._vocoder = vocoder
        self._first_chunk = first_chunk

    def record(self) -> None:
        """Record all CUDA graphs, so that the first turn is as fast as the others."""
        self._talker.record()
        self._vocoder.record(self._first_chunk)

    def start(self, cancel: CancelToken) -> None:
        """Begin a turn, which stops within one chunk of `cancel`."""
        self._cancel = cancel
        self._talker.start()
        self._vocoder.start()
        self._chunks = CodeChunks(self._first_chunk)
        self._sounded = False

    def feed(self, ids: Tensor, hidden: Tensor, last: bool) -> Iterator[Pcm]:
        """Say the next group of words; exhaust it before the next group.

        `ids` int64 [n]: text tokens, `hidden` [n, H]: the language model's final-norm states with
        each of them as input; both on the model's device. `last` closes the turn.
        """
        for code in self._talker.speak(self._talker.conditions(ids, hidden), last):
            if self._cancel.cancelled:
                return
            chunk = self._chunks.add(code)
            if chunk is not None:
                yield from self._said(chunk, last=False)
        if last:
            yield from self.flush()

    def flush(self) -> Iterator[Pcm]:
        """Say what is left of a turn; `feed` does so after the last group."""
        rest = self._chunks.finish()
        if rest is not None and not self._cancel.cancelled:
            yield from self._said(rest, last=True)

    def _said(self, codes: list[int], last: bool) -> Iterator[Pcm]:
        sound = self._vocoder.chunk(codes, last)
        if not self._sounded:
            sound = _without_lead(sound)
            self._sounded = len(sound) > 0
        if len(sound) and not self._cancel.cancelled:
            yield Pcm(to_int16(sound), FORMAT)


def _without_lead(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(sound) > _FLOOR)
    if not len(loud):
        return sound[:0]
    return sound[max(0, int(loud[0]) - _LEAD) :]
