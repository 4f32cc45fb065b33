"""A sound card of this machine, through PortAudio, for the nodes that play or record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core.backoff import Backoff

_SILENT = 2.0
"""Seconds without a call of the card after which it counts as gone (unplugged)."""

DeviceCallback = Callable[[NDArray[np.int16], float], None]
"""Takes a block of samples, shape (frames, channels), and when it was called (monotonic, s).

A recording is valid during the call only; to play, the samples are written into the block. It is
called on PortAudio's thread and must return at once.
"""


@dataclass(frozen=True)
class DeviceRole:
    """What a card is for, as its user knows it.

    `parameter` names the card. `otherwise`: what to do on a machine that has none.
    """

    direction: Literal["input", "output"]
    name: str
    parameter: str
    otherwise: str


@dataclass(frozen=True)
class StreamOptions:
    """How a card is opened. `rate`: Hz, None for the card's own; `block`: seconds in a block."""

    rate: int | None = None
    channels: int = 1
    block: float = 0.0
    latency: Literal["low", "high"] = "high"


class SoundDeviceError(Exception):
    """The card can't be opened; the message says what to do."""


class SoundDevice:
    """Keeps a card open as long as it is plugged in; call `supervise` about once a second.

    `card`: the name of the open card, empty while there is none; `trouble`: why there is none, and
    what to do. `rate`: of the open card, Hz. `xruns`: how often sound was lost because this process
    was too slow for the card.
    """

    def __init__(
        self,
        role: DeviceRole,
        name: str,
        callback: DeviceCallback,
        options: StreamOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name`: part of the card's name, empty for the system's default."""
        self._role = role
        self._name = name
        self._callback = callback
        self._options = options
        self._clock = clock
        self._stream: Any = None
        self._called_at = 0.0
        self._backoff = Backoff()
        self._try_at = 0.0
        self.card = ""
        self.trouble = ""
        self.rate = 0
        self.xruns = 0

    def supervise(self) -> bool:
        """Open the card where it is due, and notice if it is gone. Return whether it was opened."""
        now = self._clock()
        if self._stream is not None:
            if now - self._called_at > _SILENT:
                self._fail(f"the {self._role.name} {self.card} is gone: plug it in again", now)
            return False
        if now < self._try_at:
            return False
        try:
            self.card = self._open()
        except SoundDeviceError as error:
            self._fail(str(error), now)
            return False
        self._backoff.reset()
        self.trouble = ""
        return True

    def close(self) -> None:
        """Stop at once."""
        if self._stream is not None:
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
            self._stream = None
        self.card = ""

    def _fail(self, trouble: str, now: float) -> None:
        self.close()
        self.trouble = trouble
        self._try_at = now + self._backoff.failed()

    def _open(self) -> str:
        sounddevice = _import()
        options, input = self._options, self._role.direction == "input"
        make = sounddevice.InputStream if input else sounddevice.OutputStream
        try:
            # PortAudio lists the cards once, when initialised: look for those plugged in since.
            sounddevice._terminate()
            sounddevice._initialize()
            card = sounddevice.query_devices(self._name or None, self._role.direction)
            self.rate = options.rate or int(card["default_samplerate"])
            self._stream = make(
                device=self._name or None,
                samplerate=self.rate,
                channels=options.channels,
                dtype="int16",
                blocksize=round(options.block * self.rate),
                latency=options.latency,
                callback=self._call,
            )
            self._called_at = self._clock()
            self._stream.start()
            return str(card["name"])
        except (sounddevice.PortAudioError, ValueError) as error:
            raise SoundDeviceError(self._advice(sounddevice, error)) from error

    def _call(self, block: NDArray[np.int16], _frames: int, _time: object, status: Any) -> None:
        self._called_at = self._clock()
        if status.input_overflow or status.output_underflow:
            self.xruns += 1
        self._callback(block, self._called_at)

    def _advice(self, sounddevice: Any, error: Exception) -> str:
        role = self._role
        channels = f"max_{role.direction}_channels"
        cards = [card["name"] for card in sounddevice.query_devices() if card[channels]]
        if not cards:
            return (
                f"no {role.name} here: plug one in, or in a container pass it with "
                f"--device /dev/snd; without one, {role.otherwise}"
            )
        wanted = f"{role.parameter} {self._name!r}" if self._name else f"the default {role.name}"
        return (
            f"{wanted} can't be opened ({error}); set {role.parameter} to one of: "
            f"{', '.join(cards)}"
        )


def _import() -> Any:
    try:
        import sounddevice
    except OSError as error:
        raise SoundDeviceError(
            f"{error}: install it, `sudo apt-get install libportaudio2`"
        ) from error
    except ImportError as error:
        raise SoundDeviceError(f"{error}: install it, `pip install sounddevice`") from error
    return sounddevice
