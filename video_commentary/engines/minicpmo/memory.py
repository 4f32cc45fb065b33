"""The device to run on, and whether its memory suffices."""

from __future__ import annotations

import atexit
import ctypes
import gc
import logging
from collections.abc import Callable

import torch

from ...core.engine import EngineError
from .checkpoint import Tensors
from .checkpoint_shapes import HEARING_PREFIXES, TALKER_PREFIX, UNUSED_PREFIXES, hearing_shapes
from .config import ModelConfig
from .gpu_driver import UNSEEN_GPU_FIX, driver_version, unseen_gpu

LOG = logging.getLogger(__name__)

# What is frozen at the end is never freed, and Triton's bindings would report it as leaked.
atexit.register(gc.unfreeze)

FreeMemory = Callable[[torch.device], "tuple[int, int] | None"]
"""Returns the free and all bytes of a device's memory, None if it is not limited."""

_WORKING_BYTES = 1_200_000_000
"""CUDA graphs, one layer's weights in 16 bits, and activations of a long prompt."""


def resolve_device(wanted: str) -> torch.device:
    """Return the device for `wanted`: auto, cpu or cuda[:n]. Raise EngineError.

    `auto` takes the CPU only where no NVIDIA driver is loaded: beside a GPU that torch does not
    see, a model on the CPU would look like a GPU that is a hundred times too slow.
    """
    if wanted == "auto":
        seen = torch.cuda.is_available()
        driver = driver_version()
        if driver and not seen:
            raise EngineError(
                f"{unseen_gpu(driver, torch.version.cuda)}: {UNSEEN_GPU_FIX}. "
                "device:=cpu computes on the CPU, slowly",
                retry=False,
            )
        wanted = "cuda" if seen else "cpu"
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
    """Make a GPU this thread's current one; Triton launches kernels only there."""
    if device.type == "cuda":
        torch.cuda.set_device(device)


def free_gpu_memory(device: torch.device) -> tuple[int, int] | None:
    """Return the free and all bytes of a GPU's memory, as the driver counts; None for a CPU."""
    return torch.cuda.mem_get_info(device) if device.type == "cuda" else None


def release_gpu_memory() -> None:
    """Return memory that nothing uses any more to the driver."""
    # a captured graph is part of a reference cycle: only the collector frees it
    _collect_garbage()
    if torch.cuda.is_available():
        try:
            torch.cuda.empty_cache()
        except RuntimeError as error:
            LOG.debug("ignored while freeing the GPU: %s", error)


def settle_host_memory() -> None:
    """Give back to the system what loading used, and keep the collector off what stays."""
    _collect_garbage()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if trim is not None:
        trim(0)


def _collect_garbage() -> None:
    """Collect, then freeze what is left: half a million objects of torch and of the model.

    A full collection would look at each of them again, with Python's lock, in mid-comment.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def bytes_needed(
    tensors: Tensors,
    config: ModelConfig,
    *,
    max_seq_len: int,
    int8_lm_head: bool,
    hear: bool = False,
) -> int:
    """Return the GPU memory that vision and text take, and hearing with `hear`, in bytes."""
    language = config.language
    apart = (*UNUSED_PREFIXES, *HEARING_PREFIXES, TALKER_PREFIX)
    weights = sum(tensors.size(n) for n in tensors.names() if not n.startswith(apart))
    kv_cache = 4 * language.num_layers * language.num_kv_heads * language.head_dim * max_seq_len
    saved = language.vocab_size * language.hidden_size if int8_lm_head else 0
    ears = hearing_bytes(tensors, config) if hear else 0
    return weights + kv_cache - saved + ears + _WORKING_BYTES


def hearing_bytes(tensors: Tensors, config: ModelConfig) -> int:
    """Return the GPU memory that hearing takes: weights, and 30 s of keys and values."""
    hearing = config.hearing
    if hearing is None:
        return 0
    kv_cache = 4 * hearing.num_layers * hearing.width * hearing.num_positions
    return sum(map(tensors.size, hearing_shapes(config))) + kv_cache


def check_gpu_memory(
    tensors: Tensors,
    config: ModelConfig,
    device: torch.device,
    *,
    max_seq_len: int,
    int8_lm_head: bool,
    hear: bool = False,
) -> None:
    """Raise EngineError if the model does not fit into the GPU's free memory."""
    if device.type != "cuda":
        return
    needed = bytes_needed(
        tensors, config, max_seq_len=max_seq_len, int8_lm_head=int8_lm_head, hear=hear
    )
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info(device)
    if needed > free:
        raise EngineError(
            f"the model needs {needed / 1e9:.1f} GB of GPU memory, {free / 1e9:.1f} GB are free on "
            f"{torch.cuda.get_device_name(device)}: close other programs on the GPU, "
            "use the AWQ model, lower context_tokens, "
            + ("set hear:=false, " if hear else "")
            + "or set device:=cpu"
        )
