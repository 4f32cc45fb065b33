"""Whether a GPU has room for speech beside the text."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from ....core.engine import EngineError
from ..memory import FreeMemory, release_gpu_memory
from .flow_stream import VoicePrompt, cache_bytes
from .vocoder_loader import load_flow

_WORKING_BYTES = 600_000_000
"""Graphs, convolution workspaces and the talker's KV cache."""


class SpeechUnavailableError(EngineError):
    """The model can't speak here, though it can write; the message says why and what to do."""


class NoRoomError(SpeechUnavailableError):
    """The GPU has too little free memory for speech, which takes `needed` bytes."""

    def __init__(self, why: str, needed: int) -> None:
        super().__init__(
            f"no room for the native voice on this GPU: {why}; it comes by itself once there is "
            "room: free memory, set voice_reference to a shorter sample, or set voice:=neural "
            "(no GPU)"
        )
        self.needed = needed


def speech_bytes(
    talker: int, folder: Path, hift: nn.Module, voice: VoicePrompt, dtype: torch.dtype, steps: int
) -> int:
    """Return the GPU memory that speech takes, in bytes.

    `talker`: bytes of the talker; `folder` has flow.pt, which is computed in `dtype`. Raise
    EngineError.
    """
    flow = load_flow(folder, torch.device("cpu"), torch.float32)
    size = torch.finfo(dtype).bits // 8
    return (
        talker
        + size * sum(tensor.numel() for tensor in flow.state_dict().values())
        + sum(tensor.nbytes for tensor in hift.state_dict().values())
        + cache_bytes(flow, voice, steps, dtype)
        + _WORKING_BYTES
    )


def check_room(needed: int, device: torch.device, free_memory: FreeMemory) -> None:
    """Raise NoRoomError if `needed` bytes are not free on the device."""
    release_gpu_memory()  # memory that torch only caches is free too
    memory = free_memory(device)
    if memory is not None and needed > memory[0]:
        free, total = memory
        raise NoRoomError(
            f"it needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} of {total / 1e9:.1f} are free",
            needed,
        )
