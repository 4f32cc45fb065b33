"""One step of the flow: a diffusion transformer whose keys and values live in fixed slots.

The modules carry the published names of `flow.pt`. Its attention knows no positions, so where a
frame's keys lie doesn't matter: new ones go into free slots, a mask hides the slots not in use,
and one captured graph serves every chunk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class StepCache:
    """Caches of one solver step, changed in place.

    `keys`, `values`: [blocks, 2, heads, slots, head_dim]. `conv`: [blocks, 2 convolutions, 2, 2, C]
    last two inputs. The 2 of the batch: conditional, unconditional.
    """

    keys: Tensor
    values: Tensor
    conv: Tensor


@dataclass(frozen=True)
class Placement:
    """Where a chunk of T frames goes.

    `slots` [T] int64: the slot of each frame. `mask` [slots]: 0 or -inf, added to the scores.
    `tail` [2] int64: positions, in the chunk with two cached frames before it, of the
    frames to cache.
    """

    slots: Tensor
    mask: Tensor
    tail: Tensor


class DitAttention(nn.Module):
    """Attention over all slots in use; q and k normalised per head."""

    def __init__(self, width: int, heads: int, head_dim: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, heads * head_dim)
        self.to_k = nn.Linear(width, heads * head_dim)
        self.to_v = nn.Linear(width, heads * head_dim)
        self.q_norm = nn.LayerNorm(head_dim)
        self.k_norm = nn.LayerNorm(head_dim)
        self.proj = nn.Linear(heads * head_dim, width)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, place: Placement) -> Tensor:
        """Map [2, T, C] to the same shape and put its keys and values in place."""
        q, k, v = (to(x).unflatten(2, (self.heads, -1)) for to in (self.to_q, self.to_k, self.to_v))
        keys.index_copy_(2, place.slots, self.k_norm(k).transpose(1, 2))
        values.index_copy_(2, place.slots, v.transpose(1, 2))
        # plain products: of torch's fused kernels only a slow one takes a mask (39 us on an H200,
        # these 18), and cuDNN's gives NaN for masks of -inf in half precision
        q = self.q_norm(q).transpose(1, 2).flatten(0, 1)
        scores = torch.baddbmm(
            place.mask, q, keys.flatten(0, 1).mT, alpha=1 / math.sqrt(q.shape[-1])
        )
        mixed = torch.softmax(scores, dim=-1) @ values.flatten(0, 1)
        mixed = mixed.view(2, self.heads, *x.shape[1:2], -1).transpose(1, 2).flatten(2)
        out: Tensor = self.proj(mixed)
        return out


class DitConv(nn.Module):
    """Two causal convolutions over time, three frames each."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.block = nn.ModuleDict(
            {
                "1": nn.Conv1d(width, width, 3),
                "3": nn.LayerNorm(width),
                "6": nn.Conv1d(width, width, 3),
            }
        )

    def forward(self, x: Tensor, cache: Tensor, tail: Tensor) -> Tensor:
        """Map [2, T, C] to the same shape; `cache` [2 convolutions, 2, 2, C] is renewed."""
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


class DitBlock(nn.Module):
    """Attention, convolution and MLP, each scaled and gated by the solver's time."""

    def __init__(self, width: int, heads: int, head_dim: int, inner: int) -> None:
        super().__init__()
        self.attn = DitAttention(width, heads, head_dim)
        self.conv = DitConv(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, inner), "fc2": nn.Linear(inner, width)})
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 9 * width))

    def forward(
        self, x: Tensor, time: Tensor, cache: tuple[Tensor, Tensor, Tensor], place: Placement
    ) -> Tensor:
        """Map [2, T, C] to the same shape. `time`: 9 rows of C, scales with 1 added already."""
        keys, values, conv = cache
        attn_shift, attn_scale, attn_gate, mlp_shift, mlp_scale, mlp_gate = time[:6]
        conv_shift, conv_scale, conv_gate = time[6:]
        mixed = self.attn(_modulate(x, attn_shift, attn_scale), keys, values, place)
        x = torch.addcmul(x, attn_gate, mixed)
        mixed = self.conv(_modulate(x, conv_shift, conv_scale), conv, place.tail)
        x = torch.addcmul(x, conv_gate, mixed)
        inner = F.gelu(self.mlp["fc1"](_modulate(x, mlp_shift, mlp_scale)), approximate="tanh")
        return torch.addcmul(x, mlp_gate, self.mlp["fc2"](inner))


class Dit(nn.Module):
    """The velocity of the flow at one time of the solver."""

    def __init__(
        self, mel: int, width: int, heads: int, head_dim: int, depth: int, inner: int
    ) -> None:
        super().__init__()
        self.mel, self.width, self.heads, self.head_dim = mel, width, heads, head_dim
        self.t_embedder = nn.ModuleDict(
            {"mlp": nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width))}
        )
        self.in_proj = nn.Linear(4 * mel, width)
        self.blocks = nn.ModuleList(DitBlock(width, heads, head_dim, inner) for _ in range(depth))
        self.final_layer = nn.ModuleDict(
            {
                "adaLN_modulation": nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width)),
                "linear": nn.Linear(width, mel),
            }
        )

    def times(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return what depends on the solver's times `t` [n] only.

        Shifts, scales and gates of the blocks [n, blocks, 9, C] and of the end [n, 2, C].
        """
        frequency = torch.exp(torch.arange(128, device=t.device) * (-math.log(10_000.0) / 128))
        angle = 1000.0 * t[:, None].float() * frequency
        like = self.in_proj.weight
        waves = torch.cat([angle.cos(), angle.sin()], dim=1).to(like.dtype)
        embedded = self.t_embedder["mlp"](waves)
        blocks = torch.stack(
            [adapt(embedded).unflatten(1, (9, -1)) for adapt in self._modulations()], dim=1
        )
        blocks[:, :, 1::3] += 1
        end = self.final_layer["adaLN_modulation"](embedded).unflatten(1, (2, -1))
        end[:, 1] += 1
        return blocks, end

    def _modulations(self) -> list[nn.Module]:
        return [block.adaLN_modulation for block in self.blocks if isinstance(block, DitBlock)]

    def given(self, mu: Tensor, speaker: Tensor, cond: Tensor) -> Tensor:
        """Return the input layer's share of what stays the same over all steps, [2, T, C].

        `mu`, `cond`: [T, mel]; `speaker`: [mel]. The second half is unconditional: all zeros.
        """
        known = torch.cat([mu, speaker.expand_as(mu), cond], dim=1)
        known = torch.stack([known, torch.zeros_like(known)])
        return F.linear(known, self.in_proj.weight[:, self.mel :], self.in_proj.bias)

    def forward(
        self,
        x: Tensor,
        given: Tensor,
        time: tuple[Tensor, Tensor],
        cache: StepCache,
        place: Placement,
    ) -> Tensor:
        """Return the velocity [2, T, mel] at `x` [T, mel]; `time`: one step's part of `times`."""
        blocks, end = time
        h = given + F.linear(x, self.in_proj.weight[:, : self.mel])
        for i, block in enumerate(self.blocks):
            h = block(h, blocks[i], (cache.keys[i], cache.values[i], cache.conv[i]), place)
        velocity: Tensor = self.final_layer["linear"](_modulate(h, end[0], end[1]))
        return velocity


def _modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], scale, shift, 1e-6)
