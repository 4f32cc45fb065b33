"""Mel frames to sound, chunk by chunk: overlap, cross-fade, and the source that continues."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kernels.launching import compiling
from ..language.cuda_graph import CudaGraphed
from .fused_hift import FusedHift
from .hift import Hift

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

    def capture(self) -> None:
        """There is no graph to capture on a CPU."""

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
    """The same on a GPU, as one CUDA graph for chunks of at most `max_frames`.

    `dtype`: see FusedHift.
    """

    @torch.inference_mode()
    def __init__(
        self, hift: Hift, dtype: torch.dtype, max_frames: int, source_noise: Noise | None = None
    ) -> None:
        config, like = hift.config, hift.conv_pre.weight
        self._max_frames = max_frames
        self._samples_per_frame = config.samples_per_frame
        self._source_noise = source_noise
        self._hift = FusedHift(hift, dtype, OVERLAP_FRAMES + max_frames)
        self._overlap = OVERLAP_FRAMES * config.samples_per_frame
        self._fade_in, self._fade_out = _fades(self._overlap, like.device)
        self._state = (
            like.new_zeros(config.num_mels, OVERLAP_FRAMES),
            like.new_zeros(self._overlap),
            like.new_zeros(self._overlap),
        )
        self._num_mels = config.num_mels
        self._synthesize = CudaGraphed(self._synthesize_mel)
        self.start()

    def start(self) -> None:
        """Begin an utterance; the rest of another is dropped."""
        self._kept = 0

    def capture(self) -> None:
        """Compile the kernels and capture the graph."""
        device = self._fade_in.device
        mel = torch.zeros(self._num_mels, self._max_frames, device=device)
        lengths = torch.tensor([0, self._max_frames], dtype=torch.int32).to(device)
        with compiling(device):
            self._synthesize_mel(mel, lengths, *self._state)
        self._synthesize.capture(mel, lengths, *self._state)

    def chunk(self, mel: Tensor, last: bool) -> Tensor:
        """Return the sound of `mel`, see HiftStream.chunk; valid until the next call."""
        frames = mel.shape[1]
        lengths = torch.tensor([self._kept, frames], dtype=torch.int32)
        mel = F.pad(mel.float(), (0, self._max_frames - frames))
        wave, *state = self._synthesize(
            mel, lengths.to(mel.device, non_blocking=True), *self._state
        )
        samples = (self._kept + frames) * self._samples_per_frame
        self._state = (state[0], state[1], state[2])
        self._kept = OVERLAP_FRAMES
        return wave[: samples if last else samples - self._overlap]

    def _synthesize_mel(
        self, mel: Tensor, lengths: Tensor, kept_mel: Tensor, kept_source: Tensor, kept_wave: Tensor
    ) -> tuple[Tensor, ...]:
        """Return the wave, and what the next chunk needs of mel frames, source and wave.

        `lengths`: int32 [2], how many of the kept and of the new frames `mel` count.
        """
        kept, frames = lengths[:1], lengths.sum(dim=0, keepdim=True, dtype=torch.int32)
        total = OVERLAP_FRAMES + self._max_frames
        place = torch.arange(total, device=mel.device) + (OVERLAP_FRAMES - kept)
        mel = torch.cat([kept_mel, mel], dim=1)[:, place.clamp(max=total - 1)]
        noise = None
        if self._source_noise is not None:
            noise = self._source_noise(total * self._samples_per_frame)
        waves, source = self._hift(
            mel[None], kept_source[None, None], frames, kept * self._samples_per_frame, noise
        )
        wave = waves[0]
        head = wave[: self._overlap]
        faded = (head * self._fade_in + kept_wave * self._fade_out).float()
        wave = torch.cat([torch.where(kept > 0, faded, head), wave[self._overlap :]])
        last_frames = torch.arange(OVERLAP_FRAMES, device=mel.device) + (frames - OVERLAP_FRAMES)
        end = frames * self._samples_per_frame - self._overlap
        last_samples = (torch.arange(self._overlap, device=mel.device) + end).clamp(min=0)
        return (
            wave,
            mel[:, last_frames.clamp(min=0)],
            source[0, 0, last_samples],
            wave[last_samples],
        )


def _fades(overlap: int, device: torch.device) -> tuple[Tensor, Tensor]:
    # symmetric, as upstream has it: the two halves sum to 1.08
    window = torch.hamming_window(2 * overlap, periodic=False, dtype=torch.float64)
    fade_in, fade_out = window.to(device).chunk(2)
    return fade_in, fade_out
