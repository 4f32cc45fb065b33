"""One step of the flow: a diffusion transformer whose KV cache has fixed slots.

The modules carry the published names of `flow.pt`. Its attention has no positions, so a frame's
keys may be in any slot: new ones go into free slots, a mask hides the slots not in use, and one
captured graph serves every chunk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class DiTCache:
    """Caches of one solver step, written in place.

    `k_cache`, `v_cache`: [depth, 2, num_heads, slots, head_dim]. `conv`: the last two inputs of
    each convolution, [depth, 2 convolutions, 2, 2, C]. The batch of 2: conditional, unconditional.
    """

    k_cache: Tensor
    v_cache: Tensor
    conv: Tensor


@dataclass(frozen=True)
class SlotMapping:
    """Where the keys and values of a chunk of T frames go.

    `slots` [T] int64: the slot of each frame. `mask` [slots]: 0 or -inf, added to the scores.
    `tail` [2] int64: the frames whose convolution inputs are cached, as indices into the chunk with
    the two cached frames before it.
    """

    slots: Tensor
    mask: Tensor
    tail: Tensor

    @cached_property
    def split_mask(self) -> tuple[Tensor, Tensor]:
        """`mask` of what the slots held before [slots], and of the chunk's frames [T]."""
        return self.mask.index_fill(0, self.slots, float("-inf")), self.mask[self.slots]


class DiTAttention(nn.Module):
    """Attention over all slots in use; q and k normalised per head."""

    def __init__(self, hidden_size: int, num_heads: int, head_dim: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.to_q = nn.Linear(hidden_size, num_heads * head_dim)
        self.to_k = nn.Linear(hidden_size, num_heads * head_dim)
        self.to_v = nn.Linear(hidden_size, num_heads * head_dim)
        self.q_norm = nn.LayerNorm(head_dim)
        self.k_norm = nn.LayerNorm(head_dim)
        self.proj = nn.Linear(num_heads * head_dim, hidden_size)

    def forward(self, x: Tensor, k_cache: Tensor, v_cache: Tensor, mapping: SlotMapping) -> Tensor:
        """Map [2, T, C] to the same shape and write its keys and values to their slots."""
        q, k, v = (
            to(x).unflatten(2, (self.num_heads, -1)) for to in (self.to_q, self.to_k, self.to_v)
        )
        k_cache.index_copy_(2, mapping.slots, self.k_norm(k).transpose(1, 2))
        v_cache.index_copy_(2, mapping.slots, v.transpose(1, 2))
        # plain products: of torch's fused kernels only a slow one takes a mask (39 us on an H200,
        # these 18), and cuDNN's gives NaN for masks of -inf in half precision
        q = self.q_norm(q).transpose(1, 2).flatten(0, 1)
        scores = torch.baddbmm(
            mapping.mask, q, k_cache.flatten(0, 1).mT, alpha=1 / math.sqrt(q.shape[-1])
        )
        attn_out = torch.softmax(scores, dim=-1) @ v_cache.flatten(0, 1)
        attn_out = attn_out.view(2, self.num_heads, *x.shape[1:2], -1).transpose(1, 2).flatten(2)
        out: Tensor = self.proj(attn_out)
        return out


class DiTConv(nn.Module):
    """Two causal convolutions over time, three frames each."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.block = nn.ModuleDict(
            {
                "1": nn.Conv1d(hidden_size, hidden_size, 3),
                "3": nn.LayerNorm(hidden_size),
                "6": nn.Conv1d(hidden_size, hidden_size, 3),
            }
        )

    def forward(self, x: Tensor, cache: Tensor, tail: Tensor) -> Tensor:
        """Map [2, T, C] to the same shape; `cache` [2 convolutions, 2, 2, C] is updated."""
        x = self._causal("1", x, cache[0], tail)
        x = F.mish(self.block["3"](x))
        return self._causal("6", x, cache[1], tail)

    def _causal(self, name: str, x: Tensor, cache: Tensor, tail: Tensor) -> Tensor:
        x = torch.cat([cache, x], dim=1)
        cache.copy_(x.index_select(1, tail))
        conv = self.block[name]
        assert isinstance(conv, nn.Conv1d)
        # as one matrix product: cuDNN would transpose every half-precision input first
        windows = x.unfold(1, 3, 1).flatten(2)
        return F.linear(windows, conv.weight.flatten(1), conv.bias)


class DiTBlock(nn.Module):
    """Attention, convolution and MLP, each modulated by the solver's time (adaLN)."""

    def __init__(
        self, hidden_size: int, num_heads: int, head_dim: int, intermediate_size: int
    ) -> None:
        super().__init__()
        self.attn = DiTAttention(hidden_size, num_heads, head_dim)
        self.conv = DiTConv(hidden_size)
        self.mlp = nn.ModuleDict(
            {
                "fc1": nn.Linear(hidden_size, intermediate_size),
                "fc2": nn.Linear(intermediate_size, hidden_size),
            }
        )
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(hidden_size, 9 * hidden_size))

    def forward(
        self,
        x: Tensor,
        modulation: Tensor,
        cache: tuple[Tensor, Tensor, Tensor],
        mapping: SlotMapping,
    ) -> Tensor:
        """Map [2, T, C] to the same shape. `modulation`: [9, C], see `DiT.modulations`."""
        k_cache, v_cache, conv = cache
        attn_shift, attn_scale, attn_gate, mlp_shift, mlp_scale, mlp_gate = modulation[:6]
        conv_shift, conv_scale, conv_gate = modulation[6:]
        attn_out = self.attn(_modulate(x, attn_shift, attn_scale), k_cache, v_cache, mapping)
        x = torch.addcmul(x, attn_gate, attn_out)
        conv_out = self.conv(_modulate(x, conv_shift, conv_scale), conv, mapping.tail)
        x = torch.addcmul(x, conv_gate, conv_out)
        inner = F.gelu(self.mlp["fc1"](_modulate(x, mlp_shift, mlp_scale)), approximate="tanh")
        return torch.addcmul(x, mlp_gate, self.mlp["fc2"](inner))


