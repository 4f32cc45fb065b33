"""INT4 by many rows, on a CPU: our GEMM in Triton's interpreter, torch's operator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from video_commentary.engines.minicpmo.language.linear import plain_row
from video_commentary.engines.minicpmo.language.norm import Norm
from video_commentary.engines.minicpmo.language.quant import Int4Linear
from video_commentary.engines.minicpmo.torch_int4 import TorchInt4Linear

GEMM = """
import sys
import torch
from video_commentary.engines.minicpmo.kernels.gemm_int4 import int4_rows
from video_commentary.engines.minicpmo.kernels.gemm_tile import Tile
from test.engines.minicpmo.test_int4 import random_awq, relative

torch.manual_seed(0)
rows, n, k, group = map(int, sys.argv[1:])
for dtype in (torch.float32, torch.float16):
    linear = random_awq(n, k, group, dtype)
    x = torch.randn(rows, k, dtype=dtype)
    q = linear.nibbles().unflatten(1, (-1, group))
    weight = (q - linear.zero()[..., None]).double() * linear.scale().double()[..., None]
    truth = x.double() @ weight.flatten(1).T
    made = int4_rows(x, linear.words, linear.scales, group, Tile(32, 64, 4, 2))
    assert made.dtype == dtype
    rounding = relative(truth.to(dtype), truth)
    assert relative(made, truth) < 1.1 * rounding + 1e-6, (dtype, relative(made, truth), rounding)
"""


def random_awq(n: int, k: int, group: int, dtype: torch.dtype) -> Int4Linear:
    """Return a linear of random AWQ weights, zero points and scales."""

    def words(*shape: int) -> torch.Tensor:
        return torch.randint(-(2**31), 2**31 - 1, shape, dtype=torch.int32)

    scales = torch.rand(k // group, n).half() * 0.01 + 0.001
    return Int4Linear.from_awq(words(k, n // 8), words(k // group, n // 8), scales, dtype)


def relative(made: torch.Tensor, expected: torch.Tensor) -> float:
    """Return the relative error."""
    return float((made.double() - expected.double()).norm() / expected.double().norm())


@pytest.mark.parametrize("shape", [(37, 72, 384, 128), (16, 64, 192, 96), (5, 128, 128, 64)])
def test_the_gemm_rounds_nothing_but_its_outputs(shape: tuple[int, ...]) -> None:
    pytest.importorskip("triton")
    # the interpreter is chosen when a kernel is defined, so it gets a process of its own
    done = subprocess.run(
        [sys.executable, "-c", GEMM, *map(str, shape)],
        capture_output=True,
        text=True,
        env={**os.environ, "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""},
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr


def test_torchs_operator_does_the_same_but_for_its_rounding() -> None:
    linear = random_awq(64, 256, 128, torch.float32)
    rival = TorchInt4Linear(linear)
    x = torch.randn(7, 256).bfloat16().float()
    assert 1e-4 < relative(rival(x), linear(x)) < 2e-2
    row, norm = torch.randn(1, 256), Norm(torch.rand(256) + 0.5, 1e-6)
    made = rival.row(row, norm=norm, gated=True)
    assert relative(made, plain_row(linear, torch.float32, row, norm, True, None)) < 2e-2
