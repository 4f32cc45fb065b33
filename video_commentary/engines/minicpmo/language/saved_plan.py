"""The kernel plan that an earlier start measured, kept beside the compiled kernels."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path

from ....config.paths import cache_dir
from ..kernels.kernel_cache import fingerprint
from ..kernels.plan import INT4_GEMM_CONFIGS, INT4_GEMV_CONFIGS, GemmConfig, GemvConfig, KernelPlan
from .quantization import Int4Linear
from .qwen3 import Qwen3

LOG = logging.getLogger(__name__)


def plan_file(model: Qwen3) -> Path:
    """Return where the plan of `model`, which is on a GPU, is kept.

    Its name depends on all that decides which kernels are the fastest: GPU, torch, Triton, our
    kernels and the shapes of the linears.
    """
    w = model.decoder.layers[0].weights
    linears = (w.qkv_proj, w.o_proj, w.gate_up_proj, w.down_proj)
    shapes = [[*x.qweight.shape, x.group_size] for x in linears if isinstance(x, Int4Linear)]
    layers = [len(model.decoder.layers), *model.embed_tokens.shape, str(model.decoder.dtype)]
    return plans_folder() / f"{fingerprint(model.embed_tokens.device, shapes, layers)}.json"


def plans_folder() -> Path:
    """Return the folder of all plans: beside Triton's kernels if these were moved."""
    kernels_folder = os.environ.get("TRITON_CACHE_DIR")
    return (Path(kernels_folder) if kernels_folder else cache_dir()) / "kernel_plans"


def read_plan(file: Path) -> KernelPlan | None:
    """Return the plan kept in `file`, None if there is none that the kernels can run."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        gemm = found["gemm"]
        plan = KernelPlan(
            gemv=GemvConfig(**found["gemv"]), gemm=None if gemm is None else GemmConfig(**gemm)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    known = plan.gemv in INT4_GEMV_CONFIGS and plan.gemm in (None, *INT4_GEMM_CONFIGS)
    return plan if known else None


def save_plan(file: Path, plan: KernelPlan) -> None:
    """Keep `plan` in `file`; where that can't be written, the next start measures again."""
    partial = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(asdict(plan)) + "\n", encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        LOG.info("the kernel plan can't be saved in %s (%s)", file.parent, error.strerror)
