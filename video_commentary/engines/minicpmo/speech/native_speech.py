"""The model's own voice: text and hidden states in, sound out while the text still grows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ....core.audio import Pcm, to_int16
from ....core.cancel import CancelToken
from ..kernels.launching import compiling
from .code_chunker import CodeChunker
from .flow_stream import CHUNK_CODES
from .talker import Talker
from .vocoder import FORMAT, Vocoder

_SILENCE_LEVEL = 10 ** (-50 / 20)
"""Below -50 dB of full scale is silence."""
_LEAD = int(0.02 * FORMAT.rate)
"""Samples kept before the first sound, so that its onset isn't cut."""


class NativeSpeech:
    """Speaks one turn at a time: `start`, then `feed` for each group of tokens, the last marked.

    A turn may be abandoned anywhere; the next `start` drops the rest of it. `first_chunk`: codes
    (40 ms each) before the first sound leaves; fewer, sooner.
    """

    format = FORMAT

    def __init__(self, talker: Talker, vocoder: Vocoder, first_chunk: int = CHUNK_CODES) -> None:
        self._talker = talker
        self._vocoder = vocoder
        self._first_chunk = first_chunk

    def capture(self) -> None:
        """Compile all kernels, in parallel, and capture all CUDA graphs.

        So the first turn is as fast as the others.
        """
        with compiling(self._vocoder.device):
            self._talker.compile()
            self._vocoder.compile()
        self._talker.capture()
        self._vocoder.capture()

    def start(self, cancel: CancelToken) -> None:
        """Begin a turn, which stops within one chunk of `cancel`."""
        self._cancel = cancel
        self._talker.start()
        self._vocoder.start()
        self._chunker = CodeChunker(self._first_chunk)
        self._sounded = False

    def feed(self, ids: Tensor, hidden: Tensor, last: bool) -> Iterator[Pcm]:
        """Speak the next group of tokens; exhaust the iterator before the next group.

        `ids`: int64 [n], text tokens; `hidden`: [n, hidden_size], the language model's states after
        the final norm with each of them as input; both on the model's device. `last` ends the turn.
        """
        for code in self._talker.generate(self._talker.condition(ids, hidden), last):
            if self._cancel.cancelled:
                return
            chunk = self._chunker.add(code)
            if chunk is not None:
                yield from self._sound(chunk, last=False)
        if last:
            yield from self.flush()

    def flush(self) -> Iterator[Pcm]:
        """Yield the rest of a turn's sound; `feed` does so after the last group."""
        rest = self._chunker.flush()
        if rest is not None and not self._cancel.cancelled:
            yield from self._sound(rest, last=True)

    def _sound(self, codes: list[int], last: bool) -> Iterator[Pcm]:
        sound = self._vocoder.chunk(codes, last)
        if not self._sounded:
            sound = _trim_lead(sound)
            self._sounded = len(sound) > 0
        if len(sound) and not self._cancel.cancelled:
            yield Pcm(to_int16(sound), FORMAT)


def _trim_lead(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(sound) > _SILENCE_LEVEL)
    if not len(loud):
        return sound[:0]
    return sound[max(0, int(loud[0]) - _LEAD) :]
