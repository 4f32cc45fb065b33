"""Sound to Whisper's log-mel frames, 100 a second: a whole sound, or a stream second by second.

Sound is float32 [n] in [-1, 1), 16 kHz mono, on the CPU. A frame is centred on every 160th sample.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ..speech.voice_features import power_spectrum, slaney_filters

RATE = 16_000
"""Samples a second."""
MAX_SAMPLES = 30 * RATE
"""Samples of the longest sound that is encoded at once."""
CHUNK_FRAMES = 100
"""Mel frames of a streamed second."""
_N_FFT, _HOP = 400, 160
_HALF = _N_FFT // 2
_FIRST_SAMPLES = RATE + 560
"""A stream's first second is lengthened to this, so that later ones have 3 frames of margin."""
_SLIDE_SAMPLES = 10 * RATE
"""Dropped from the front of a stream's buffer once that is full."""
_FLOOR_SAMPLES = 5 * RATE
"""A stream's floor follows its loudest frame once the buffer is as long as this."""
_RANGE = 8.0
"""Of the floor below the loudest frame, in powers of ten."""
_SILENCE = -10.0
"""The lowest value, before scaling."""


def sound_mel(sound: Tensor, bins: int) -> Tensor:
    """Return the mel [bins, ceil(n / 160)] of a whole sound of 1 to MAX_SAMPLES samples.

    It is computed as if silence followed up to MAX_SAMPLES.
    """
    # of the silence that follows, only what reaches a frame of the sound
    padded = F.pad(sound, (0, min(4 * _N_FFT, MAX_SAMPLES - len(sound))))
    log_mel = _log_mel(padded, bins)
    return _scale(log_mel, log_mel.max() - _RANGE)[:, : -(-len(sound) // _HOP)]


class MelStream:
    """The mel of one stream: the model was trained on frames that are never revised."""

    def __init__(self, bins: int) -> None:
        self._bins = bins
        self.restart()

    def restart(self) -> None:
        """Begin another stream."""
        self._buffer = torch.zeros(0)
        self._peaks = torch.zeros(0)  # the largest value of each frame in the buffer
        self._next = 0  # first frame of the buffer that was not returned yet

    def push(self, sound: Tensor) -> Tensor:
        """Return the mel [bins, 100] of the next second, RATE samples.

        A shorter piece gives fewer frames, and is the stream's last.
        """
        if not len(self._buffer):
            sound = F.pad(sound, (max(_FIRST_SAMPLES - len(sound), 0), 0))
        self._buffer = torch.cat([self._buffer, sound])
        if len(self._buffer) >= MAX_SAMPLES:
            self._slide()
        log_mel = _log_mel(self._buffer, self._bins, self._next)
        self._peaks = torch.cat([self._peaks[: self._next], log_mel.amax(0)])
        follows = len(self._buffer) >= _FLOOR_SAMPLES
        floor = self._peaks.max() - _RANGE if follows else torch.tensor(_SILENCE)
        self._next += CHUNK_FRAMES
        return _scale(log_mel[:, :CHUNK_FRAMES], floor)

    def _slide(self) -> None:
        self._buffer = self._buffer[_SLIDE_SAMPLES:]
        self._peaks = self._peaks[_SLIDE_SAMPLES // _HOP :]
        self._next -= _SLIDE_SAMPLES // _HOP
        # these two now see the buffer's start mirrored
        self._peaks[:2] = _log_mel(self._buffer[: 4 * _N_FFT], self._bins)[:, :2].amax(0)


def _log_mel(sound: Tensor, bins: int, start: int = 0) -> Tensor:
    """Return the frames [bins, n // 160 - start] of `sound` from `start` on, not scaled yet.

    The sound is mirrored at both ends.
    """
    begin = start * _HOP - _HALF
    left = _HALF if begin < 0 else 0
    padded = F.pad(sound[None, max(begin, 0) :], (left, _HALF), mode="reflect")[0]
    power = power_spectrum(padded, _N_FFT, _HOP)[:, : len(sound) // _HOP - start]
    return (_filters(bins) @ power).clamp(min=10**_SILENCE).log10()


def _scale(log_mel: Tensor, floor: Tensor) -> Tensor:
    return (torch.maximum(log_mel, floor) + 4.0) / 4.0


@cache
def _filters(bins: int) -> Tensor:
    return slaney_filters(bins, _N_FFT, RATE, RATE / 2)
