"""Linears of random int4 weights, the exact weights, and how far a result is from the truth."""

from __future__ import annotations

import torch
from torch import Tensor

from video_commentary.engines.minicpmo.language.quantization import Int4Linear

CPU = torch.device("cpu")


def random_awq(
    n: int, k: int, group_size: int, dtype: torch.dtype, device: torch.device = CPU
) -> Int4Linear:
    """Return a linear of random AWQ weights, zero points and scales."""

    def packed(*shape: int) -> Tensor:
        return torch.randint(-(2**31), 2**31 - 1, shape, dtype=torch.int32, device=device)

    scales = torch.rand(k // group_size, n, device=device).half() * 0.01 + 0.001
    return Int4Linear.from_awq(packed(k, n // 8), packed(k // group_size, n // 8), scales, dtype)


def relative(made: Tensor, expected: Tensor) -> float:
    """Return the relative error."""
    return float((made.double() - expected.double()).norm() / expected.double().norm())


def exact_weight(linear: Int4Linear) -> Tensor:
    """Return the weights [out, in] in float64, by the definition."""
    shifts = torch.arange(0, 32, 4, device=linear.qweight.device)[:, None]
    q = ((linear.qweight.unflatten(1, (-1, 1, 4)) >> shifts) & 15).flatten(1)
    scales = (linear.scales_and_zeros & 0xFFFF).to(torch.int16).view(torch.float16).double()
    zeros = linear.scales_and_zeros >> 16
    q = q.unflatten(1, (-1, linear.group_size))
    return ((q - zeros[..., None]).double() * scales[..., None]).flatten(1)
