"""Codes to mel frames, chunk by chunk: solver, caches and their trimming."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..kernels.launching import compiling
from .flow import GUIDANCE, Flow
from .flow_dit import DiT, DiTCache, SlotMapping
from .flow_encoder import LOOKAHEAD, EncoderCache
from .fused_dit import FusedDiT
from .fused_flow_encoder import FusedFlowEncoder

SILENT_CODE = 4218
"""The code of silence in the published code book."""
CHUNK_CODES = 25
_TAIL_FRAMES = 100
"""Frames kept at the end of a cache, beside as many at its start as the voice prompt has."""
MAX_CHUNK_FRAMES = 2 * (CHUNK_CODES + LOOKAHEAD)
"""Mel frames of the longest chunk; a multiple of 8."""
_MAX_CODES = CHUNK_CODES + 2 * LOOKAHEAD
"""Codes of the longest chunk, with those that are context."""
_LENGTHS = 4
"""What the fused encoder takes as lengths."""


@dataclass(frozen=True)
class VoicePrompt:
    """A voice, prepared from a sample.

    `codes`: int64 [n]; `mel`: float32 [2 n, num_mels]; `speaker`: float32 [speaker_dim].
    """

    codes: Tensor
    mel: Tensor
    speaker: Tensor


class FlowStream:
    """One utterance at a time, all in the voice of one prompt.

    `noise` [num_mels, frames]: the solver's start, random if None; at least as many frames as the
    caches keep and a chunk has, together.
    """

    @torch.inference_mode()
    def __init__(
        self, flow: Flow, voice: VoicePrompt, steps: int, *, noise: Tensor | None = None
    ) -> None:
        self._flow = flow
        on_gpu = flow.encoder_proj.weight.is_cuda
        self._dit: DiT | FusedDiT = FusedDiT(flow.dit) if on_gpu else flow.dit
        self._prompt_frames = len(voice.mel)
        like = flow.encoder_proj.weight
        self._like = like
        self._num_slots = _num_slots(self._prompt_frames)
        self._speaker = flow.embed_speaker(voice.speaker.to(like))
        ticks = torch.linspace(0, 1, steps + 1, dtype=torch.float32)
        t = 1 - torch.cos(ticks * (0.5 * math.pi))
        self._step_sizes = t.diff().tolist()
        self._modulations = flow.dit.modulations(t[:-1].to(like.device))
        if noise is None:
            noise = torch.randn(
                flow.config.num_mels, self._num_slots, generator=torch.Generator().manual_seed(0)
            )
        self._noise = noise.T.to(like.device, torch.float32).contiguous()
        self._cache = self._empty_cache(steps)
        self._fused_encoder: FusedFlowEncoder | None = None
        self._prefill_prompt(voice)
        self.start()

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the flow."""
        return self._like.dtype

    @property
    def device(self) -> torch.device:
        """Where the flow is."""
        return self._like.device

    def _empty_cache(self, steps: int) -> DiTCache:
        config, like = self._flow.config, self._like
        depth, head_dim = config.dit_depth, config.dit_head_dim
        kv = (steps, depth, 2, config.dit_num_heads, self._num_slots, head_dim)
        conv = (steps, depth, 2, 2, 2, config.dit_hidden_size)
        return DiTCache(like.new_zeros(kv), like.new_zeros(kv), like.new_zeros(conv))

    def _prefill_prompt(self, voice: VoicePrompt) -> None:
        """Run the voice prompt once and keep its caches, from which every utterance starts."""
        silence = voice.codes.new_full((LOOKAHEAD,), SILENT_CODE)
        codes = torch.cat([voice.codes, silence]).to(self._like.device)
        empty = self._flow.encoder.empty_cache()
        mu, self._prompt_encoder_cache = self._flow.encode(codes, empty, False)
        if mu.is_cuda:
            self._fused_encoder = FusedFlowEncoder(
                self._flow, self._prompt_encoder_cache, _TAIL_FRAMES // 2, MAX_CHUNK_FRAMES // 2
            )
        self._slot_order: list[int] = []
        mel = voice.mel.to(self._like)
        mapping = self._map_slots(len(mu), len(mu))
        if mu.is_cuda:
            with compiling(mu.device):
                self._solve_chunk(mu, mel, self._noise[: len(mu)], *mapping)
                # a chunk's kernels too: so there is one wait for the slowest
                packed, _ = self.pack([SILENT_CODE] * (CHUNK_CODES + LOOKAHEAD), last=False)
                self.generate(torch.from_numpy(packed).to(mu.device))
            # what was kept of kernels that did not run is undefined
            for kept in (self._cache.k_cache, self._cache.v_cache, self._cache.conv):
                kept.zero_()
        self._solve_chunk(mu, mel, self._noise[: len(mu)], *mapping)
        self._prompt_cache = DiTCache(
            self._cache.k_cache[..., : self._prompt_frames, :].clone(),
            self._cache.v_cache[..., : self._prompt_frames, :].clone(),
            self._cache.conv.clone(),
        )

    def start(self) -> None:
        """Begin an utterance."""
        self._encoder_cache = self._prompt_encoder_cache
        if self._fused_encoder is not None:
            self._fused_encoder.start()
        self._slot_order = list(range(self._prompt_frames))
        prompt = self._prompt_cache
        self._cache.k_cache[..., : self._prompt_frames, :].copy_(prompt.k_cache)
        self._cache.v_cache[..., : self._prompt_frames, :].copy_(prompt.v_cache)
        self._cache.conv.copy_(prompt.conv)

    def clear(self) -> None:
        """Zero every slot but the prompt's: NaN would reach the next utterance through its mask."""
        self._cache.k_cache[..., self._prompt_frames :, :].zero_()
        self._cache.v_cache[..., self._prompt_frames :, :].zero_()

    @torch.inference_mode()
    def check(self, codes: list[int]) -> tuple[bool, float]:
        """Speak `codes` as an utterance's first chunk, and drop it.

        Return whether mel frames and keys are finite, and the largest magnitude of a mel frame.
        """
        self.start()
        mel = self.chunk(codes, last=False)
        finite = bool(mel.isfinite().all()) and bool(self._cache.k_cache.isfinite().all())
        largest = float(mel.abs().max())
        self.start()
        return finite, largest

    def chunk(self, codes: list[int], last: bool) -> Tensor:
        """Return the next mel frames [num_mels, T].

        The last `LOOKAHEAD` of `codes` are context, which the next chunk repeats; with `last` they
        are spoken too.
        """
        if self._fused_encoder is not None:
            packed, frames = self.pack(codes, last)
            mel = self.generate(torch.from_numpy(packed).to(self._like.device))
            return mel[:frames].T
        mu, self._encoder_cache = self._flow.encode(torch.tensor(codes), self._encoder_cache, last)
        frames = len(mu)
        offset = len(self._slot_order)
        noise = self._noise[offset : offset + frames]
        mapping = self._map_slots(frames, frames)
        mel = self._solve_chunk(mu, torch.zeros_like(mu), noise, *mapping)
        self._trim()
        return mel[:frames].T

    def pack(self, codes: list[int], last: bool) -> tuple[NDArray[np.int32], int]:
        """Count a chunk as spoken; return what `generate` takes, and its number of mel frames."""
        assert self._fused_encoder is not None
        lengths = self._fused_encoder.lengths(len(codes), last)
        offset, frames = len(self._slot_order), 2 * lengths[0]
        numbers = np.zeros(_LENGTHS + 1 + _MAX_CODES, np.int32)
        numbers[: _LENGTHS + 1 + len(codes)] = [*lengths, offset, *codes]
        slots, used = self._take_slots(frames, MAX_CHUNK_FRAMES)
        self._trim()
        return np.concatenate([numbers, slots, used]), frames

    def generate(self, packed: Tensor) -> Tensor:
        """Return the mel frames of a chunk, [MAX_CHUNK_FRAMES, num_mels], on a GPU.

        `packed`: int32, all that `pack` returned, in one tensor: one copy to the device.
        """
        assert self._fused_encoder is not None
        sizes = [_LENGTHS, 1, _MAX_CODES, MAX_CHUNK_FRAMES, self._num_slots]
        lengths, offset, codes, slots, used = packed.split(sizes)
        mu = self._fused_encoder.encode(codes.long(), lengths)
        places = torch.arange(MAX_CHUNK_FRAMES, device=mu.device) + offset
        return self._solve_chunk(
            mu,
            torch.zeros_like(mu),
            self._noise[places],
            slots.long(),
            mu.new_zeros(self._num_slots).masked_fill(used == 0, float("-inf")),
            2 * lengths[0] + torch.arange(2, device=mu.device),
        )

    def _map_slots(self, frames: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
        """Choose free slots for a chunk of `frames`, padded to `width`; see SlotMapping."""
        slots, used = map(torch.from_numpy, self._take_slots(frames, width))
        mask = torch.zeros(self._num_slots).masked_fill(used == 0, float("-inf"))
        tail = torch.tensor([frames, frames + 1])
        device = self._like.device
        return slots.long().to(device), mask.to(self._like), tail.to(device)

    def _take_slots(self, frames: int, width: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Take free slots for `frames`; return `width` free slots, and for each slot if it is used.

        The first of the former are those taken, the others stay free.
        """
        used = np.zeros(self._num_slots, dtype=np.int32)
        used[self._slot_order] = 1
        free = np.flatnonzero(used == 0)[:width].astype(np.int32)
        used[free[:frames]] = 1
        self._slot_order = free[:frames].tolist() + self._slot_order
        return free, used

    def _trim(self) -> None:
        """Keep the first frames, as many as the prompt has, and the last `_TAIL_FRAMES`.

        As upstream does, newest first in the slots and oldest first in the encoder's cache.
        """
        prompt = self._prompt_frames
        if len(self._slot_order) <= prompt + _TAIL_FRAMES:
            return
        self._slot_order = self._slot_order[:prompt] + self._slot_order[-_TAIL_FRAMES:]
        cache = self._encoder_cache
        self._encoder_cache = EncoderCache(
            cache.lookahead_conv,
            cache.up_conv,
            self._trim_token_kv(cache.token_kv),
            keep_ends(cache.mel_kv, prompt, _TAIL_FRAMES),
        )

    def _trim_token_kv(self, token_kv: Tensor) -> Tensor:
        return keep_ends(token_kv, self._prompt_frames // 2, _TAIL_FRAMES // 2)

    def _solve_chunk(
        self, mu: Tensor, cond: Tensor, noise: Tensor, slots: Tensor, mask: Tensor, tail: Tensor
    ) -> Tensor:
        """Integrate from noise to mel frames [T, num_mels] with Euler's method."""
        condition = self._flow.dit.project_condition(mu, self._speaker, cond)
        mapping = SlotMapping(slots, mask, tail)
        blocks, final = self._modulations
        cache = self._cache
        x = noise
        for step, dt in enumerate(self._step_sizes):
            velocity = self._dit(
                x.to(mu.dtype),
                condition,
                (blocks[step], final[step]),
                DiTCache(cache.k_cache[step], cache.v_cache[step], cache.conv[step]),
                mapping,
            )
            # away from the unconditional velocity, in two kernels
            x = torch.add(x, velocity[0], alpha=dt * (1 + GUIDANCE))
            x = torch.add(x, velocity[1], alpha=-dt * GUIDANCE)
        return x


def cache_bytes(flow: Flow, voice: VoicePrompt, steps: int, dtype: torch.dtype) -> int:
    """Return the bytes of a FlowStream's caches, in `dtype`, on the device."""
    config = flow.config
    kv_width = 2 * 2 * config.dit_num_heads * config.dit_head_dim
    slot_bytes = kv_width * torch.finfo(dtype).bits // 8
    # the working slots, and the prompt's, from which every utterance starts
    slots = _num_slots(len(voice.mel)) + len(voice.mel)
    return steps * config.dit_depth * slots * slot_bytes


def _num_slots(prompt_frames: int) -> int:
    return -(-(prompt_frames + _TAIL_FRAMES + MAX_CHUNK_FRAMES) // 8) * 8


def keep_ends(cache: Tensor, first: int, last: int) -> Tensor:
    """Return the first and last entries of `cache` along time, which is dimension 2."""
    return torch.cat([cache[:, :, :first], cache[:, :, -last:]], dim=2)
