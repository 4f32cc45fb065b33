"""The tiny vocoder of the parity fixtures, with the noise that they were recorded with."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from video_commentary.core.audio import AudioFormat, Pcm, write_wav
from video_commentary.engines.minicpmo.speech.flow_stream import FlowStream, VoicePrompt
from video_commentary.engines.minicpmo.speech.vocoder import Vocoder
from video_commentary.engines.minicpmo.speech.vocoder_weights import FOLDER, load_flow, load_hift
from video_commentary.engines.minicpmo.speech.voice_reference import kept_voice, save_voice

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Token2wav:
    """What the folder `token2wav` of a set holds."""

    folder: Path
    arrays: dict[str, NDArray[Any]]
    record: dict[str, Any]

    @staticmethod
    def read(parity: Path) -> Token2wav:
        folder = parity / "token2wav"
        with np.load(folder / "golden.npz") as arrays:
            return Token2wav(folder, dict(arrays), json.loads((folder / "golden.json").read_text()))

    def tensor(self, name: str) -> Tensor:
        return torch.from_numpy(self.arrays[name])

    @property
    def voice(self) -> VoicePrompt:
        return VoicePrompt(
            self.tensor("prompt_tokens").long(), self.tensor("prompt_mel"), self.tensor("spk")
        )

    def flow_stream(self, *, legacy_trim: bool = False) -> FlowStream:
        flow = load_flow(self.folder, CPU, torch.float32)
        with torch.inference_mode():
            return FlowStream(
                flow,
                self.voice,
                self.record["n_timesteps"],
                legacy_trim=legacy_trim,
                noise=self.tensor("flow_noise"),
            )

    def vocoder(self, *, legacy_trim: bool = False) -> Vocoder:
        return Vocoder(
            load_flow(self.folder, CPU, torch.float32),
            load_hift(self.folder, CPU),
            self.voice,
            self.record["n_timesteps"],
            legacy_trim=legacy_trim,
            flow_noise=self.tensor("flow_noise"),
            source_noise=source_noise,
        )


def add_voice(model: Path, parity: Path) -> None:
    """Put the tiny vocoder, a sample and the voice prepared from it into a model's folder."""
    folder = model / FOLDER
    folder.mkdir(parents=True)
    for name in ("flow.pt", "hift.pt"):
        shutil.copy(parity / "token2wav" / name, folder)
    sample = model / "assets" / "system_ref_audio.wav"
    write_wav(sample, Pcm(np.ones(64_000, np.int16), AudioFormat(16_000)))
    kept = kept_voice(folder, sample.read_bytes())
    kept.parent.mkdir()
    save_voice(kept, Token2wav.read(parity).voice)


def source_noise(samples: int, harmonics: int = 9) -> Tensor:
    """Return the fixed noise of the recorded numbers, [1, samples, harmonics]."""
    t, h = torch.arange(samples)[:, None], torch.arange(harmonics)
    return ((((31 * t + 17 * h) % 64) - 32) / 32.0)[None]


def difference(ours: Tensor | NDArray[Any], recorded: NDArray[Any]) -> float:
    """Return the largest absolute difference; shapes must agree."""
    ours = np.asarray(ours)
    assert ours.shape == recorded.shape
    return float(np.abs(ours - recorded).max())
