"""Trimming of the silence around speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAD_SECONDS = 0.02
"""Kept before the first sound, so that its onset isn't cut."""
TAIL_SECONDS = 0.08
"""Kept after the last sound, because words fade out slowly."""
_BLOCK_SECONDS = 0.005
_SILENCE = 10 ** (-55 / 20)
"""Amplitude of -55 dBFS, below which samples count as silence."""


def trim_silence(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return mono `samples` (N,), -1 to 1 at `rate` Hz, without the silence around the speech.

    Both ends fade. Empty if there is only silence.
    """
    block = max(1, int(_BLOCK_SECONDS * rate))
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    if not len(loud):
        return samples[:0]
    first = int(loud[0]) // block * block - int(LEAD_SECONDS * rate)
    end = int(loud[-1]) // block * block + block + int(TAIL_SECONDS * rate)
    kept = np.array(samples[max(0, first) : end])
    fade = np.linspace(0, 1, min(block, len(kept) // 2), dtype=np.float32)
    kept[: len(fade)] *= fade
    kept[len(kept) - len(fade) :] *= fade[::-1]
    return kept
