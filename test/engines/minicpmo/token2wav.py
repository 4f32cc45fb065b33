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
from video_commentary.engines.minicpmo.config import VOCODER_FOLDER
from video_commentary.engines.minicpmo.speech.flow_stream import (
    FlowStream,
    VoicePrompt,
    keep_ends,
)
from video_commentary.engines.minicpmo.speech.vocoder import Vocoder
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_flow, load_hift
from video_commentary.engines.minicpmo.speech.voice_reference import cached_voice_path, save_voice

CPU = torch.device("cpu")


class LegacyTrimStream(FlowStream):
    """Trims as minicpmo-utils 1.0.6, which made the recorded sound: it keeps the wrong frames."""

    def _trim_token_kv(self, token_kv: Tensor) -> Tensor:
        doubled = keep_ends(torch.cat([token_kv, token_kv], dim=2), self._prompt_frames, 100)
        return doubled[:, :, : self._prompt_frames // 2 + 50]


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

    def flow_stream(
        self,
        kind: type[FlowStream] = FlowStream,
        device: torch.device = CPU,
        dtype: torch.dtype = torch.float32,
    ) -> FlowStream:
        return kind(
            load_flow(self.folder, device, dtype),
            self.voice,
            self.record["n_timesteps"],
            noise=self.tensor("flow_noise"),
        )

    def vocoder(self, kind: type[FlowStream] = FlowStream) -> Vocoder:
        hift = load_hift(self.folder, CPU)
        return Vocoder(self.flow_stream(kind), hift, source_noise=source_noise)


def add_voice(model: Path, parity: Path) -> None:
    """Put the tiny vocoder, a sample and the voice prepared from it into a model's folder."""
    folder = model / VOCODER_FOLDER
    folder.mkdir(parents=True)
    for name in ("flow.pt", "hift.pt"):
        shutil.copy(parity / "token2wav" / name, folder)
    sample = model / "assets" / "HT_ref_audio.wav"
    write_wav(sample, Pcm(np.ones(64_000, np.int16), AudioFormat(16_000)))
    path = cached_voice_path(folder, sample.read_bytes())
    path.parent.mkdir()
    save_voice(path, Token2wav.read(parity).voice)


def source_noise(samples: int, harmonics: int = 9) -> Tensor:
    """Return the fixed noise of the recorded numbers, [1, samples, harmonics]."""
    t, h = torch.arange(samples)[:, None], torch.arange(harmonics)
    return ((((31 * t + 17 * h) % 64) - 32) / 32.0)[None]


def difference(ours: Tensor | NDArray[Any], recorded: NDArray[Any]) -> float:
    """Return the largest absolute difference; shapes must agree."""
    ours = np.asarray(ours)
    assert ours.shape == recorded.shape
    return float(np.abs(ours - recorded).max())
