"""What attention over a static KV cache is made of: heads, their rotation, and the cache."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Heads:
    """Numbers of query heads and of key/value heads, and the width of one."""

    query: int
    kv: int
    width: int

    @property
    def rows(self) -> tuple[int, int, int]:
        """Rows of the fused q, k, v projection."""
        return self.query * self.width, self.kv * self.width, self.kv * self.width


class Rotary:
    """Cosines and sines [positions, width / 2], float32, of rotary position embedding."""

    def __init__(self, positions: int, width: int, theta: float, device: torch.device) -> None:
        powers = torch.arange(0, width, 2, dtype=torch.float32, device=device) / width
        angles = torch.arange(positions, dtype=torch.float32, device=device)[:, None] * (
            1.0 / theta**powers
        )
        self.cos, self.sin = angles.cos(), angles.sin()

    def __call__(self, x: Tensor, positions: slice | Tensor) -> Tensor:
        """Rotate `x` [rows, heads, width] in halves; row i stands at the i-th of `positions`."""
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        low, high = x.float().chunk(2, -1)
        return torch.cat([low * cos - high * sin, high * cos + low * sin], -1)


class LayerCache:
    """Keys and values [kv heads, capacity, width] of one layer, written in place.

    `done` counts, for flash_decode, the finished parts of each head; zero between two kernels.
    """

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys = keys
        self.values = values
        self.done = torch.zeros(len(keys), dtype=torch.int32, device=keys.device)
