"""Audio codes to sound, streamed: Token2wav as published beside the checkpoint.

Not minicpmo-utils' modules, though the tests compare with them: those import onnx, torchaudio,
librosa and a YAML loader that runs code, allocate 2 GB that nothing reads, crash in float16, and
grow their caches by concatenation, which no CUDA graph can capture.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ....core.audio import AudioFormat
from ....core.engine import EngineError
from ..kernels.launching import compiling
from ..language.cuda_graph import CudaGraphed
from .flow_stream import CHUNK_CODES, FlowStream
from .hift import Hift

FORMAT = AudioFormat(24_000)
_OVERLAP_FRAMES = 8
"""Mel frames repeated at the start of a chunk, over which two chunks are cross-faded."""

Noise = Callable[[int], Tensor]
"""Returns the harmonic source's noise for a number of samples, [1, samples, harmonics]."""


class Vocoder:
    """Speaks one utterance at a time: `start`, then `chunk` until the last.

    `source_noise`: random if None.
    """

    def __init__(
        self, flow_stream: FlowStream, hift: Hift, *, source_noise: Noise | None = None
    ) -> None:
        self._flow_stream = flow_stream
        self._hift = hift
        self._source_noise = source_noise
        self._synthesize = CudaGraphed(self._synthesize_mel)
        self._overlap = _OVERLAP_FRAMES * hift.config.samples_per_frame
        # symmetric, as upstream has it: the two halves sum to 1.08
        window = torch.hamming_window(2 * self._overlap, periodic=False, dtype=torch.float64)
        self._fade_in, self._fade_out = window.to(hift.conv_pre.weight.device).chunk(2)
        self.start()

    def start(self) -> None:
        """Begin an utterance; the rest of another is dropped."""
        with torch.inference_mode():
            self._flow_stream.start()
        like, config = self._hift.conv_pre.weight, self._hift.config
        self._mel = like.new_zeros(1, config.num_mels, 0)
        self._source = like.new_zeros(1, 1, 0)
        self._tail: Tensor | None = None

    @torch.inference_mode()
    def capture(self, first_chunk: int = CHUNK_CODES) -> None:
        """Capture the CUDA graphs; `first_chunk`: new codes of an utterance's first chunk."""
        self._flow_stream.capture(first_chunk)
        like, num_mels = self._hift.conv_pre.weight, self._hift.config.num_mels
        mel = like.new_zeros(1, num_mels, 2 * first_chunk)
        if mel.is_cuda:
            with compiling(mel.device):
                self._synthesize_mel(mel, like.new_zeros(1, 1, 0))
        self._synthesize.capture(mel, like.new_zeros(1, 1, 0))
        mel = like.new_zeros(1, num_mels, 2 * CHUNK_CODES + _OVERLAP_FRAMES)
        self._synthesize.capture(mel, like.new_zeros(1, 1, self._overlap))
        self.start()

    @torch.inference_mode()
    def chunk(self, codes: list[int], last: bool) -> NDArray[np.float32]:
        """Return sound, float32 at 24 kHz; for `codes` see `FlowStream.chunk`.

        The last `_OVERLAP_FRAMES` frames of sound are held back for the next chunk, unless `last`.
        Raise EngineError if the sound is not finite.
        """
        mel = torch.cat([self._mel, self._flow_stream.chunk(codes, last)[None].float()], dim=2)
        wave, source = self._synthesize(mel, self._source)
        wave = wave[0]
        if self._tail is not None:
            head = wave[: self._overlap] * self._fade_in + self._tail * self._fade_out
            wave = torch.cat([head.float(), wave[self._overlap :]])
        self._mel = mel[..., -_OVERLAP_FRAMES:].clone()
        self._source = source[..., -self._overlap :].clone()
        self._tail = wave[-self._overlap :].clone()
        complete = wave if last else wave[: -self._overlap]
        sound: NDArray[np.float32] = complete.cpu().numpy()
        # else it would be a comment without sound: NaN is never louder than silence
        if not np.isfinite(sound).all():
            self._flow_stream.clear()
            raise EngineError(
                "the vocoder computed NaN or infinity: set speech_dtype:=float32, or another voice"
            )
        return sound

    def _synthesize_mel(self, mel: Tensor, cached_source: Tensor) -> tuple[Tensor, ...]:
        noise = None
        if self._source_noise is not None:
            noise = self._source_noise(mel.shape[2] * self._hift.config.samples_per_frame)
        wave, source = self._hift(mel, cached_source, noise)
        return wave, source
