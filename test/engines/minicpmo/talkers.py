"""The tiny talker of the parity fixtures, and samplers that follow a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from video_commentary.engines.minicpmo.speech.talker import MAX_SEQ_LEN, Talker, TalkerConfig


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
    return lambda logits: torch.tensor([next(script)])


def tiny_talker(
    parity: Path, sample: Callable[[Tensor], Tensor], max_seq_len: int = MAX_SEQ_LEN
) -> Talker:
    config = TalkerConfig.from_tts_config(tts_config(parity))
    return Talker(tts_tensors(parity), config, max_seq_len=max_seq_len, sample=sample)


def silence_after(parity: Path, count: int) -> Callable[[Tensor], Tensor]:
    """Return a sampler of the likeliest code, and of EOS after every `count` of them."""
    eos_id = tts_config(parity)["num_audio_tokens"] - 1
    sampled = 0

    def sample(logits: Tensor) -> Tensor:
        nonlocal sampled
        sampled += 1
        if sampled % (count + 1) == 0:
            return torch.tensor([eos_id])
        return logits[:eos_id].argmax(keepdim=True)

    return sample
