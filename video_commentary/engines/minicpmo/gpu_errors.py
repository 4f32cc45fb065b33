"""RuntimeErrors of torch, cuBLAS and Triton, translated to what the user can do."""

from __future__ import annotations

import torch

from ...core.engine import EngineError

OUT_OF_MEMORY = (
    "out of GPU memory: close other programs on the GPU, lower frames_per_request, "
    "max_slice_nums or context_tokens, use the AWQ model, or set voice:=none"
)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether GPU memory ran out; cuBLAS and Triton report it in their own way."""
    text = str(error)
    return isinstance(error, torch.cuda.OutOfMemoryError) or (
        "out of memory" in text or "ALLOC_FAILED" in text
    )


def is_gpu_error(error: RuntimeError) -> bool:
    """Return whether the GPU reported the error; it may be lost to this process."""
    return "CUDA" in str(error) or "cuda" in str(error)


def to_engine_error(error: RuntimeError) -> EngineError | None:
    """Return an error that says what to do, None if it does not concern the GPU."""
    if is_out_of_memory(error):
        return EngineError(OUT_OF_MEMORY)
    if "C compiler" in str(error):
        return EngineError("Triton found no C compiler for the GPU kernels: sudo apt install gcc")
    if is_gpu_error(error):
        return EngineError(
            f"the GPU failed: {str(error).splitlines()[0]}. If loading again does not help, "
            "restart the node; nvidia-smi shows whether the driver still sees the GPU"
        )
    return None
