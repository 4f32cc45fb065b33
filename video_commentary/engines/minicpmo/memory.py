"""Where to run, and whether there is room."""

from __future__ import annotations

import torch

from ...core.engine import EngineError
from .config import ModelConfig
from .weights import TALKER, UNUSED, Tensors

_WORKING_BYTES = 900_000_000
"""CUDA graphs, the widest layer's weights in 16 bits and activations of a long prompt."""


def resolve_device(wanted: str) -> torch.device:
    """Return the device that `wanted` (auto, cpu, cuda[:n]) means. Raise EngineError."""
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise EngineError(f"device: {wanted!r} is not auto, cpu or cuda[:n]", retry=False)
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if not torch.cuda.is_available() or (device.index or 0) >= count:
            raise EngineError(
                f"no GPU {wanted}: torch sees {count}. "
                "Check nvidia-smi and that torch was built for CUDA, or set device:=cpu"
            )
        device = torch.device("cuda", device.index or 0)
    return device


def use_device(device: torch.device) -> None:
    """Make a GPU this thread's current one: kernels of Triton run there and nowhere else."""
    if device.type == "cuda":
        torch.cuda.set_device(device)


def bytes_needed(tensors: Tensors, config: ModelConfig, context: int, int8_head: bool) -> int:
    """Return how much memory the model takes to see and write, in bytes."""
    sizes = config.language
    apart = (*UNUSED, TALKER)
    weights = sum(tensors.size(n) for n in tensors.names() if not n.startswith(apart))
    cache = 4 * sizes.layers * sizes.kv_heads * sizes.head_width * context
    saved = sizes.vocabulary * sizes.hidden if int8_head else 0
    return weights + cache - saved + _WORKING_BYTES


def check_room(
    tensors: Tensors, config: ModelConfig, device: torch.device, context: int, int8_head: bool
) -> None:
    """Raise EngineError where the model won't fit into what is free on the GPU."""
    if device.type != "cuda":
        return
    needed = bytes_needed(tensors, config, context, int8_head)
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info(device)
    if needed > free:
        raise EngineError(
            f"the model needs {needed / 1e9:.1f} GB of GPU memory, {free / 1e9:.1f} GB are free on "
            f"{torch.cuda.get_device_name(device)}: close other programs on the GPU, "
            "use the AWQ model, lower context_tokens, or set device:=cpu"
        )
