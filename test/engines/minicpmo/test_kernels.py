"""The Triton kernels on a CPU, in Triton's interpreter; torch's int4 operator beside ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from bench.torch_int4 import TorchInt4Linear
from video_commentary.engines.minicpmo.kernels.plan import (
    INT4_GEMM_CONFIGS,
    GemmConfig,
    KernelPlan,
)
from video_commentary.engines.minicpmo.kernels.reference import RMSNorm, reference_gemv
from video_commentary.engines.minicpmo.language import autotune
from video_commentary.engines.minicpmo.language.linear import DenseLinear
from video_commentary.engines.minicpmo.language.quantization import Int4Linear

from .interpreted_kernels import CHECKS
from .interpreting import failures_in
from .random_linears import random_awq, relative


@pytest.fixture(scope="module")
def failures() -> dict[str, str]:
    """The checks that failed in the interpreter."""
    return failures_in("interpreted_kernels")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_kernel_computes_what_its_reference_does(
    failures: dict[str, str], check: Callable[[], None]
) -> None:
    assert check.__name__ not in failures, failures[check.__name__]


def test_kernels_ask_for_fused_products_and_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton")
    from video_commentary.engines.minicpmo.kernels import dequant, gemm_int4, gemv, gemv_int4

    launches: list[dict[str, Any]] = []

    class Recorder:
        def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
            return lambda *_, **options: launches.append(options)

    monkeypatch.setattr(dequant, "_dequantize_kernel", Recorder())
    monkeypatch.setattr(gemm_int4, "_int4_gemm_kernel", Recorder())
    monkeypatch.setattr(gemv, "_dense_gemv_kernel", Recorder())
    monkeypatch.setattr(gemv_int4, "_int4_gemv_kernel", Recorder())
    linear = random_awq(64, 256, 128, torch.float32)
    weights, row = (linear.qweight, linear.scales_and_zeros), torch.zeros(1, 256)
    dequant.dequantize(*weights, group_size=128, dtype=torch.float16)
    gemm_int4.int4_gemm(row, *weights, group_size=128, config=INT4_GEMM_CONFIGS[0])
    gemv.dense_gemv(row, torch.zeros(64, 256))
    done_count = torch.zeros(64, dtype=torch.int32)
    plan = linear.plan.gemv
    gemv_int4.int4_gemv(row, *weights, done_count=done_count, group_size=128, config=plan)
    assert [options["enable_fp_fusion"] for options in launches] == [True] * 4


def test_the_rows_of_a_prompt_compile_no_second_gemm() -> None:
    pytest.importorskip("triton")
    from video_commentary.engines.minicpmo.kernels.gemm_int4 import _int4_gemm_kernel

    assert [p.name for p in _int4_gemm_kernel.params if p.do_not_specialize] == ["m"]


def test_a_plan_makes_another_linear_on_the_same_tensors() -> None:
    linear = random_awq(64, 256, 128, torch.float32)
    plan = KernelPlan(gemv=linear.plan.gemv, gemm=INT4_GEMM_CONFIGS[0])
    planned = linear.with_plan(plan)
    assert planned.plan == plan
    assert linear.plan.gemm is None
    assert Int4Linear(linear.qweight, linear.scales_and_zeros, linear.dtype).plan.gemm is None
    assert planned.qweight is linear.qweight
    assert planned.scales_and_zeros is linear.scales_and_zeros


@pytest.mark.parametrize(
    ("times", "fastest"),
    [((3.0, 2.0, 1.0), INT4_GEMM_CONFIGS[1]), ((3.0, 2.0, None), INT4_GEMM_CONFIGS[0])],
)
def test_the_fastest_prefill_that_fits_on_the_gpu_is_planned(
    monkeypatch: pytest.MonkeyPatch, times: tuple[float | None, ...], fastest: GemmConfig
) -> None:
    errors = pytest.importorskip("triton.runtime.errors")
    found = dict(zip((None, *INT4_GEMM_CONFIGS), times, strict=True))

    def timed(layer: Sequence[Int4Linear]) -> float:
        ms = found[layer[0].plan.gemm]
        if ms is None:
            raise errors.OutOfResources(200_000, 100_000, "shared memory")
        return ms

    monkeypatch.setattr(autotune, "_prefill_ms", timed)
    linear = random_awq(64, 256, 128, torch.float32)
    plan = autotune.tune_prefill([linear, DenseLinear(torch.zeros(1, 1))])
    assert plan == KernelPlan(gemv=linear.plan.gemv, gemm=fastest)
    assert autotune.tune_prefill([DenseLinear(torch.zeros(1, 1))]) == linear.plan


def test_torchs_operator_does_the_same_but_for_its_rounding() -> None:
    linear = random_awq(64, 256, 128, torch.float32)
    rival = TorchInt4Linear(linear)
    x = torch.randn(7, 256).bfloat16().float()
    assert 1e-4 < relative(rival(x), linear(x)) < 2e-2
    row, norm = torch.randn(1, 256), RMSNorm(torch.rand(256) + 0.5, 1e-6)
    made = rival.gemv(row, norm=norm, swiglu=True)
    truth = reference_gemv(linear, torch.float32, row, norm=norm, swiglu=True)
    assert relative(made, truth) < 2e-2
