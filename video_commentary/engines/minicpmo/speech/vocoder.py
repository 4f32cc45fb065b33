"""From audio codes to sound, streamed: Token2wav as published beside the checkpoint.

Own modules instead of minicpmo-utils' (against which the tests compare them): those import
onnx, torchaudio, librosa and a YAML loader that runs code, allocate 2 GB that nobody reads, crash
in float16, and grow their caches by concatenation, which no CUDA graph can capture.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ....core.audio import AudioFormat
from ..language.capture import Captured
from .flow import Flow
from .flow_stream import CHUNK_CODES, FlowStream, VoicePrompt
from .hift import Hift

FORMAT = AudioFormat(24_000)
_OVERLAP_FRAMES = 8
"""Mel frames heard again at the start of a chunk, over which two chunks are cross-faded."""

Noise = Callable[[int], Tensor]
"""Returns the source's noise for a number of samples, [1, samples, harmonics]."""


class Vocoder:
    """Speaks one utterance at a time: `start`, then `chunk` until the last."""

    def __init__(
        self,
        flow: Flow,
        hift: Hift,
        voice: VoicePrompt,
        steps: int,
        *,
        legacy_trim: bool = False,
        flow_noise: Tensor | None = None,
        source_noise: Noise | None = None,
    ) -> None:
        with torch.inference_mode():
            self._flow = FlowStream(flow, voice, steps, legacy_trim=legacy_trim, noise=flow_noise)
        self._hift = hift
        self._source_noise = source_noise
        self._speak = Captured(self._speak_mel)
        self._overlap = _OVERLAP_FRAMES * hift.sizes.samples_per_frame
        # symmetric, as upstream has it: the two halves sum to 1.08
        window = torch.hamming_window(2 * self._overlap, periodic=False, dtype=torch.float64)
        self._fade_in, self._fade_out = window.to(hift.conv_pre.weight.device).chunk(2)
        self.start()

    def start(self) -> None:
        """Begin an utterance; what is left of another is forgotten."""
        with torch.inference_mode():
            self._flow.start()
        like, sizes = self._hift.conv_pre.weight, self._hift.sizes
        self._mel = like.new_zeros(1, sizes.mel, 0)
        self._source = like.new_zeros(1, 1, 0)
        self._tail: Tensor | None = None

    @torch.inference_mode()
    def record(self, first: int = CHUNK_CODES) -> None:
        """Record the CUDA graphs; `first`: new codes of an utterance's first chunk."""
        self._flow.record(first)
        like, sizes = self._hift.conv_pre.weight, self._hift.sizes
        self._speak.record(like.new_zeros(1, sizes.mel, 2 * first), like.new_zeros(1, 1, 0))
        mel = like.new_zeros(1, sizes.mel, 2 * CHUNK_CODES + _OVERLAP_FRAMES)
        self._speak.record(mel, like.new_zeros(1, 1, self._overlap))
        self.start()

    @torch.inference_mode()
    def chunk(self, codes: list[int], last: bool) -> NDArray[np.float32]:
        """Return sound, float32 at 24 kHz, of `codes`, whose last three come again.

        The last `_OVERLAP_FRAMES` frames of sound are held back for the next chunk, unless `last`.
        """
        mel = torch.cat([self._mel, self._flow.chunk(codes, last)[None].float()], dim=2)
        wave, source = self._speak(mel, self._source)
        wave = wave[0]
        if self._tail is not None:
            head = wave[: self._overlap] * self._fade_in + self._tail * self._fade_out
            wave = torch.cat([head.float(), wave[self._overlap :]])
        self._mel = mel[..., -_OVERLAP_FRAMES:].clone()
        self._source = source[..., -self._overlap :].clone()
        self._tail = wave[-self._overlap :].clone()
        said = wave if last else wave[: -self._overlap]
        sound: NDArray[np.float32] = said.cpu().numpy()
        return sound

    def _speak_mel(self, mel: Tensor, cached: Tensor) -> tuple[Tensor, ...]:
        noise = None
        if self._source_noise is not None:
            noise = self._source_noise(mel.shape[2] * self._hift.sizes.samples_per_frame)
        wave, source = self._hift(mel, cached, noise)
        return wave, source
