"""The flow's encoder on a GPU, from fused kernels, with a cache that one CUDA graph can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..kernels.conv_weights import ConvWeight, Frames, Length, pack_conv
from .flow import Flow
from .flow_encoder import (
    LOOKAHEAD,
    ConformerBlock,
    EncoderCache,
    relative_positions,
)

_MEL_RATE = 2
"""Mel frames of a code."""


@dataclass(frozen=True, kw_only=True)
class _Block:
    """A ConformerBlock. `positions` [distances, C], see `relative_attention`; `cache`: its keys."""

    norm_mha: nn.LayerNorm
    qkv: ConvWeight
    bias_u: Tensor
    bias_v: Tensor
    positions: Tensor
    cache: Tensor
    out: ConvWeight
    norm_ff: nn.LayerNorm
    w_1: ConvWeight
    w_2: ConvWeight


class FusedFlowEncoder:
    """Computes what `Flow.encode` does, chunk by chunk of one utterance after another.

    `prompt`: the cache that every utterance starts with. `tail`: codes that are kept of what comes
    after it. `max_codes`: new codes of the longest chunk. Shares the weights of `flow`.
    """

    def __init__(self, flow: Flow, prompt: EncoderCache, tail: int, max_codes: int) -> None:
        encoder = flow.encoder
        self._flow = flow
        self._width = encoder.hidden_size
        self._dtype = encoder.after_norm.weight.dtype
        self._most = max_codes
        self._tail = tail
        self._prompt = prompt
        self._ring = tail + max_codes
        self._embed_norm = cast(nn.LayerNorm, encoder.embed.out[1])
        self._up_norm = cast(nn.LayerNorm, encoder.up_embed.out[1])
        self._scale = encoder.embed.scale
        self._embed = self._pack(encoder.embed.out[0])
        self._up_embed = self._pack(encoder.up_embed.out[0])
        self._conv1 = self._pack(encoder.pre_lookahead_layer["conv1"])
        self._conv2 = self._pack(encoder.pre_lookahead_layer["conv2"])
        self._up = self._pack(encoder.up_layer["conv"])
        self._blocks = self._pack_blocks(encoder.encoders, prompt.token_kv, 1)
        self._up_blocks = self._pack_blocks(encoder.up_encoders, prompt.mel_kv, _MEL_RATE)
        self._proj = self._pack(flow.encoder_proj)
        like = encoder.after_norm.weight
        self._lookahead_rows = like.new_zeros(2 + max_codes, self._width)
        self._up_rows = like.new_zeros(4 + _MEL_RATE * max_codes, self._width)
        self.start()

    def start(self) -> None:
        """Begin an utterance."""
        self._in_ring, self._begin = 0, 0
        self._lookahead_rows[:2].copy_(self._prompt.lookahead_conv.T)
        self._up_rows[:4].copy_(self._prompt.up_conv.T)

    def lengths(self, codes: int, last: bool) -> list[int]:
        """Return what `encode` takes as `lengths` for a chunk, and count it as encoded."""
        new = codes if last else codes - LOOKAHEAD
        taken = [new, self._in_ring, self._begin, codes]
        kept = min(self._tail, self._in_ring + new)
        self._begin = (self._begin + self._in_ring + new - kept) % self._ring
        self._in_ring = kept
        return taken

    def encode(self, codes: Tensor, lengths: Tensor) -> Tensor:
        """Return the mean of the mel frames, [2 * max_codes, num_mels], zeros after the last.

        `codes`: int64 [max_codes + LOOKAHEAD], of which `lengths` (int32 [4]) says how many count.
        """
        frames = Frames(count=lengths[:1], most=self._most)
        mel_rows = Length(scale=_MEL_RATE)
        x = self._embed_codes(codes, lengths, frames)
        x = self._run(self._blocks, x, frames, lengths, 1)
        self._up_rows[4:] = x.repeat_interleave(_MEL_RATE, dim=0)
        _, up = self._conv(
            self._up_rows[None],
            self._up,
            frames,
            length=Length(scale=_MEL_RATE, extra=4),
            out_length=mel_rows,
            back=0,
            activation="none",
        )
        ups, _ = self._conv(up, self._up_embed, frames, length=mel_rows)
        x = self._norm(ups[0], self._up_norm, lengths[:1], scale=self._scale, rate=_MEL_RATE)
        x = self._run(self._up_blocks, x, frames, lengths, _MEL_RATE)
        norm = self._flow.encoder.after_norm
        hidden = self._norm(x, norm, lengths[:1], rate=_MEL_RATE, dtype=self._dtype)[None]
        mu = hidden.new_zeros(1, _MEL_RATE * self._most, self._proj.channels)
        self._conv(hidden, self._proj, frames, length=mel_rows, activation="none", act_out=mu)
        self._keep_rows(self._lookahead_rows, 2, lengths[:1])
        self._keep_rows(self._up_rows, 4, _MEL_RATE * lengths[:1])
        return mu[0, :, : self._flow.config.num_mels]

    def _embed_codes(self, codes: Tensor, lengths: Tensor, frames: Frames) -> Tensor:
        """Return the input of the first block, float32 [max_codes, C]."""
        length = Length(scale=1, extra=LOOKAHEAD)
        embedded = self._flow.input_embedding(codes)[None]
        rows, _ = self._conv(embedded, self._embed, frames, length=length)
        # the last chunk's context is zeros
        x = self._norm(rows[0], self._embed_norm, lengths[3:], scale=self._scale)
        self._conv(
            x.to(self._dtype)[None],
            self._conv1,
            frames,
            length=length,
            out_length=Length(scale=1),
            back=0,
            activation="leaky",
            act_out=self._lookahead_rows[2:],
        )
        out, _ = self._conv(
            self._lookahead_rows[None],
            self._conv2,
            frames,
            length=Length(scale=1, extra=2),
            out_length=Length(scale=1),
            back=0,
            residual=x[None],
        )
        return out[0]

    def _run(
        self, blocks: list[_Block], x: Tensor, frames: Frames, lengths: Tensor, rate: int
    ) -> Tensor:
        """Run blocks on float32 `x` [rows, C]."""
        from ..kernels.conformer import relative_attention

        length = Length(scale=rate)
        for block in blocks:
            h = self._norm(x, block.norm_mha, lengths[:1], rate=rate, dtype=self._dtype)[None]
            _, qkv = self._conv(h, block.qkv, frames, length=length, activation="none")
            attn_out = relative_attention(
                qkv[0],
                block.bias_u,
                block.bias_v,
                block.positions,
                block.cache,
                lengths,
                rate=rate,
                prompt=block.cache.shape[1] - rate * self._ring,
            )
            after, _ = self._conv(
                attn_out[None], block.out, frames, length=length, residual=x[None]
            )
            h = self._norm(after[0], block.norm_ff, lengths[:1], rate=rate, dtype=self._dtype)[None]
            _, inner = self._conv(h, block.w_1, frames, length=length, activation="silu")
            after, _ = self._conv(inner, block.w_2, frames, length=length, residual=after)
            x = after[0]
        return x

    @staticmethod
    def _norm(
        x: Tensor,
        norm: nn.LayerNorm,
        valid: Tensor,
        *,
        scale: float = 1.0,
        rate: int = 1,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        from ..kernels.conformer import norm_rows

        return norm_rows(
            x,
            norm.weight,
            norm.bias,
            valid,
            eps=norm.eps,
            scale=scale,
            length_scale=rate,
            dtype=dtype,
        )

    @staticmethod
    def _conv(
        x: Tensor, weight: ConvWeight, frames: Frames, **options: Any
    ) -> tuple[Tensor, Tensor]:
        from ..kernels.conv import conv

        return conv(x, weight, frames, exact=True, **options)

    @staticmethod
    def _keep_rows(rows: Tensor, count: int, end: Tensor) -> None:
        """Put the `count` rows from `end` on before what the next chunk adds."""
        where = torch.arange(count, device=rows.device) + end
        rows[:count] = rows[where]

    def _pack(self, *modules: nn.Module) -> ConvWeight:
        """Pack linears, side by side, or one convolution; their modules see the packed weights."""
        weights = [cast(Tensor, module.weight).detach() for module in modules]
        whole = torch.cat(weights)
        bias = torch.cat([cast(Tensor, module.bias).detach() for module in modules])
        packed = pack_conv([whole.view(*whole.shape[:2], -1)], [bias], self._dtype)
        shared = packed.weight.permute(2, 1, 0)[: len(whole), : whole.shape[1]]
        for module, part in zip(modules, shared.split([len(w) for w in weights]), strict=True):
            cast(nn.Linear, module).weight.data = part.view(part.shape[: weights[0].dim()])
        return packed

    def _pack_blocks(self, blocks: nn.ModuleList, kv: Tensor, rate: int) -> list[_Block]:
        """Pack blocks; `kv` [blocks, heads, L, 2 * head_dim]: what the voice prompt left."""
        new, ring, prompt = rate * self._most, rate * self._ring, kv.shape[2]
        total = prompt + ring
        like = self._flow.encoder.after_norm.weight
        # from the nearest to the farthest: as `relative_positions`, turned round
        waves = relative_positions(total, new, like).flip(0)
        packed = []
        for module, keys in zip(blocks, kv, strict=True):
            block = cast(ConformerBlock, module)
            attn = block.self_attn
            cache = keys.new_zeros(len(keys), total, keys.shape[2])
            cache[:, :prompt] = keys
            packed.append(
                _Block(
                    norm_mha=block.norm_mha,
                    qkv=self._pack(attn.linear_q, attn.linear_k, attn.linear_v),
                    bias_u=attn.pos_bias_u.detach(),
                    bias_v=attn.pos_bias_v.detach(),
                    positions=attn.linear_pos(waves),
                    cache=cache,
                    out=self._pack(attn.linear_out),
                    norm_ff=block.norm_ff,
                    w_1=self._pack(block.feed_forward["w_1"]),
                    w_2=self._pack(block.feed_forward["w_2"]),
                )
            )
        return packed
