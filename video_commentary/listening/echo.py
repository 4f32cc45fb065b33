"""The robot hears itself: telling its own sound from that of others by the sound it plays."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.audio import Pcm
from ..core.stamp import NANOSECONDS, Stamp, from_seconds
from .items import RATE, Samples
from .sound_blocks import BLOCK, FULL_SCALE, SoundBlocks

_KEPT = 6.0
"""Seconds of played sound that are kept."""
_AUDIBLE = 1e-3
"""Root mean square of played sound below which it counts as silence."""
LONGEST_DELAY = 0.5
"""Seconds from when sound is due to when the microphone hears it, at most."""
LEAD_SECONDS = 0.05
"""Seconds by which it may be heard before it is due, as clocks differ."""
FRAME, HOP = 256, 64
"""Samples at 8 kHz: 32 ms, in which the first reflections of a room come back too."""
_WINDOW = np.hanning(FRAME).astype(np.float32)
_BEFORE_PEAK = 4
_NOTHING = 1e-9


class PlayedSound:
    """What the robot's loudspeaker plays, by stamp, at 16 kHz mono. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = SoundBlocks()
        self._kept: deque[tuple[Stamp, Samples]] = deque(maxlen=int(_KEPT * RATE) // BLOCK)
        self._audible: deque[Stamp] = deque(maxlen=int(_KEPT * RATE) // BLOCK)

    @property
    def known(self) -> bool:
        """Whether anything was ever played."""
        return bool(self._kept)

    def push(self, pcm: Pcm, stamp: Stamp) -> None:
        """Add sound that is due at `stamp`."""
        with self._lock:
            for block, begin in self._blocks.push(pcm, stamp):
                self._kept.append((begin, block))
                if float(np.dot(block, block)) > BLOCK * _AUDIBLE**2:
                    self._audible.append(begin)

    def audible(self, begin: Stamp, end: Stamp) -> bool:
        """Return whether anything but silence was due between two stamps."""
        with self._lock:
            for stamp in reversed(self._audible):
                if stamp < end:
                    return stamp >= begin
            return False

    def between(self, begin: Stamp, count: int) -> Samples:
        """Return `count` samples from `begin` on: zeros where nothing was played."""
        out = np.zeros(count, np.float32)
        with self._lock:
            for stamp, block in reversed(self._kept):
                at = round((stamp - begin) * RATE / NANOSECONDS)
                if at >= count:
                    continue
                if at <= -10 * BLOCK:
                    break
                low, high = max(at, 0), min(at + BLOCK, count)
                if high > low:
                    out[low:high] = block[low - at : high - at]
        return out


def coherent_share(heard: Samples, played: Samples) -> float:
    """Return the part, 0 to 1, of the power of `heard` that is an echo of `played`.

    heard: shape [n]. played: shape [m + n], which begins m samples earlier and so covers all delays
    up to m samples. It is the magnitude-squared coherence at the delay of the highest normalized
    cross-correlation, over all frequencies.
    """
    heard, played = halved(heard), halved(played)
    if float(np.dot(heard, heard)) < _NOTHING or float(np.dot(played, played)) < _NOTHING:
        return 0.0
    delayed = played[best_offset(heard, played) :][: len(heard)]
    here, there = spectra(heard), spectra(delayed)
    cross = np.abs((here * there.conj()).sum(axis=0)) ** 2
    coherent = cross / ((np.abs(there) ** 2).sum(axis=0) + _NOTHING)
    return float(coherent.sum() / ((np.abs(here) ** 2).sum() + _NOTHING))


def best_offset(heard: Samples, played: Samples) -> int:
    """Return where in `played` the sound begins that `heard` is most like.

    It is a few samples early, for what a loudspeaker spreads.
    """
    size = 1 << int(np.ceil(np.log2(len(heard) + len(played))))
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(heard, size))
    offsets = len(played) - len(heard) + 1
    power = np.cumsum(np.append(0.0, played.astype(np.float64) ** 2))
    power = np.maximum(power[len(heard) :] - power[:offsets], _NOTHING)
    correlation = np.abs(np.fft.irfft(spectrum, size)[:offsets]) / np.sqrt(power)
    return max(0, int(correlation.argmax()) - _BEFORE_PEAK)


def spectra(samples: Samples) -> NDArray[np.complexfloating]:
    """Return the spectra of 32 ms every 8 ms, of sound at 8 kHz: shape [frames, FRAME / 2 + 1]."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    found: NDArray[np.complexfloating] = np.fft.rfft(frames * _WINDOW, axis=1)
    return found


def halved(samples: Samples) -> Samples:
    """Return sound at half the rate, with its high frequencies raised: it costs half."""
    pairs = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return np.append(pairs[:1], pairs[1:] - np.float32(0.9) * pairs[:-1]).astype(np.float32)


class EchoGate:
    """Says how much of a stream's latest sound is the robot's own, as the microphone heard it."""

    def __init__(self, played: PlayedSound) -> None:
        self._played = played

    def share(self, heard: Samples, end: Stamp) -> float:
        """Return the part of the power of `heard`, which ends at `end`, that the robot played."""
        return coherent_share(heard, self.played_before(len(heard), end))

    def played_before(self, count: int, end: Stamp) -> Samples:
        """Return what may be heard in the `count` samples before `end`, at any delay.

        Shape [m + count]: m samples, the longest delay, more than there are to be heard.
        """
        margin = int((LONGEST_DELAY + LEAD_SECONDS) * RATE)
        begin = end + from_seconds(LEAD_SECONDS) - (count + margin) * NANOSECONDS // RATE
        return self._played.between(begin, count + margin)


class EchoCanceller:
    """Takes the robot's own sound out of a stream, by WebRTC's canceller where livekit has it.

    Without it sound passes as it is. Not thread-safe.
    """

    def __init__(self, played: PlayedSound) -> None:
        self._played = played
        self._module: Any = _canceller()

    def clean(self, block: Samples, stamp: Stamp) -> Samples:
        """Return 10 ms of sound without what was played up to half a second before."""
        if self._module is None:
            return block
        reference = self._played.between(stamp + from_seconds(LEAD_SECONDS), BLOCK)
        self._module.process_reverse_stream(_frame(reference))
        frame = _frame(block)
        self._module.process_stream(frame)
        cleaned: NDArray[np.int16] = np.frombuffer(bytes(frame.data), "<i2")
        samples: Samples = cleaned.astype(np.float32) * FULL_SCALE
        return samples


def _canceller() -> Any:
    try:
        from livekit.rtc import AudioProcessingModule
    except ImportError:
        return None
    module = AudioProcessingModule(echo_cancellation=True)
    module.set_stream_delay_ms(round(LEAD_SECONDS * 1000))
    return module


def _frame(samples: Samples) -> Any:
    from livekit.rtc import AudioFrame

    data = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()
    return AudioFrame(bytearray(data), RATE, 1, BLOCK)
