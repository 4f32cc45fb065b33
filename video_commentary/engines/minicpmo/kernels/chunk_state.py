"""What the vocoder keeps from one chunk to the next."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class ChunkState:
    """What one chunk leaves for the next, each twice: one is read while the other is written.

    `mel` [2, frames, num_mels]; `source` and `wave`: [2, samples]. The lengths that kernels take
    with it, int32 [3]: mel frames of the chunk together with those kept, how many are kept (none or
    all), and which of the two is read.
    """

    mel: Tensor
    source: Tensor
    wave: Tensor
