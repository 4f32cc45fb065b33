"""Checks of every stored number: finite, not all zero, trained rather than random."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...core.engine import EngineError
from ...engines.minicpmo.checkpoint import Checkpoint
from ...engines.minicpmo.checkpoint_shapes import check_tensors
from ...engines.minicpmo.config import FETCH
from ...engines.minicpmo.memory import release_gpu_memory
from .check import CheckOutcome, Figure, NotCheckedError, fail, ok, warn

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

RANDOM = "random weights?"
"""What marks a finding that says nothing about a model that was never trained."""
_SAMPLED_ROWS = 8192
_RANDOM_SPREAD = 1.5
"""Spread of the rows' lengths over that of Gaussian rows, below which they are taken for noise."""


def rows_look_random(matrix: Tensor) -> bool:
    """Return whether the rows of `matrix` [n, width] are as equally long as those of noise.

    Frequent and rare tokens have embeddings of different lengths once a model was trained; the
    lengths of Gaussian rows spread by 1 / sqrt(2 width).
    """
    step = max(1, len(matrix) // _SAMPLED_ROWS)
    lengths = matrix[::step].float().norm(dim=1)
    spread = float(lengths.std() / lengths.mean()) * math.sqrt(2 * matrix.shape[1])
    return spread < _RANDOM_SPREAD


def check_weights(model: ModelUnderTest) -> CheckOutcome:
    """Read every tensor."""
    try:
        device = model.device()
    except (EngineError, NotCheckedError):
        device = torch.device("cpu")
    model.tensors()
    tensors = Checkpoint(model.options.folder, device)
    check_tensors(tensors, model.config())
    wrong, count = {}, 0
    for name in sorted(tensors.names()):
        count += 1
        problem = _problem(name, tensors.load(name))
        if problem:
            wrong[name] = problem
    release_gpu_memory()
    if wrong:
        named = ", ".join(f"{name}: {problem}" for name, problem in list(wrong.items())[:2])
        more = f" and {len(wrong) - 2} more" if len(wrong) > 2 else ""
        return fail(
            named + more,
            f"damaged: `fetch_model awq --verify` reads every byte, or {FETCH}",
            tensors=count,
            wrong=wrong,
        )
    if model.random_weights():
        return warn(
            f"{count} tensors finite; {RANDOM} all embeddings are equally long, as noise is",
            "what the model says is not judged; fetch the published weights",
            tensors=count,
            random=True,
        )
    return ok(f"{count} tensors, all finite; not random", tensors=count, random=False)


def fail_unless_random(
    model: ModelUnderTest, found: str, remedy: str, **figures: Figure
) -> CheckOutcome:
    """Return a failure, or only a warning if the weights were never trained."""
    if model.random_weights():
        return warn(f"{found} ({RANDOM})", "", **figures)
    return fail(found, remedy, **figures)


def ok_unless_random(model: ModelUnderTest, found: str, **figures: Figure) -> CheckOutcome:
    """Return that all is well. Raise NotCheckedError if the weights were never trained."""
    if model.random_weights():
        raise NotCheckedError(f"{found}, but {RANDOM}")
    return ok(found, **figures)


def _problem(name: str, tensor: Tensor) -> str:
    if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
        return "NaN or infinity"
    if tensor.dim() > 1 and name.endswith("weight") and not bool(tensor.any()):
        return "all zeros"
    return ""
