"""What torch's errors mean, and what to tell people about them."""

from __future__ import annotations

import torch

from ...core.engine import EngineError

OUT_OF_MEMORY = (
    "out of GPU memory: close other programs on the GPU, lower frames_per_request, "
    "max_slice_nums or context_tokens, use the AWQ model, or set voice:=none"
)


def out_of_memory(error: RuntimeError) -> bool:
    """Return whether a GPU's memory ran out; cuBLAS and Triton have words of their own for it."""
    text = str(error)
    return isinstance(error, torch.cuda.OutOfMemoryError) or (
        "out of memory" in text or "ALLOC_FAILED" in text
    )


def gpu_failed(error: RuntimeError) -> bool:
    """Return whether the GPU reported the error; it may be lost to this process."""
    return "CUDA" in str(error) or "cuda" in str(error)


def explained(error: RuntimeError) -> EngineError | None:
    """Return what to tell people and what to do, None where the GPU has no part in it."""
    if out_of_memory(error):
        return EngineError(OUT_OF_MEMORY)
    if "C compiler" in str(error):
        return EngineError("Triton found no C compiler for the GPU kernels: sudo apt install gcc")
    if gpu_failed(error):
        return EngineError(
            f"the GPU failed: {str(error).splitlines()[0]}. If loading again does not help, "
            "restart the node; nvidia-smi tells whether the driver still sees the GPU"
        )
    return None
