"""Louder and quieter without clicks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SECONDS = 0.04
"""Seconds in which the level changes from silence to full: short, but without a click."""


class GainRamp:
    """Scales a stream of int16 mono sound of `rate` Hz to `level`, which may change at any time.

    A change takes effect over the next samples, by steps too small to hear. Peaks are cut off at
    full scale. `apply` is called by one thread; `level` may be set by others.
    """

    def __init__(self, rate: int, level: float = 1.0) -> None:
        self._step = 1.0 / (_SECONDS * rate)
        self._now = level
        self.level = level

    @property
    def now(self) -> float:
        """The gain of the last sample that was scaled."""
        return self._now

    def resume(self, gain: float) -> None:
        """Continue from an earlier value of `now`: what was scaled after it is not played."""
        self._now = gain

    def apply(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the samples at the level in force, shape (n,)."""
        start, level = self._now, self.level
        if start == level == 1.0 or not len(samples):
            return samples
        steps = np.arange(1, len(samples) + 1, dtype=np.float32) * np.float32(self._step)
        gains = (
            np.minimum(start + steps, level) if level > start else np.maximum(start - steps, level)
        )
        self._now = float(gains[-1])
        scaled: NDArray[np.int16] = np.clip(np.rint(samples * gains), -32768, 32767).astype(
            np.int16
        )
        return scaled
