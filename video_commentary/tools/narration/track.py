"""The speech of a whole recording, on disk."""

from __future__ import annotations

import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.audio import OUTPUT_FORMAT, Pcm

RATE = OUTPUT_FORMAT.rate


class SpeechFile:
    """Sound at its time, silence between. Mono, 48 kHz: an hour takes 350 MB of disk."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self.samples = 0

    @property
    def end(self) -> float:
        """Seconds."""
        return self.samples / RATE

    def put(self, at: float, pcm: Pcm) -> None:
        """Place sound at `at` seconds."""
        first = max(0, round(at * RATE))
        self._file.seek(2 * first)
        self._file.write(pcm.tobytes())
        self.samples = max(self.samples, first + len(pcm.samples))

    def cut(self, at: float) -> None:
        """Drop the sound from `at` seconds on."""
        self.samples = min(self.samples, max(0, round(at * RATE)))
        self._file.truncate(2 * self.samples)

    def read(self, first: int, count: int) -> NDArray[np.int16]:
        """Return `count` samples from the one numbered `first`; silence beyond the end."""
        self._file.seek(2 * first)
        data = np.frombuffer(self._file.read(2 * count), "<i2")
        return np.pad(data, (0, count - len(data)))

    def write_wav(self, path: Path) -> None:
        """Write all of it to a WAV file."""
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            for first in range(0, self.samples, RATE):
                out.writeframes(self.read(first, min(RATE, self.samples - first)).tobytes())

    def close(self) -> None:
        """Delete it."""
        self._file.close()
