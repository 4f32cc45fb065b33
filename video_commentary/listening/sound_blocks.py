"""From the sound of a stream to mono blocks of 10 ms at 16 kHz, each with its stamp."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..core.audio import AudioFormat, Pcm
from ..core.resample import PcmResampler
from ..core.stamp import NANOSECONDS, Stamp, from_seconds
from .items import RATE, Samples

BLOCK = RATE // 100
"""Samples of one block: 10 ms, what echo cancellers take."""
_FORMAT = AudioFormat(RATE, 1)
_JITTER = from_seconds(0.08)
"""Stamps that differ by less from the sound's own length are jitter, not a gap."""
_PULL = 0.02
"""Part of that difference by which each piece of sound corrects the time of the stream."""
FULL_SCALE = np.float32(1 / 32768)
"""From int16 to [-1, 1]."""


class SoundBlocks:
    """Converts one stream. The format may change; after a gap in the stamps it starts afresh."""

    def __init__(self) -> None:
        self._format: AudioFormat | None = None
        self._resampler: PcmResampler | None = None
        self._rest: Samples = np.zeros(0, np.float32)
        self._start = 0
        self._taken = 0
        self._given = 0
        self.gap = 0.0
        """Seconds that were missing before the latest sound: 0 without a gap."""

    def push(self, pcm: Pcm, stamp: Stamp) -> Iterator[tuple[Samples, Stamp]]:
        """Yield each block that is complete: float32, shape [BLOCK], and its first sample's stamp.

        Raise EngineError without the library that resamples, ValueError for a format that can't be.
        """
        self.gap = 0.0
        late = stamp - self._expected()
        if pcm.format != self._format:
            self._restart(pcm.format, stamp)
        elif abs(late) > _JITTER:
            self.gap = late / NANOSECONDS
            self._restart(pcm.format, stamp)
        else:
            self._start += round(late * _PULL)
        assert self._resampler is not None
        self._taken += len(pcm.samples) // pcm.format.channels
        samples = self._resampler.push(pcm).samples.astype(np.float32) * FULL_SCALE
        if len(self._rest):
            samples = np.concatenate([self._rest, samples])
        whole = len(samples) - len(samples) % BLOCK
        self._rest = samples[whole:]
        for at in range(0, whole, BLOCK):
            begin = self._start + self._given * NANOSECONDS // RATE
            self._given += BLOCK
            yield samples[at : at + BLOCK], begin

    def _expected(self) -> Stamp:
        rate = self._format.rate if self._format else RATE
        return self._start + self._taken * NANOSECONDS // rate

    def _restart(self, format: AudioFormat, stamp: Stamp) -> None:
        self._format = format
        self._resampler = PcmResampler(format, _FORMAT)
        self._rest = np.zeros(0, np.float32)
        self._start, self._taken, self._given = stamp, 0, 0
