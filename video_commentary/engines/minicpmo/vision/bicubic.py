"""Pillow's bicubic resize, which the model was trained on, to the last bit and on any device.

After its `Resample.c`: two passes, each with fixed-point weights of 22 fractional bits, rounded to
bytes in between. Across first: Pillow 13 chooses the order by the sizes, and differs.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

_PRECISION_BITS = 22
_SUPPORT = 2.0
"""Pixels on each side that bicubic interpolation takes, at the larger of both scales."""
_A = -0.5


def bicubic_resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize uint8 [H, W, channels] to `size` (width, height): uint8 [height, width, channels]."""
    width, height = size
    if image.shape[1] != width:
        image = _resample(image, width)
    if image.shape[0] != height:
        image = _resample(image.transpose(0, 1), height).transpose(0, 1)
    return image.contiguous()


def _resample(image: Tensor, width: int) -> Tensor:
    indices, weights = (each.to(image.device) for each in _taps(image.shape[1], width))
    products = image[:, indices].int() * weights[None, :, :, None]
    total = products.sum(2, dtype=torch.int32) + (1 << (_PRECISION_BITS - 1))
    return (total >> _PRECISION_BITS).clamp_(0, 255).to(torch.uint8)


@lru_cache(maxsize=64)
def _taps(source: int, target: int) -> tuple[Tensor, Tensor]:
    """Return which of `source` pixels make each of `target`, and their weights.

    Both [target, taps]: int64 indices and int32 weights, zero where there are fewer taps. They stay
    on the CPU, so that an engine which is closed leaves nothing on its GPU.
    """
    scale = source / target
    filter_scale = max(scale, 1.0)
    support = _SUPPORT * filter_scale
    taps = math.ceil(support) * 2 + 1
    indices = torch.zeros(target, taps, dtype=torch.int64)
    weights = torch.zeros(target, taps, dtype=torch.int32)
    for x in range(target):
        center = (x + 0.5) * scale
        first = max(0, int(center - support + 0.5))
        last = min(source, int(center + support + 0.5))
        row = [_bicubic((i - center + 0.5) * (1.0 / filter_scale)) for i in range(first, last)]
        total = sum(row)
        fixed = [math.floor(0.5 + abs(w / total) * (1 << _PRECISION_BITS)) for w in row]
        indices[x, : len(row)] = torch.arange(first, last)
        weights[x, : len(row)] = torch.tensor(
            [math.copysign(f, w) for f, w in zip(fixed, row, strict=True)]
        )
    return indices, weights


def _bicubic(x: float) -> float:
    x = abs(x)
    if x < 1.0:
        return ((_A + 2.0) * x - (_A + 3.0)) * x * x + 1
    if x < _SUPPORT:
        return (((x - 5) * x + 8) * x - 4) * _A
    return 0.0
