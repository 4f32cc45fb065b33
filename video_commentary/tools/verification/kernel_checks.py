"""Checks of what the GPU computes, against float32 on the CPU, with the real weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...engines.minicpmo.checkpoint import Checkpoint, Tensors
from ...engines.minicpmo.kernels.plan import (
    DEFAULT_PLAN,
    INT4_GEMM_CONFIGS,
    INT4_GEMV_CONFIGS,
    KernelPlan,
)
from ...engines.minicpmo.language.qwen3 import Qwen3
from ...engines.minicpmo.memory import release_gpu_memory, use_device
from ...engines.minicpmo.vision.encoder import VisionEncoder
from ...engines.minicpmo.vision.image_processing import slice_image
from .check import CheckOutcome, fail, ok
from .greedy_reply import read_picture
from .layer_sample import load_layer

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

PROMPT_ROWS = 48
_TEXT = "A robot arm stands at a table and lifts a white cup onto a saucer. "
_LIMITS = {torch.float16: 1e-2, torch.bfloat16: 5e-2, torch.float32: 1e-3}
"""Largest error, relative to the result: some ten times the dtype's rounding."""
TOWER_LIMITS = {dtype: 2 * limit for dtype, limit in _LIMITS.items()}
"""The same for embeddings, after more than 20 layers in a row."""
_FIX = "the kernels are wrong on this card: send the report, and use engine:=server meanwhile"


def check_kernels(model: ModelUnderTest) -> CheckOutcome:
    """Compare the first, middle and last layer: prefill and decode, with each kernel plan."""
    device = model.gpu("no GPU: the kernels run on a GPU only")
    use_device(device)
    config, dtype = model.config(), model.dtype()
    checkpoint = Checkpoint(model.options.folder, device)
    rows = _embedded_text(model)
    count = config.language.num_layers
    layers = sorted({0, count // 2, count - 1})
    errors: dict[str, float] = {}
    for layer in layers:
        reference = load_layer(model.tensors(), config, layer, torch.float32, len(rows))
        ours = load_layer(checkpoint, config, layer, dtype, len(rows))
        for name, error in compare_models(ours, reference, rows).items():
            errors[name] = max(errors.get(name, 0.0), error)
        del ours
        release_gpu_memory()
    return judge(errors, _LIMITS[dtype], f"layers {', '.join(map(str, layers))}")


def check_vision(model: ModelUnderTest) -> CheckOutcome:
    """Compare the shipped picture's embeddings."""
    device = model.gpu("no GPU: vision is plain torch on the CPU")
    use_device(device)
    dtype = model.dtype()
    picture = torch.from_numpy(read_picture(model))
    embeds = []
    for place, kind in ((torch.device("cpu"), torch.float32), (device, dtype)):
        load = partial(_load_as, Checkpoint(model.options.folder, place), kind)
        encoder = VisionEncoder(load, model.config().vision)
        embeds.append(encoder([slice_image(picture.to(place)).overview])[0])
        del encoder
    error = relative(embeds[1], embeds[0])
    del embeds
    release_gpu_memory()
    return judge({"picture": error}, TOWER_LIMITS[dtype], "the picture's embeddings")


def _load_as(tensors: Tensors, dtype: torch.dtype, name: str) -> Tensor:
    return tensors.load(name).to(dtype)


def judge(errors: dict[str, float], limit: float, what: str) -> CheckOutcome:
    """Fail if any of `errors`, of `what`, is above `limit`."""
    worst = max(errors, key=lambda name: errors[name])
    found = f"{what}: at most {errors[worst]:.1e} off float32 ({worst}; limit {limit:.0e})"
    if errors[worst] > limit:
        return fail(found, _FIX, errors=errors, limit=limit)
    return ok(found, errors=errors, limit=limit)


def _embedded_text(model: ModelUnderTest) -> Tensor:
    """Return float32 embeddings [PROMPT_ROWS + 1, hidden_size] of a text, on the CPU."""
    ids = model.tokenizer().encode(_TEXT * PROMPT_ROWS)[: PROMPT_ROWS + 1]
    return model.tensors().load("llm.model.embed_tokens.weight")[ids].float()


@torch.inference_mode()
def compare_models(ours: Qwen3, reference: Qwen3, rows: Tensor) -> dict[str, float]:
    """Return the error of each way to compute.

    `rows`: float32 [n, hidden_size], on the CPU as the `reference` is; all but the last are
    prefilled, the last is decoded after them.
    """
    errors: dict[str, float] = {}
    for name, plan in _plans(ours.int4):
        try:
            found = _compare_with(ours.with_plan(plan), reference, rows)
        except _out_of_resources():
            continue  # needs more shared memory than the card has: never chosen there
        for part, difference in found.items():
            errors[f"{part}, {name}"] = difference
    return errors


def _compare_with(ours: Qwen3, reference: Qwen3, rows: Tensor) -> dict[str, float]:
    prompt, last = rows[:-1], rows[-1:]
    start, position = (torch.tensor([n], dtype=torch.int32) for n in (0, len(prompt)))
    expected = reference.decoder.prefill_rows(prompt, start)
    expected_last = reference.decoder.decode(last, position)
    expected_logits = reference.lm_head.gemv(expected_last)
    device = ours.embed_tokens.device
    got = ours.decoder.prefill_rows(prompt.to(device), start.to(device))
    # as in a comment, where only the last row matters; it also fills the cache for the decoding
    got_end = ours.decoder.prefill(prompt.to(device), 0)
    got_last = ours.decoder.decode(last.to(device), position.to(device))
    got_logits = ours.lm_head.gemv(expected_last.to(device))
    return {
        "prefill": max(relative(got, expected), relative(got_end, expected[-1:])),
        "decode": relative(got_last, expected_last),
        "lm_head": relative(got_logits, expected_logits),
    }


def _plans(int4: bool) -> Iterator[tuple[str, KernelPlan]]:
    """Yield every plan that a model may run with."""
    if not int4:
        yield "16 bits", DEFAULT_PLAN
        return
    for gemv in INT4_GEMV_CONFIGS:
        yield f"GEMV of {gemv.block_n}", replace(DEFAULT_PLAN, gemv=gemv)
    for gemm in INT4_GEMM_CONFIGS:
        yield f"GEMM of {gemm.block_m} x {gemm.block_n}", replace(DEFAULT_PLAN, gemm=gemm)


def _out_of_resources() -> type[Exception]:
    """Return what Triton raises; a machine without a GPU may have no triton."""
    from triton.runtime.errors import OutOfResources

    kind: type[Exception] = OutOfResources
    return kind


def relative(got: Tensor, expected: Tensor) -> float:
    """Return the error's norm over that of `expected`; infinity if anything is not finite."""
    error = float((got.float().cpu() - expected).norm() / expected.norm())
    return error if math.isfinite(error) else math.inf
