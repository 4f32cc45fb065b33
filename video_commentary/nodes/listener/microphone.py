"""The microphone of this machine, through PortAudio."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.audio import AudioFormat, Pcm

NAME = "microphone"
"""Name of its stream."""
_SILENT = 2.0
"""Seconds without a block after which the microphone counts as gone (unplugged)."""
_BLOCK = 0.02


class SoundInputError(Exception):
    """The microphone can't be opened; the message says what to do."""


class Microphone:
    """Calls `hear` with each block, mono at the card's own rate, and when it came (monotonic, s).

    `name`: part of the card's name, empty for the system's default. `hear` is called on PortAudio's
    thread and must return at once.
    """

    def __init__(self, name: str, hear: Callable[[Pcm, float], None]) -> None:
        self._name = name
        self._hear = hear
        self._format = AudioFormat(48_000)
        self._stream: Any = None
        self._called_at = 0.0

    def open(self) -> str:
        """Start; return the card's name. Raise SoundInputError."""
        try:
            import sounddevice
        except OSError as error:
            raise SoundInputError(
                f"{error}: install it, `sudo apt-get install libportaudio2`"
            ) from error
        except ImportError as error:
            raise SoundInputError(f"{error}: install it, `pip install sounddevice`") from error
        try:
            # PortAudio lists the cards once, when initialised: look for those plugged in since.
            sounddevice._terminate()
            sounddevice._initialize()
            card = sounddevice.query_devices(self._name or None, "input")
            self._format = AudioFormat(int(card["default_samplerate"]))
            self._stream = sounddevice.InputStream(
                device=self._name or None,
                samplerate=self._format.rate,
                channels=1,
                dtype="int16",
                blocksize=round(_BLOCK * self._format.rate),
                callback=self._take,
            )
            self._called_at = time.monotonic()
            self._stream.start()
            return str(card["name"])
        except (sounddevice.PortAudioError, ValueError) as error:
            self.close()
            raise SoundInputError(_advice(sounddevice, self._name, error)) from error

    @property
    def gone(self) -> bool:
        """Whether the card has stopped giving sound."""
        return self._stream is not None and time.monotonic() - self._called_at > _SILENT

    def close(self) -> None:
        """Stop at once."""
        if self._stream is not None:
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
            self._stream = None

    def _take(self, sound: NDArray[np.int16], _frames: int, _time: object, _status: object) -> None:
        now = self._called_at = time.monotonic()
        self._hear(Pcm(sound[:, 0].copy(), self._format), now)


def _advice(sounddevice: Any, name: str, error: Exception) -> str:
    cards = [card["name"] for card in sounddevice.query_devices() if card["max_input_channels"]]
    if not cards:
        return (
            "no microphone here: plug one in, or in a container pass it with --device /dev/snd; "
            "without one, set microphone to false"
        )
    wanted = f"microphone_device {name!r}" if name else "the default microphone"
    return f"{wanted} can't be opened ({error}); set microphone_device to: {', '.join(cards)}"
