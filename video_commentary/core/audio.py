"""Sound that carries its own format: samples never travel without rate and channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AudioFormat:
    """Rate in Hz and number of interleaved channels of int16 samples."""

    rate: int
    channels: int = 1


OUTPUT_FORMAT = AudioFormat(48_000, 1)
"""What the commentator publishes, whatever its engine or voice makes."""


@dataclass(frozen=True, eq=False)
class Pcm:
    """A piece of sound.

    `samples`: int16, shape [n * channels], channels interleaved.
    """

    samples: NDArray[np.int16]
    format: AudioFormat

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / (self.format.rate * self.format.channels)

    def tobytes(self) -> bytes:
        """Return the samples as little-endian int16, as ROS topics and WAV files carry them."""
        return self.samples.astype("<i2", copy=False).tobytes()


def to_int16(samples: NDArray[np.floating]) -> NDArray[np.int16]:
    """Convert floats in [-1, 1] to int16, clipping what lies outside."""
    scaled: NDArray[np.int16] = (np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
    return scaled
