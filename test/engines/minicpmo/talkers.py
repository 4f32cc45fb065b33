"""The tiny talker of the parity fixtures, and draws that follow a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from video_commentary.engines.minicpmo.speech.talker import CAPACITY, Talker, TalkerConfig


def tts_config(parity: Path) -> dict[str, Any]:
    config = json.loads((parity / "checkpoint" / "config.json").read_text())
    tts: dict[str, Any] = config["tts_config"]
    return tts


def tts_tensors(parity: Path) -> dict[str, Tensor]:
    tensors = load_file(parity / "checkpoint" / "model.safetensors")
    return {
        name.removeprefix("tts."): value.float()
        for name, value in tensors.items()
        if name.startswith("tts.")
    }


def scripted(codes: Iterable[int]) -> Callable[[Tensor], Tensor]:
    script = iter(codes)
    return lambda scores: torch.tensor([next(script)])


def tiny_talker(
    parity: Path, drawing: Callable[[Tensor], Tensor], capacity: int = CAPACITY
) -> Talker:
    config = TalkerConfig.of(tts_config(parity))
    return Talker(tts_tensors(parity), config, capacity, drawing)


def silence_after(parity: Path, count: int) -> Callable[[Tensor], Tensor]:
    """Return draws of the likeliest code, and the end of audio after every `count` of them."""
    end = tts_config(parity)["num_audio_tokens"] - 1
    drawn = 0

    def drawing(scores: Tensor) -> Tensor:
        nonlocal drawn
        drawn += 1
        if drawn % (count + 1) == 0:
            return torch.tensor([end])
        return scores[:end].argmax(keepdim=True)

    return drawing
