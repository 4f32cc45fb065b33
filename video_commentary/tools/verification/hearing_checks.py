"""Check of what the model hears with, against float32 on the CPU, with the real weights."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ...core.audio import Pcm, read_wav
from ...core.resample import resample
from ...core.stamp import from_seconds
from ...engines.minicpmo.checkpoint import Checkpoint
from ...engines.minicpmo.checkpoint_shapes import HEARING_PREFIXES, check_tensors
from ...engines.minicpmo.config import ModelConfig
from ...engines.minicpmo.hearing.hearing import FORMAT, load_hearing
from ...engines.minicpmo.memory import release_gpu_memory, use_device
from ...engines.minicpmo.speech.speech_loader import DEFAULT_VOICES
from .check import CheckOutcome, NotCheckedError
from .kernel_checks import TOWER_LIMITS, judge, relative

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

SECONDS = 4
"""Of sound that is compared."""


def check_hearing(model: ModelUnderTest) -> CheckOutcome:
    """Compare the embeddings of a few seconds of speech, whole and second by second."""
    tensors, config = model.tensors(), model.config()
    stored = any(name.startswith(HEARING_PREFIXES) for name in tensors.names())
    if config.hearing is None or not stored:
        raise NotCheckedError("without audio_config and apm.* this checkpoint can't hear")
    check_tensors(tensors, config, hear=True)
    device = model.gpu("no GPU: hearing is plain torch on the CPU")
    use_device(device)
    dtype = model.dtype()
    errors = compare_hearing(model.options.folder, config, device, dtype)
    release_gpu_memory()
    return judge(errors, TOWER_LIMITS[dtype], "a sound's embeddings")


def compare_hearing(
    folder: Path, config: ModelConfig, device: torch.device, dtype: torch.dtype
) -> dict[str, float]:
    """Return how far off float32 on the CPU what `device` computes in `dtype` is."""
    sound = _sound(folder)
    embed = partial(_embed, folder, config, sound)
    expected = embed(torch.device("cpu"), torch.float32)
    got = embed(device, dtype)
    return {name: relative(got[name], expected[name].float()) for name in expected}


def _embed(
    folder: Path, config: ModelConfig, sound: Pcm, device: torch.device, dtype: torch.dtype
) -> dict[str, Tensor]:
    stream = torch.cuda.Stream(device) if device.type == "cuda" else None
    hearing = load_hearing(Checkpoint(folder, device), config, dtype, stream)
    whole = hearing.encode(sound)
    assert whole is not None  # the sound is long enough
    hearing.hear(sound, from_seconds(1.0))
    seconds = [second.embeds for second in hearing.since(0, SECONDS)]
    return {"whole": whole, "second by second": torch.cat(seconds)}


def _sound(folder: Path) -> Pcm:
    """Return some of the checkpoint's voice sample, or a sweep if it has none."""
    for path in DEFAULT_VOICES:
        if (folder / path).is_file():
            speech = resample(read_wav(folder / path), FORMAT)
            if speech.duration >= SECONDS:
                return Pcm(speech.samples[: SECONDS * FORMAT.rate], FORMAT)
    time = np.arange(SECONDS * FORMAT.rate) / FORMAT.rate
    sweep = np.sin(2 * np.pi * (200 + 400 * time) * time) * (1 + np.sin(2 * np.pi * 4 * time))
    return Pcm((8000 * sweep).astype(np.int16), FORMAT)
