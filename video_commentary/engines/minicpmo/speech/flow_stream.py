"""Codes to mel frames, chunk by chunk: solver, caches and their trimming."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..language.capture import Captured
from .flow import GUIDANCE, Flow
from .flow_dit import Placement, StepCache
from .flow_encoder import LOOKAHEAD, EncoderCache

SILENT_CODE = 4218
"""The code of silence in the published code book."""
CHUNK_CODES = 25
_KEPT = 100
"""Frames that are never forgotten, beside as many as the voice's sample has."""
_WIDEST = 2 * (CHUNK_CODES + LOOKAHEAD)
"""Mel frames of the longest chunk, rounded up to whole vectors of 8."""


@dataclass(frozen=True)
class VoicePrompt:
    """What the vocoder needs to know of a voice.

    `codes` int64 [n] of a sample, its `mel` [2 n, mel] and the `speaker` vector.
    """

    codes: Tensor
    mel: Tensor
    speaker: Tensor


class FlowStream:
    """One utterance at a time, all in the voice of one sample.

    `legacy_trim`: forget frames as minicpmo-utils 1.0.6 does, which keeps the wrong ones (1.0.7
    repaired it). `noise` [mel, >= frames kept + a chunk]: start of the solver, drawn where None.
    """

    def __init__(
        self,
        flow: Flow,
        voice: VoicePrompt,
        steps: int,
        *,
        legacy_trim: bool = False,
        noise: Tensor | None = None,
    ) -> None:
        self._flow = flow
        self._legacy_trim = legacy_trim
        self._kept = len(voice.mel)
        like = flow.encoder_proj.weight
        self._like = like
        self._slots = _slots(self._kept)
        self._speaker = flow.speaker(voice.speaker.to(like))
        ticks = torch.linspace(0, 1, steps + 1, dtype=torch.float32)
        t = 1 - torch.cos(ticks * (0.5 * math.pi))
        self._deltas = t.diff().tolist()
        self._times = flow.dit.times(t[:-1].to(like.device))
        if noise is None:
            noise = torch.randn(
                flow.sizes.mel, self._slots, generator=torch.Generator().manual_seed(0)
            )
        self._noise = noise.T.to(like.device, torch.float32).contiguous()
        self._cache = self._empty_cache(steps)
        self._encode = Captured(self._encode_chunk)
        self._solve = Captured(self._solve_chunk)
        self._prepare(voice)
        self.start()

    def _empty_cache(self, steps: int) -> StepCache:
        sizes, like = self._flow.sizes, self._like
        shape = (steps, sizes.dit_depth, 2, sizes.dit_heads, self._slots, sizes.dit_head_dim)
        conv = (steps, sizes.dit_depth, 2, 2, 2, sizes.dit_width)
        return StepCache(like.new_zeros(shape), like.new_zeros(shape), like.new_zeros(conv))

    def _prepare(self, voice: VoicePrompt) -> None:
        """Hear the sample once; keep what is left of it."""
        silence = voice.codes.new_full((LOOKAHEAD,), SILENT_CODE)
        codes = torch.cat([voice.codes, silence]).to(self._like.device)
        mu, self._encoded = self._flow.encode(codes, self._flow.encoder.empty_cache(), False)
        self._order: list[int] = []
        mel = voice.mel.to(self._like)
        self._solve_chunk(mu, mel, self._noise[: len(mu)], *self._place(len(mu), len(mu)))
        kept = self._cache
        self._template = StepCache(
            kept.keys[..., : self._kept, :].clone(),
            kept.values[..., : self._kept, :].clone(),
            kept.conv.clone(),
        )

    def start(self) -> None:
        """Begin an utterance."""
        self._heard = self._encoded
        self._order = list(range(self._kept))
        self._cache.keys[..., : self._kept, :].copy_(self._template.keys)
        self._cache.values[..., : self._kept, :].copy_(self._template.values)
        self._cache.conv.copy_(self._template.conv)

    def record(self, first: int) -> None:
        """Record the graphs of an utterance whose first chunk has `first` new codes."""
        self.start()
        # after four more the caches have reached the length that they keep
        for new in [first] + 4 * [CHUNK_CODES]:
            self._chunk([SILENT_CODE] * (new + LOOKAHEAD), last=False, record=True)
        self.start()

    def chunk(self, codes: list[int], last: bool) -> Tensor:
        """Return the next mel frames [mel, T] of `codes`, the last three of which come again.

        With `last` they are spoken too. The result is valid until the next call.
        """
        return self._chunk(codes, last, record=False)

    def _chunk(self, codes: list[int], last: bool, record: bool) -> Tensor:
        ids = torch.tensor(codes, device=self._like.device)
        if last:
            mu, self._heard = self._flow.encode(ids, self._heard, last)
        else:
            encode = self._encode.record if record else self._encode
            mu, *cache = encode(ids, *self._heard.tensors())
            self._heard = EncoderCache(*cache)
        frames = len(mu)
        width = _WIDEST if mu.is_cuda else frames
        place = self._place(frames, width)
        offset = len(self._order)
        noise = self._noise[offset : offset + width]
        solve = self._solve.record if record else self._solve
        mel, *_ = solve(
            F.pad(mu, (0, 0, 0, width - frames)), mu.new_zeros(width, mu.shape[1]), noise, *place
        )
        self._order = self._new + self._order
        self._trim()
        return mel[:frames].T

    def _place(self, frames: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
        """Choose free slots for a chunk of `frames`, padded to `width`; see Placement."""
        used = set(self._order)
        free = [slot for slot in range(self._slots) if slot not in used][:width]
        self._new = free[:frames]
        mask = torch.full((self._slots,), float("-inf"))
        mask[self._order + self._new] = 0
        slots = torch.tensor(free)
        tail = torch.tensor([frames, frames + 1])
        device = self._like.device
        return slots.to(device), mask.to(self._like), tail.to(device)

    def _trim(self) -> None:
        """Forget frames between the first and the last `_KEPT`, counted newest first (3.14)."""
        if len(self._order) <= self._kept + _KEPT:
            return
        self._order = self._order[: self._kept] + self._order[-_KEPT:]
        heard, half = self._heard, self._kept // 2
        token, mel = heard.token, heard.mel
        if self._legacy_trim:
            token = _ends(torch.cat([token, token], dim=2), self._kept, _KEPT)
            token = token[:, :, : half + _KEPT // 2]
        else:
            token = _ends(token, half, _KEPT // 2)
        self._heard = EncoderCache(heard.ahead, heard.up, token, _ends(mel, self._kept, _KEPT))

    def _encode_chunk(self, codes: Tensor, *cache: Tensor) -> tuple[Tensor, ...]:
        mu, grown = self._flow.encode(codes, EncoderCache(*cache), last=False)
        return mu, *grown.tensors()

    def _solve_chunk(
        self, mu: Tensor, cond: Tensor, noise: Tensor, slots: Tensor, mask: Tensor, tail: Tensor
    ) -> tuple[Tensor, ...]:
        """Integrate from noise to mel frames [T, mel] with Euler's method."""
        given = self._flow.dit.given(mu, self._speaker, cond)
        place = Placement(slots, mask, tail)
        blocks, end = self._times
        cache = self._cache
        x = noise
        for step, delta in enumerate(self._deltas):
            velocity = self._flow.dit(
                x.to(mu.dtype),
                given,
                (blocks[step], end[step]),
                StepCache(cache.keys[step], cache.values[step], cache.conv[step]),
                place,
            ).float()
            guided = (1 + GUIDANCE) * velocity[0] - GUIDANCE * velocity[1]
            x = x + delta * guided
        return (x,)


def cache_bytes(flow: Flow, voice: VoicePrompt, steps: int) -> int:
    """Return what the caches of a FlowStream take on the device, in bytes."""
    sizes = flow.sizes
    element: int = flow.encoder_proj.weight.element_size()
    row = 2 * 2 * sizes.dit_heads * sizes.dit_head_dim * element
    # the working slots, and the voice's own, from which each utterance starts
    slots = _slots(len(voice.mel)) + len(voice.mel)
    return steps * sizes.dit_depth * slots * row


def _slots(kept: int) -> int:
    return -(-(kept + _KEPT + _WIDEST) // 8) * 8


def _ends(cache: Tensor, first: int, last: int) -> Tensor:
    """Return the first and last entries along time, which is dimension 2."""
    return torch.cat([cache[:, :, :first], cache[:, :, -last:]], dim=2)
