"""Exact silence around speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAD = 0.02
"""Seconds kept before the first sound: enough that its onset isn't cut."""
TAIL = 0.08
"""Seconds kept after the last sound: the end of a word dies away softly."""
_BLOCK = 0.005
_FLOOR = 10 ** (-55 / 20)
"""What is below -55 dB of full scale counts as silence."""


def trim(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return mono `samples` with LEAD and TAIL around what sounds; empty where nothing does."""
    block = max(1, int(_BLOCK * rate))
    loud = np.flatnonzero(np.abs(samples) > _FLOOR)
    if not len(loud):
        return samples[:0]
    first = int(loud[0]) // block * block - int(LEAD * rate)
    end = int(loud[-1]) // block * block + block + int(TAIL * rate)
    kept = np.array(samples[max(0, first) : end])
    fade = np.linspace(0, 1, min(block, len(kept) // 2), dtype=np.float32)
    kept[: len(fade)] *= fade
    kept[len(kept) - len(fade) :] *= fade[::-1]
    return kept
