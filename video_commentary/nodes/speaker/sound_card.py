"""The sound card of this machine, through PortAudio."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.audio import AudioFormat

_SILENT = 2.0
"""Seconds without a call for sound after which the card counts as gone (unplugged)."""


class SoundCardError(Exception):
    """No sound can be played; the message says what to do."""


class SoundCard:
    """Plays the int16 samples that `source(count, now)` returns, shape (count,).

    `name`: part of the card's name, empty for the system's default. `source` is called on
    PortAudio's thread and must return at once; `now` is monotonic, in seconds.
    """

    def __init__(
        self, name: str, format: AudioFormat, source: Callable[[int, float], NDArray[np.int16]]
    ) -> None:
        self._name = name
        self._format = format
        self._source = source
        self._stream: Any = None
        self._called_at = 0.0

    def open(self) -> str:
        """Start playing; return the card's name. Raise SoundCardError."""
        try:
            import sounddevice
        except OSError as error:
            raise SoundCardError(
                f"{error}: install it, `sudo apt-get install libportaudio2`"
            ) from error
        except ImportError as error:
            raise SoundCardError(f"{error}: install it, `pip install sounddevice`") from error
        try:
            # PortAudio lists the cards once, when initialised: look for those plugged in since.
            sounddevice._terminate()
            sounddevice._initialize()
            self._stream = sounddevice.OutputStream(
                device=self._name or None,
                samplerate=self._format.rate,
                channels=self._format.channels,
                dtype="int16",
                latency="low",
                callback=self._fill,
            )
            self._called_at = time.monotonic()
            self._stream.start()
            return str(sounddevice.query_devices(self._stream.device)["name"])
        except (sounddevice.PortAudioError, ValueError) as error:
            self.close()
            raise SoundCardError(_advice(sounddevice, self._name, error)) from error

    @property
    def gone(self) -> bool:
        """Whether the card has stopped asking for sound."""
        return self._stream is not None and time.monotonic() - self._called_at > _SILENT

    def close(self) -> None:
        """Stop at once."""
        if self._stream is not None:
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
            self._stream = None

    def _fill(self, out: NDArray[np.int16], frames: int, _time: object, _status: object) -> None:
        now = self._called_at = time.monotonic()
        samples = self._source(frames * self._format.channels, now)
        out[:] = samples.reshape(frames, self._format.channels)


def _advice(sounddevice: Any, name: str, error: Exception) -> str:
    cards = [card["name"] for card in sounddevice.query_devices() if card["max_output_channels"]]
    if not cards:
        return (
            "no sound card here: plug one in, or in a container pass it with --device /dev/snd; "
            "without one, turn the speaker off"
        )
    wanted = f"sound_device {name!r}" if name else "the default sound card"
    return f"{wanted} can't be opened ({error}); set sound_device to one of: {', '.join(cards)}"