class DiT(nn.Module):
    """The velocity of the flow at one time of the solver."""

    def __init__(
        self,
        *,
        num_mels: int,
        hidden_size: int,
        num_heads: int,
        head_dim: int,
        depth: int,
        intermediate_size: int,
    ) -> None:
        super().__init__()
        self.num_mels = num_mels
        self.t_embedder = nn.ModuleDict(
            {
                "mlp": nn.Sequential(
                    nn.Linear(256, hidden_size), nn.SiLU(), nn.Linear(hidden_size, hidden_size)
                )
            }
        )
        self.in_proj = nn.Linear(4 * num_mels, hidden_size)
        self.blocks = nn.ModuleList(
            DiTBlock(hidden_size, num_heads, head_dim, intermediate_size) for _ in range(depth)
        )
        self.final_layer = nn.ModuleDict(
            {
                "adaLN_modulation": nn.Sequential(
                    nn.SiLU(), nn.Linear(hidden_size, 2 * hidden_size)
                ),
                "linear": nn.Linear(hidden_size, num_mels),
            }
        )

    def modulations(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return what depends on the solver's times `t` [n] only.

        Shifts, scales (1 added) and gates of the blocks [n, depth, 9, C], and shift and scale of
        the final layer [n, 2, C].
        """
        frequency = torch.exp(torch.arange(128, device=t.device) * (-math.log(10_000.0) / 128))
        angle = 1000.0 * t[:, None].float() * frequency
        like = self.in_proj.weight
        waves = torch.cat([angle.cos(), angle.sin()], dim=1).to(like.dtype)
        embedded = self.t_embedder["mlp"](waves)
        layers = [block.adaLN_modulation for block in self.blocks if isinstance(block, DiTBlock)]
        blocks = torch.stack([layer(embedded).unflatten(1, (9, -1)) for layer in layers], dim=1)
        blocks[:, :, 1::3] += 1
        final = self.final_layer["adaLN_modulation"](embedded).unflatten(1, (2, -1))
        final[:, 1] += 1
        return blocks, final

    def project_condition(self, mu: Tensor, speaker: Tensor, cond: Tensor) -> Tensor:
        """Return the part of the input projection that is the same at all steps, [2, T, C].

        `mu`, `cond`: [T, num_mels]; `speaker`: [num_mels]. The second half is unconditional: zeros.
        """
        condition = torch.cat([mu, speaker.expand_as(mu), cond], dim=1)
        condition = torch.stack([condition, torch.zeros_like(condition)])
        return F.linear(condition, self.in_proj.weight[:, self.num_mels :], self.in_proj.bias)

    def forward(
        self,
        x: Tensor,
        condition: Tensor,
        modulation: tuple[Tensor, Tensor],
        cache: DiTCache,
        mapping: SlotMapping,
    ) -> Tensor:
        """Return the velocity [2, T, num_mels] at `x` [T, num_mels].

        `condition`: from `project_condition`; `modulation`: one step's part of `modulations`.
        """
        blocks, final = modulation
        h = condition + F.linear(x, self.in_proj.weight[:, : self.num_mels])
        for i, block in enumerate(self.blocks):
            layer_cache = cache.k_cache[i], cache.v_cache[i], cache.conv[i]
            h = block(h, blocks[i], layer_cache, mapping)
        velocity: Tensor = self.final_layer["linear"](_modulate(h, final[0], final[1]))
        return velocity


def _modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], scale, shift, 1e-6)
