"""The kernel plan of a model: the fastest lossless kernels on this GPU, measured once at load."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch

from ....core.load_progress import LoadProgress
from ..kernels.launching import compiling
from ..kernels.plan import (
    DEFAULT_PLAN,
    INT4_GEMM_CONFIGS,
    INT4_GEMV_CONFIGS,
    GemmConfig,
    KernelPlan,
    gemm_candidates,
)
from .decode_step import DecodeStep
from .linear import Linear
from .quantization import Int4Linear
from .qwen3 import Qwen3
from .sampling import SamplingParams
from .saved_plan import plan_file, read_plan, save_plan

LOG = logging.getLogger(__name__)

PREFILL_TOKENS = 600
"""Rows of the prefill's measurement: four frames and some text."""


def plan_kernels(
    model: Qwen3,
    params: SamplingParams,
    suppress_tokens: Sequence[int],
    progress: LoadProgress,
    *,
    saved: bool,
) -> KernelPlan:
    """Return the plan for `model`, with its kernels compiled.

    `saved`: the plan that an earlier start measured, if there is one; what is measured now is kept.
    """
    file = plan_file(model) if saved and has_choice(model) else None
    plan = None if file is None else read_plan(file)
    with progress.phase("compiling"):
        device = model.embed_tokens.device
        if plan is not None:
            plans = [plan]
        elif has_choice(model):
            plans = candidates(torch.cuda.get_device_capability(device))
        else:
            plans = [DEFAULT_PLAN]
        with compiling(device):
            model.decoder.compile(model.lm_head, plans, batched=True)
            DecodeStep(model, params, suppress_tokens).compile()
    if plan is not None:
        LOG.info(
            "prefill with INT4: %s; decode with INT4: %d outputs a program; as measured at an "
            "earlier start, see %s",
            _gemm_name(plan),
            plan.gemv.block_n,
            file,
        )
        return plan
    with progress.phase("tuning"):
        plan = tune_kernels(model, params, suppress_tokens)
    if file is not None:
        save_plan(file, plan)
    return plan


def tune_kernels(
    model: Qwen3, params: SamplingParams, suppress_tokens: Sequence[int]
) -> KernelPlan:
    """Return the fastest plan for `model`: prefill timed on one layer, decode on a whole step.

    On a CPU, or without INT4 linears, there is nothing to choose: DEFAULT_PLAN.
    """
    if not has_choice(model):
        return DEFAULT_PLAN
    w = model.decoder.layers[0].weights
    device = model.embed_tokens.device
    gemms = gemm_candidates(torch.cuda.get_device_capability(device))
    plan = tune_prefill([w.qkv_proj, w.o_proj, w.gate_up_proj, w.down_proj], gemms=gemms)
    stream = torch.cuda.Stream(device, priority=-1)
    stream.wait_stream(torch.cuda.current_stream(device))
    found: dict[KernelPlan, float] = {}
    with torch.cuda.stream(stream):
        for gemv in INT4_GEMV_CONFIGS:
            candidate = replace(plan, gemv=gemv)
            step = DecodeStep(model.with_plan(candidate), params, suppress_tokens)
            step.capture()
            found[candidate] = step.seconds()
    best = _fastest(found)
    LOG.info(
        "decode with INT4: %d outputs a program; one step: %s",
        best.gemv.block_n,
        ", ".join(f"{1e3 * t:.2f} ms with {p.gemv.block_n}" for p, t in found.items()),
    )
    return best


def has_choice(model: Qwen3) -> bool:
    """Return whether more than one plan could serve `model`."""
    return model.int4 and model.embed_tokens.is_cuda


def candidates(capability: tuple[int, int]) -> list[KernelPlan]:
    """Return plans that together have every kernel which `tune_kernels` measures."""
    gemms = (None, *gemm_candidates(capability))
    return [
        KernelPlan(
            gemv=INT4_GEMV_CONFIGS[min(i, len(INT4_GEMV_CONFIGS) - 1)],
            gemm=gemms[min(i, len(gemms) - 1)],
        )
        for i in range(max(len(gemms), len(INT4_GEMV_CONFIGS)))
    ]


@torch.inference_mode()
def tune_prefill(
    linears: Iterable[Linear],
    plan: KernelPlan = DEFAULT_PLAN,
    gemms: Sequence[GemmConfig] = INT4_GEMM_CONFIGS,
) -> KernelPlan:
    """Return `plan` with the fastest way to multiply a prefill with `linears`, those of a layer.

    Measured are dequantisation and `gemms`.

    Torch's int4 operator takes no part: it needs a second copy of the weights, and rounds them.
    """
    from triton.runtime.errors import OutOfResources

    layer = [linear for linear in linears if isinstance(linear, Int4Linear)]
    if not layer:
        return plan
    found: dict[KernelPlan, float] = {}
    for gemm in (None, *gemms):
        candidate = replace(plan, gemm=gemm)
        try:
            found[candidate] = _prefill_ms([linear.with_plan(candidate) for linear in layer])
        except OutOfResources:
            continue
    best = _fastest(found)
    LOG.info(
        "prefill with INT4: %s; %d rows, one layer: %s",
        _gemm_name(best),
        PREFILL_TOKENS,
        ", ".join(f"{ms:.2f} ms {_gemm_name(p)}" for p, ms in found.items()),
    )
    return best


def _fastest(times: dict[KernelPlan, float]) -> KernelPlan:
    return min(times, key=lambda plan: times[plan])


def _gemm_name(plan: KernelPlan) -> str:
    gemm = plan.gemm
    return f"GEMM of {gemm.block_m} x {gemm.block_n}" if gemm else "dequantised"


def _prefill_ms(layer: Sequence[Int4Linear], repeats: int = 5) -> float:
    """Return the least time of all of `layer` once, after a run that compiles and warms up."""
    inputs = [
        torch.randn(PREFILL_TOKENS, linear.in_features, device=linear.qweight.device).to(
            linear.dtype
        )
        for linear in layer
    ]
    times = []
    for _ in range(1 + repeats):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for linear, x in zip(layer, inputs, strict=True):
            linear(x)
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return float(min(times[1:]))
