"""The flow's diffusion transformer on a GPU, from fused kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from .flow_dit import DiT, DiTBlock, DiTCache, SlotMapping

if TYPE_CHECKING:
    from ..kernels.dit_norm import Modulation

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
        from ..kernels.dit import linear
        from ..kernels.dit_norm import Modulation, norm

        blocks, final = modulation
        x = condition + nn.functional.linear(x, self._dit.in_proj.weight[:, : self._dit.num_mels])
        norms = [Modulation(shift=block[0], scale=block[1]) for block in blocks]
        norms.append(Modulation(shift=final[0], scale=final[1]))
        normed = norm(x, norms[0])
        for i, block in enumerate(self._blocks):
            normed = self._run(
                block,
                x,
                normed,
                (blocks[i], norms[i + 1]),
                (cache.k_cache[i], cache.v_cache[i], cache.conv[i]),
                mapping,
            )
        return linear(normed, *self._final)

    def _run(
        self,
        block: _Block,
        x: Tensor,
        normed: Tensor,
        modulation: tuple[Tensor, Modulation],
        cache: tuple[Tensor, Tensor, Tensor],
        mapping: SlotMapping,
    ) -> Tensor:
        """Run one block on `x` [2, T, C] in place; return it normed for the next.

        `normed`: `x` after the norm of the attention. `modulation`: the block's [9, C], and that
        of the next norm.
        """
        from ..kernels import dit, dit_norm
        from ..kernels.slot_attention import slot_attention

        k_cache, v_cache, conv = cache
        old_mask, new_mask = mapping.split_mask
        (_, _, attn_gate), mlp, convolution = modulation[0].unflatten(0, (3, 3))
        frames = x.shape[1]
        qkv = dit.linear(normed, *block.qkv)
        attn_out = slot_attention(
            qkv,
            block.q_norm,
            block.k_norm,
            k_cache,
            v_cache,
            slots=mapping.slots,
            old_mask=old_mask,
            new_mask=new_mask,
        )
        dit.add_gated_linear(x, attn_gate, attn_out, *block.proj)
        before_conv = dit_norm.Modulation(shift=convolution[0], scale=convolution[1])
        padded = dit_norm.conv_input(x, conv[0], mapping.tail, before_conv)
        parts = dit.split_linear(padded, block.conv1[0], frames)
        padded = dit_norm.second_conv_input(
            parts, block.conv1[1], conv[1], mapping.tail, block.conv_norm
        )
        parts = dit.split_linear(padded, block.conv2[0], frames)
        before_mlp = dit_norm.Modulation(shift=mlp[0], scale=mlp[1])
        normed = dit_norm.add_gated_and_norm(x, convolution[2], parts, block.conv2[1], before_mlp)
        inner = dit.linear(normed, *block.fc1, gelu=True)
        parts = dit.split_linear(inner, block.fc2[0], frames)
        return dit_norm.add_gated_and_norm(x, mlp[2], parts, block.fc2[1], modulation[1])


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
