"""Sound that carries its own format: samples never travel without rate and channels."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AudioFormat:
    """Rate in Hz and number of interleaved channels of int16 samples."""

    rate: int
    channels: int = 1


OUTPUT_FORMAT = AudioFormat(48_000, 1)
"""What the commentator publishes, whatever the format of its engine or voice."""


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
    """Convert floats in [-1, 1] to int16, clipping values outside."""
    scaled: NDArray[np.int16] = (np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
    return scaled


def write_wav(path: Path, pcm: Pcm) -> None:
    """Write a 16-bit WAV file. Raise OSError."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(pcm.format.channels)
        file.setsampwidth(2)
        file.setframerate(pcm.format.rate)
        file.writeframes(pcm.tobytes())


def read_wav(path: Path) -> Pcm:
    """Read a 16-bit WAV file. Raise OSError, or ValueError if it isn't one."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"{path}: {8 * file.getsampwidth()} bits a sample; only 16 do")
            format = AudioFormat(file.getframerate(), file.getnchannels())
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path}: not a PCM WAV file ({error})") from None
    return from_bytes(data, format)


def from_bytes(data: bytes, format: AudioFormat) -> Pcm:
    """Read little-endian int16 samples; an incomplete last one is left out."""
    whole = len(data) - len(data) % (2 * format.channels)
    return Pcm(np.frombuffer(data[:whole], "<i2").astype(np.int16, copy=False), format)
