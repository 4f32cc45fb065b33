"""The flow's diffusion transformer on a GPU, from fused kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from .flow_dit import DiT, DiTBlock, DiTCache, SlotMapping

Affine = tuple[Tensor, Tensor]
"""Weight and bias."""


@dataclass(frozen=True, kw_only=True)
class _Block:
    """The weights of a DiTBlock; those of convolutions are [out, 3 * C], tap by tap."""

    qkv: Affine
    q_norm: Affine
    k_norm: Affine
    proj: Affine
    conv1: Affine
    conv_norm: Affine
    conv2: Affine
    fc1: Affine
    fc2: Affine


class FusedDiT:
    """Computes what `DiT` does, see there. Takes its weights over: both share them."""

    def __init__(self, dit: DiT) -> None:
        self._dit = dit
        self._blocks = [_fuse(cast(DiTBlock, block)) for block in dit.blocks]
        self._final = _affine(dit.final_layer["linear"])

    def __call__(
        self,
        x: Tensor,
        condition: Tensor,
        modulation: tuple[Tensor, Tensor],
        cache: DiTCache,
        mapping: SlotMapping,
    ) -> Tensor:
        """Return the velocity [2, T, num_mels] at `x` [T, num_mels], see `DiT.forward`."""
        from ..kernels.dit import Modulation, linear, masks

        blocks, final = modulation
        x = condition + nn.functional.linear(x, self._dit.in_proj.weight[:, : self._dit.num_mels])
        old_mask, new_mask = masks(mapping.mask, mapping.slots)
        for i, block in enumerate(self._blocks):
            self._run(
                block,
                x,
                blocks[i],
                (cache.k_cache[i], cache.v_cache[i], cache.conv[i]),
                mapping,
                (old_mask, new_mask),
            )
        return linear(x, *self._final, modulation=Modulation(shift=final[0], scale=final[1]))

    def _run(
        self,
        block: _Block,
        x: Tensor,
        modulation: Tensor,
        cache: tuple[Tensor, Tensor, Tensor],
        mapping: SlotMapping,
        masks: tuple[Tensor, Tensor],
    ) -> None:
        """Run one block on `x` [2, T, C] in place. `modulation`: [9, C]."""
        from ..kernels import dit

        k_cache, v_cache, conv = cache
        attention, mlp, convolution = (
            (dit.Modulation(shift=part[0], scale=part[1]), part[2])
            for part in modulation.unflatten(0, (3, 3))
        )
        qkv = dit.linear(x, *block.qkv, modulation=attention[0])
        attn_out = dit.slot_attention(
            qkv,
            block.q_norm,
            block.k_norm,
            k_cache,
            v_cache,
            slots=mapping.slots,
            old_mask=masks[0],
            new_mask=masks[1],
        )
        dit.add_gated_linear(x, attention[1], attn_out, *block.proj)
        padded = dit.conv_input(x, conv[0], mapping.tail, modulation=convolution[0])
        inner = dit.causal_conv(padded, *block.conv1)
        padded = dit.conv_input(inner, conv[1], mapping.tail, norm=block.conv_norm)
        dit.add_gated_linear(x, convolution[1], padded, *block.conv2)
        inner = dit.linear(x, *block.fc1, modulation=mlp[0], gelu=True)
        dit.add_gated_linear(x, mlp[1], inner, *block.fc2)


def _fuse(block: DiTBlock) -> _Block:
    attn, conv = block.attn, block.conv.block
    parts = (attn.to_q, attn.to_k, attn.to_v)
    qkv = torch.cat([part.weight.data for part in parts])
    for part, weight in zip(parts, qkv.chunk(3), strict=True):
        part.weight.data = weight
    return _Block(
        qkv=(qkv, torch.cat([part.bias.data for part in parts])),
        q_norm=_affine(attn.q_norm),
        k_norm=_affine(attn.k_norm),
        proj=_affine(attn.proj),
        conv1=_fuse_conv(conv["1"]),
        conv_norm=_affine(conv["3"]),
        conv2=_fuse_conv(conv["6"]),
        fc1=_affine(block.mlp["fc1"]),
        fc2=_affine(block.mlp["fc2"]),
    )


def _fuse_conv(conv: nn.Module) -> Affine:
    weight, bias = _affine(conv)
    taps = weight.permute(0, 2, 1).contiguous()
    cast(nn.Conv1d, conv).weight.data = taps.permute(0, 2, 1)
    return taps.flatten(1), bias


def _affine(module: nn.Module) -> Affine:
    return cast(Tensor, module.weight).data, cast(Tensor, module.bias).data
