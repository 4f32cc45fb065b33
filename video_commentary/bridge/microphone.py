"""Sound from clients' microphones, on its way to the listener."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

import numpy as np

from ..core.audio import AudioFormat, Pcm
from ..core.resample import PcmResampler
from .robot_gateway import Robot

FORMAT = AudioFormat(16_000, 1)
"""What the robot gets: all that speech recognition uses."""
KIND = 3
"""Kind of a message of /api/live that carries a microphone's sound."""
_HEADER = struct.Struct("<B3xI8x")
"""Begins such a message: kind, rate in Hz; 16 bytes as in the other direction."""
_RATES = (8_000, 192_000)
_MAX_AHEAD = 2.0
"""Seconds of sound that may come at once: a network holds some back for a moment."""


class BadSoundError(ValueError):
    """A client sent something other than sound; the message says what to send."""


class ClientMicrophone:
    """Passes on a client's sound as mono of 16 kHz, at most as fast as it can have been heard."""

    def __init__(
        self, stream: str, robot: Robot, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Create it for the stream of this name; `clock` returns seconds."""
        self._stream = stream
        self._robot = robot
        self._clock = clock
        self._resampler: PcmResampler | None = None
        self._rate = 0
        self._ahead = 0.0
        self._taken_at = clock()

    def take(self, message: bytes) -> None:
        """Pass on a message: the header, then int16 samples, mono. Raise BadSoundError."""
        pcm = _block(message)
        now = self._clock()
        self._ahead = max(0.0, self._ahead - (now - self._taken_at)) + pcm.duration
        self._taken_at = now
        if self._ahead > _MAX_AHEAD:
            raise BadSoundError("send sound as it is heard, not faster")
        if self._resampler is None or pcm.format.rate != self._rate:
            self._rate = pcm.format.rate
            self._resampler = PcmResampler(pcm.format, FORMAT)
        ready = self._resampler.push(pcm)
        if len(ready.samples):
            self._robot.publish_sound(self._stream, ready, self._robot.now() - pcm.duration)


def _block(message: bytes) -> Pcm:
    """Return what a message carries. Raise BadSoundError."""
    if len(message) < _HEADER.size or message[0] != KIND:
        raise BadSoundError("send JSON as text, and as bytes only a microphone's sound")
    _, rate = _HEADER.unpack_from(message)
    if not _RATES[0] <= rate <= _RATES[1]:
        raise BadSoundError(f"the rate of the sound has to be {_RATES[0]} to {_RATES[1]} Hz")
    body = message[_HEADER.size :]
    if len(body) % 2:
        raise BadSoundError("the samples have to be int16")
    return Pcm(np.frombuffer(body, "<i2").astype(np.int16), AudioFormat(rate, 1))
