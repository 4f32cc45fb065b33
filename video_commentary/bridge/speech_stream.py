"""Blocks of speech, each due at a time, as one continuous stream of samples."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from ..core.audio import OUTPUT_FORMAT, Pcm
from ..core.gain import GainRamp

_SLACK = 0.1
"""Seconds that silence is written late: a block that is late by less still follows the one before
it sample by sample."""
_JITTER = 0.01
"""Seconds; a shorter gap between two blocks is not filled."""
_MAX_QUEUED = 250
"""Blocks that may be queued, 10 s; beyond that, the oldest is dropped."""


class SpeechStream:
    """Every sample of the speech and silence in between, in real time.

    Samples are scaled to `loudness`, 1.0 for the sound as it is, as they are read. All times are
    seconds of one monotonic clock.
    """

    def __init__(self, now: float) -> None:
        self._rate = OUTPUT_FORMAT.rate
        self._begin = now
        self._written = 0
        self._gain = GainRamp(self._rate)
        self._queue: deque[tuple[float, Pcm]] = deque(maxlen=_MAX_QUEUED)

    @property
    def loudness(self) -> float:
        """Gain of what is read from now on."""
        return self._gain.level

    @loudness.setter
    def loudness(self, level: float) -> None:
        self._gain.level = level

    def push(self, pcm: Pcm, due: float) -> int:
        """Queue a block whose first sample is due at `due`; return how many were dropped for it."""
        dropped = len(self._queue) == _MAX_QUEUED
        self._queue.append((due, pcm))
        return int(dropped)

    def cut(self) -> None:
        """Drop what is not written yet."""
        self._queue.clear()

    def read(self, now: float) -> NDArray[np.int16]:
        """Return the samples to write at `now`, int16."""
        pieces = []
        while self._queue and self._queue[0][0] <= now:
            due, pcm = self._queue.popleft()
            pieces += [self._silence(due, _JITTER), pcm.samples]
            self._written += len(pcm.samples)
        pieces.append(self._silence(now - _SLACK, 0.0))
        return self._gain.apply(np.concatenate(pieces))

    def _silence(self, until: float, tolerance: float) -> NDArray[np.int16]:
        missing = round((until - self._begin) * self._rate) - self._written
        if missing <= tolerance * self._rate:
            return np.zeros(0, np.int16)
        self._written += missing
        return np.zeros(missing, np.int16)
