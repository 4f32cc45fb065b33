"""The vocoder's published files, loaded as modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from ....core.engine import EngineError
from .flow import Flow, FlowConfig
from .hift import Hift, HiftConfig, fold_weight_norm

_Module = TypeVar("_Module", bound=nn.Module)


def load_flow(folder: Path, device: torch.device, dtype: torch.dtype) -> Flow:
    """Load `flow.pt` from `folder` in `dtype`. Raise EngineError.

    In float32 on the CPU the weights stay in the mapped file; they are read when they are used.
    """

    def build(state: dict[str, Tensor]) -> Flow:
        with torch.device("meta"):
            return Flow(FlowConfig.from_state_dict(state))

    flow = _load(folder / "flow.pt", build, lambda state: state)
    flow.to(device, dtype)
    return flow


def load_hift(folder: Path, device: torch.device) -> Hift:
    """Load `hift.pt` from `folder`, always in float32. Raise EngineError."""

    def build(state: dict[str, Tensor]) -> Hift:
        return Hift(HiftConfig.from_state_dict(state))

    hift = _load(folder / "hift.pt", build, fold_weight_norm)
    hift.to(device, torch.float32)
    return hift


def _load(
    path: Path,
    build: Callable[[dict[str, Tensor]], _Module],
    fold: Callable[[dict[str, Tensor]], dict[str, Tensor]],
) -> _Module:
    try:
        state = fold(torch.load(path, map_location="cpu", weights_only=True, mmap=True))
        module = build(state)
        module.load_state_dict(state, strict=True, assign=True)
    except OSError as error:
        raise EngineError(
            f"{path} can't be read ({error.strerror}); fetch the model again, or set voice to "
            "something other than auto"
        ) from None
    except Exception as error:  # noqa: BLE001 - a damaged file may fail anywhere
        raise EngineError(f"{path} isn't what it should be: {error}") from None
    module.eval().requires_grad_(False)
    return module
