"""The speech mixed over the recording's own sound, which is ducked meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from ...recording.captions import Caption
from .track import RATE, SpeechFile

DUCKED = 10 ** (-14 / 20)
"""Gain of the recording's sound under speech: -14 dB."""
_DOWN, _UP = 0.25, 0.6
"""Seconds that the fade down takes, before the speech, and the fade up, after it."""

Wave = NDArray[np.float32]


class OwnSound:
    """The recording's sound, two channels at 48 kHz, from its first picture on; then silence."""

    def __init__(self, path: Path | None, start: float) -> None:
        """Read the file `path`, whose first picture is at `start` seconds; None: no sound."""
        self._container = av.open(str(path.absolute())) if path else None
        self._pieces = self._decoded(start)
        self._left: Wave = np.zeros((2, 0), np.float32)
        self._at = 0

    def close(self) -> None:
        """Close the file."""
        self._pieces = iter(())
        if self._container is not None:
            self._container.close()

    def read(self, count: int) -> Wave:
        """Return the next `count` samples, float32 [2, count] within [-1, 1]."""
        while self._left.shape[1] < count:
            piece = next(self._pieces, None)
            if piece is None:
                piece = np.zeros((2, count - self._left.shape[1]), np.float32)
            self._left = np.concatenate([self._left, piece], axis=1)
        out, self._left = self._left[:, :count], self._left[:, count:]
        return out

    def _decoded(self, start: float) -> Iterator[Wave]:
        """Yield the sound from `start` on, with gaps filled and overlaps left out."""
        if self._container is None:
            return
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        due = 0
        with suppress(av.error.FFmpegError):  # damaged sound: the rest stays silent
            for frame in self._container.decode(audio=0):
                at = None if frame.time is None else round((frame.time - start) * RATE)
                for part in resampler.resample(frame):
                    wave = np.asarray(part.to_ndarray(), np.float32)
                    # Times jitter by a few samples; only a real gap or overlap is corrected.
                    off = 0 if at is None or abs(at - due) < RATE // 20 else at - due
                    at = None
                    if off > 0:
                        yield np.zeros((2, off), np.float32)
                    kept = wave[:, max(0, -off) :]
                    due += max(0, off) + kept.shape[1]
                    yield kept


class Mix:
    """The recording's sound and the speech, block by block."""

    def __init__(self, own: OwnSound, track: SpeechFile, captions: Sequence[Caption]) -> None:
        self._own = own
        self._track = track
        self._times, self._gains = envelope(captions)
        self._at = 0

    def read(self, count: int) -> Wave:
        """Return the next `count` samples, float32 [2, count] within [-1, 1]."""
        times = np.arange(self._at, self._at + count) / RATE
        gain = np.interp(times, self._times, self._gains).astype(np.float32)
        speech = self._track.read(self._at, count).astype(np.float32) / 32768
        self._at += count
        return np.clip(self._own.read(count) * gain + speech, -1.0, 1.0)


def envelope(captions: Sequence[Caption]) -> tuple[list[float], list[float]]:
    """Return corner times and gains of the recording's sound, for linear interpolation."""
    spans: list[list[float]] = []
    for caption in captions:
        if not caption.spoken:
            continue
        if spans and caption.start - spans[-1][1] < _DOWN + _UP:
            spans[-1][1] = max(spans[-1][1], caption.end)
        else:
            spans.append([caption.start, caption.end])
    times, gains = [0.0], [1.0]
    for start, end in spans:
        times += [start - _DOWN, start, end, end + _UP]
        gains += [1.0, DUCKED, DUCKED, 1.0]
    return times, gains
