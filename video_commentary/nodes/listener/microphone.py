"""The microphone of this machine, as a stream of sound."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...core.audio import AudioFormat, Pcm
from ...ros.health import Check
from ..sound_device import DeviceRole, SoundDevice, StreamOptions

NAME = "microphone"
"""Name of its stream."""
_ROLE = DeviceRole("input", "microphone", "microphone_device", "set microphone to false")


class Microphone:
    """Calls `hear` with each block, mono at the card's own rate, and when it came (monotonic, s).

    Of a card with several channels it is the first. `name`: part of the card's name, empty for the
    system's default. `hear` is called on PortAudio's thread and must return at once.
    """

    def __init__(
        self,
        name: str,
        hear: Callable[[Pcm, float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hear = hear
        self._device = SoundDevice(_ROLE, name, self._take, StreamOptions(block=0.02), clock)

    def supervise(self) -> str:
        """Keep it open; call about once a second. Return the card's name if it was just opened."""
        return self._device.card if self._device.supervise() else ""

    def close(self) -> None:
        """Stop at once."""
        self._device.close()

    def check(self) -> Check:
        """Return the check for /diagnostics."""
        device = self._device
        values = {
            "on": bool(device.card),
            "card": device.card,
            "Hz": device.rate,
            "overruns": device.xruns,
        }
        return Check("microphone", device.trouble, False, values)

    def _take(self, block: NDArray[np.int16], now: float) -> None:
        self._hear(Pcm(block[:, 0].copy(), AudioFormat(self._device.rate)), now)
