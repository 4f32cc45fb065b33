"""The part of a sound that a room makes of what is played: an adaptive filter, in numpy.

It leaves others' words as they are, where a canceller for telephones takes their beginnings away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .items import Samples

_TRANSITION = 0.9995
"""How alike the room is from one block to the next."""
_NOISE_MEMORY = 0.8
_FIRST_VARIANCE = 1.0
_TINY = 1e-6


class LinearEcho:
    """A partitioned-block frequency-domain Kalman filter (Enzner and Vary, 2006; Kuech, 2014).

    It learns slowly while others speak, without having to notice them.
    """

    def __init__(self, block: int, seconds: float, rate: int) -> None:
        """`block`: samples of each call. `seconds`: the longest delay of an echo."""
        self._block = block
        parts, bins = int(np.ceil(seconds * rate / block)), block + 1
        self._spectra: NDArray[np.complex64] = np.zeros((parts, bins), np.complex64)
        self._filter: NDArray[np.complex64] = np.zeros((parts, bins), np.complex64)
        self._variance: NDArray[np.float32] = np.full((parts, bins), _FIRST_VARIANCE, np.float32)
        self._noise: NDArray[np.float32] = np.zeros(bins, np.float32)
        self._before: Samples = np.zeros(block, np.float32)

    def forget_played(self) -> None:
        """Begin afresh after a gap in the sound: nothing that was played before it is heard."""
        self._spectra[:] = 0.0
        self._before = np.zeros(self._block, np.float32)

    def learn_again(self) -> None:
        """Learn as fast as at first, because the room is another one."""
        self._variance[:] = _FIRST_VARIANCE

    def split(self, heard: Samples, played: Samples) -> tuple[Samples, Samples]:
        """Return what else is in `heard`, and the echo in it: both float32, shape [block].

        `played`: the block of the same time, or of a fixed time later.
        """
        self._spectra = np.roll(self._spectra, 1, axis=0)
        self._spectra[0] = np.fft.rfft(np.concatenate([self._before, played]))
        self._before = played
        predicted = np.fft.irfft((self._filter * self._spectra).sum(axis=0))
        echo: Samples = predicted[self._block :].astype(np.float32)
        rest: Samples = heard - echo
        self._learn(rest)
        return rest, echo

    def _learn(self, rest: Samples) -> None:
        error = np.fft.rfft(np.concatenate([np.zeros_like(rest), rest])).astype(np.complex64)
        power = np.abs(self._spectra) ** 2
        self._noise += np.float32(1 - _NOISE_MEMORY) * (np.abs(error) ** 2 - self._noise)
        explained = (power * self._variance).sum(axis=0) + 2 * self._noise + _TINY
        step = self._variance / explained
        change = np.fft.irfft(step * self._spectra.conj() * error, axis=1)
        change[:, self._block :] = 0.0  # a filter longer than a block would wrap around
        self._filter += np.fft.rfft(change, axis=1).astype(np.complex64)
        kept = (1 - 0.5 * step * power) * self._variance
        self._variance = (
            _TRANSITION**2 * kept + (1 - _TRANSITION**2) * np.abs(self._filter) ** 2
        ).astype(np.float32)
