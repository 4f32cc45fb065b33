"""Mel frames to sound, chunk by chunk: overlap, cross-fade, and the source that continues."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..kernels.chunk_state import ChunkState
from .fused_hift import FusedHift
from .hift import LIMIT, MAX_MAGNITUDE, Hift

OVERLAP_FRAMES = 8
"""Mel frames repeated at the start of a chunk, over which two chunks are cross-faded."""

Noise = Callable[[int], Tensor]
"""Returns the harmonic source's noise for a number of samples, [1, samples, harmonics]."""


class HiftStream:
    """One utterance at a time: `start`, then `chunk` until the last.

    `source_noise`: random if None.
    """

    def __init__(self, hift: Hift, source_noise: Noise | None = None) -> None:
        self._hift = hift
        self._source_noise = source_noise
        self._overlap = OVERLAP_FRAMES * hift.config.samples_per_frame
        self._fade_in, self._fade_out = _fades(self._overlap, hift.conv_pre.weight.device)
        self.start()

    def start(self) -> None:
        """Begin an utterance; the rest of another is dropped."""
        like, config = self._hift.conv_pre.weight, self._hift.config
        self._mel = like.new_zeros(1, config.num_mels, 0)
        self._source = like.new_zeros(1, 1, 0)
        self._tail: Tensor | None = None

    def chunk(self, mel: Tensor, last: bool) -> Tensor:
        """Return the sound [samples] of `mel` [num_mels, T].

        The last `OVERLAP_FRAMES` frames of sound are held back for the next chunk, unless `last`.
        """
        mel = torch.cat([self._mel, mel[None].float()], dim=2)
        noise = None
        if self._source_noise is not None:
            noise = self._source_noise(mel.shape[2] * self._hift.config.samples_per_frame)
        waves, source = self._hift(mel, self._source, noise)
        wave = waves[0]
        if self._tail is not None:
            head = wave[: self._overlap] * self._fade_in + self._tail * self._fade_out
            wave = torch.cat([head.float(), wave[self._overlap :]])
        self._mel = mel[..., -OVERLAP_FRAMES:].clone()
        self._source = source[..., -self._overlap :].clone()
        self._tail = wave[-self._overlap :].clone()
        return wave if last else wave[: -self._overlap]


class FusedHiftStream:
    """The same on a GPU, for chunks of at most `max_frames`, so that one CUDA graph can hold it.

    `dtype`: see FusedHift.
    """

    @torch.inference_mode()
    def __init__(
        self, hift: Hift, dtype: torch.dtype, max_frames: int, source_noise: Noise | None = None
    ) -> None:
        config, like = hift.config, hift.conv_pre.weight
        self._hift = FusedHift(hift, dtype, OVERLAP_FRAMES + max_frames)
        self._stft = hift.stft
        self._source_noise = source_noise
        self._max_samples = (OVERLAP_FRAMES + max_frames) * config.samples_per_frame
        self._samples_per_frame = config.samples_per_frame
        overlap = OVERLAP_FRAMES * config.samples_per_frame
        self._fades = torch.stack(_fades(overlap, like.device)).float()
        self._state = ChunkState(
            mel=like.new_zeros(2, OVERLAP_FRAMES, config.num_mels),
            source=like.new_zeros(2, overlap),
            wave=like.new_zeros(2, overlap),
        )
        self.start()

    def start(self) -> None:
        """Begin an utterance; the rest of another is dropped."""
        self._kept, self._side = 0, 0

    def lengths(self, frames: int, last: bool) -> tuple[list[int], int]:
        """Count a chunk as spoken; return what `synthesize` takes, and its number of samples."""
        lengths = [self._kept + frames, self._kept, self._side]
        self._kept, self._side = OVERLAP_FRAMES, 1 - self._side
        complete = lengths[0] if last else lengths[0] - OVERLAP_FRAMES
        return lengths, complete * self._samples_per_frame

    def synthesize(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Return the sound of a chunk of `mel` [max_frames, num_mels]; see `lengths`, int32 [3]."""
        from ..kernels.hift import chunk_mel
        from ..kernels.stft import istft

        weights, noise = self._hift.weights, None
        if self._source_noise is not None:
            noise = self._source_noise(self._max_samples)[0]
        rows = chunk_mel(mel, self._state.mel, lengths, width=weights.mel_width)
        spectrum, source = self._hift(rows, self._state.source, lengths, noise)
        return istft(
            spectrum,
            self._stft.inverse_basis[:, 0],
            self._stft.squared_window[0, 0],
            source,
            self._state,
            self._fades,
            lengths,
            max_magnitude=MAX_MAGNITUDE,
            limit=LIMIT,
        )


def _fades(overlap: int, device: torch.device) -> tuple[Tensor, Tensor]:
    # symmetric, as upstream has it: the two halves sum to 1.08
    window = torch.hamming_window(2 * overlap, periodic=False, dtype=torch.float64)
    fade_in, fade_out = window.to(device).chunk(2)
    return fade_in, fade_out
