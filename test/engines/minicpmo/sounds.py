"""The parity folder's recorded numbers of hearing, and the ears of its own checkpoint."""

from __future__ import annotations

import hashlib
import json
import runpy
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.engines.minicpmo.checkpoint import Checkpoint
from video_commentary.engines.minicpmo.config import HearingConfig, ModelConfig, read_config
from video_commentary.engines.minicpmo.hearing.encoder import SoundEncoder
from video_commentary.engines.minicpmo.hearing.hearing import Hearing, load_hearing, to_float
from video_commentary.engines.minicpmo.hearing.log_mel import MAX_SAMPLES, RATE, sound_mel

from .models import CPU

MONO_16K = AudioFormat(16_000)


class Recorded:
    """What the folder `hearing` holds: `facts` is its golden.json, `arrays` its golden.npz."""

    def __init__(self, folder: Path) -> None:
        self.facts: dict[str, Any] = json.loads((folder / "golden.json").read_text("utf-8"))
        with np.load(folder / "golden.npz") as file:
            self.arrays: dict[str, NDArray[Any]] = dict(file)
        make = runpy.run_path(str(folder / "sounds.py"))["sound_i16"]
        self.samples: list[NDArray[np.int16]] = [
            make(sound["samples"], sound["index"], sound["seed"]) for sound in self.facts["sounds"]
        ]
        for samples, sound in zip(self.samples, self.facts["sounds"], strict=True):
            assert hashlib.sha256(samples.tobytes()).hexdigest() == sound["sha256_i16"]
        self.config: ModelConfig = read_config(folder)
        self.tensors = Checkpoint(folder, CPU)

    @property
    def hearing_config(self) -> HearingConfig:
        """The sizes of the ears."""
        assert self.config.hearing is not None
        return self.config.hearing

    @cached_property
    def sounds(self) -> list[Tensor]:
        """The sounds as float32."""
        return [to_float(samples) for samples in self.samples]

    def pcm(self, index: int) -> Pcm:
        """Return a sound as it comes from a microphone."""
        return Pcm(self.samples[index], MONO_16K)

    def mel(self, sound: Tensor) -> Tensor:
        """Return a whole sound's mel."""
        return sound_mel(sound, self.hearing_config.num_mel_bins)

    def pieces(self, sound: Tensor) -> list[Tensor]:
        """Return the mel of each 30 s of a sound."""
        return [self.mel(piece) for piece in sound.split(MAX_SAMPLES)]

    def second(self, index: int, number: int) -> Tensor:
        """Return a sound's second; the last one may be shorter."""
        return self.sounds[index].split(RATE)[number]

    def encoder(self, dtype: torch.dtype = torch.float32) -> SoundEncoder:
        """Return the encoder, with nothing heard yet."""
        return SoundEncoder(lambda name: self.tensors.load(name).to(dtype), self.hearing_config)

    def hearing(self) -> Hearing:
        """Return the ears as the engine has them, with nothing heard yet."""
        return load_hearing(self.tensors, self.config, torch.float32, None)

    def close(self, name: str, made: Tensor, tolerance: float) -> None:
        """Fail unless `made` is what was recorded under `name`."""
        np.testing.assert_allclose(
            made.numpy(), self.arrays[name], rtol=0, atol=tolerance, err_msg=name
        )
