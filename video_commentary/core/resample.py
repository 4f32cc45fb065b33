"""From one audio format to another, chunk by chunk, without seams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .audio import AudioFormat, Pcm
from .engine import EngineError

if TYPE_CHECKING:  # no distribution of ROS has it
    import soxr

INSTALL = "pip install 'soxr>=0.3,<2'"


class PcmResampler:
    """Convert a stream of Pcm from `source` to `target`.

    The samples that come out do not depend on how the stream is cut into chunks. Several channels
    are mixed down to one by their mean; one is copied to several. Not thread-safe. Raise
    EngineError if soxr is needed and not installed.
    """

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        if source.channels != target.channels and 1 not in (source.channels, target.channels):
            raise ValueError(f"can't turn {source.channels} channels into {target.channels}")
        self._source = source
        self._target = target
        # The filter runs on the smaller number of channels.
        self._filtered = min(source.channels, target.channels)
        self._stream = _stream(source.rate, target.rate, self._filtered)

    def push(self, pcm: Pcm) -> Pcm:
        """Return what is ready; the rest comes with later chunks or `flush`.

        Raise ValueError where `pcm` is not in the source's format.
        """
        if pcm.format != self._source:
            raise ValueError(f"expected {self._source}, got {pcm.format}")
        if self._source == self._target:
            return pcm
        return self._convert(pcm.samples, last=False)

    def flush(self) -> Pcm:
        """Return what is still inside; the next `push` starts a new stream."""
        rest = self._convert(np.zeros(0, np.int16), last=True)
        if self._stream is not None:
            self._stream.clear()
        return rest

    def _convert(self, samples: NDArray[np.int16], *, last: bool) -> Pcm:
        wave: NDArray[np.float32] = samples.astype(np.float32).reshape(-1, self._source.channels)
        if self._filtered < self._source.channels:
            wave = wave.mean(axis=1, keepdims=True)
        if self._stream is not None:
            wave = self._stream.resample_chunk(np.ascontiguousarray(wave), last=last)
        if self._filtered < self._target.channels:
            wave = np.repeat(wave, self._target.channels, axis=1)
        out = np.clip(np.rint(wave), -32768, 32767).astype(np.int16)
        return Pcm(out.reshape(-1), self._target)


def _stream(source: int, target: int, channels: int) -> soxr.ResampleStream | None:
    if source == target:
        return None
    try:
        import soxr
    except ImportError as error:
        raise EngineError(
            f"{error}, which converts sound of {source} Hz; install it: {INSTALL}, or set voice to "
            "none"
        ) from None
    # float32 inside: soxr's int16 output is dithered, which would depend on the chunks.
    return soxr.ResampleStream(source, target, channels, dtype="float32", quality="HQ")


def resample(pcm: Pcm, target: AudioFormat) -> Pcm:
    """Convert a whole sound at once."""
    resampler = PcmResampler(pcm.format, target)
    first, rest = resampler.push(pcm), resampler.flush()
    return Pcm(np.concatenate([first.samples, rest.samples]), target)
