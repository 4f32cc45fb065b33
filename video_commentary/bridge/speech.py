"""From blocks of speech, each due at a time, to one stream of sound without holes."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from ..core.audio import OUTPUT_FORMAT, Pcm

_SLACK = 0.1
"""Seconds by which silence is written later than it is due: a block that comes late by less still
follows the one before it sample by sample."""
_JITTER = 0.01
"""Seconds; blocks this close are meant to touch."""
_MOST_HELD = 250
"""Blocks that may wait, 10 s; beyond, the oldest is dropped."""


class SpeechStream:
    """Silence where nothing is said, every sample of what is said, in real time.

    Times are seconds of one monotonic clock.
    """

    def __init__(self, now: float) -> None:
        """Begin at `now`."""
        self._rate = OUTPUT_FORMAT.rate
        self._begin = now
        self._written = 0
        self._held: deque[tuple[float, Pcm]] = deque(maxlen=_MOST_HELD)

    def push(self, pcm: Pcm, due: float) -> int:
        """Add a block whose first sample is to be heard at `due`; return how many are dropped."""
        dropped = len(self._held) == _MOST_HELD
        self._held.append((due, pcm))
        return int(dropped)

    def cut(self) -> None:
        """Drop what is not written yet."""
        self._held.clear()

    def take(self, now: float) -> NDArray[np.int16]:
        """Return the samples to write at `now`."""
        pieces = []
        while self._held and self._held[0][0] <= now:
            due, pcm = self._held.popleft()
            pieces += [self._silence(due, _JITTER), pcm.samples]
            self._written += len(pcm.samples)
        pieces.append(self._silence(now - _SLACK, 0.0))
        return np.concatenate(pieces)

    def _silence(self, until: float, tolerance: float) -> NDArray[np.int16]:
        missing = round((until - self._begin) * self._rate) - self._written
        if missing <= tolerance * self._rate:
            return np.zeros(0, np.int16)
        self._written += missing
        return np.zeros(missing, np.int16)
