"""A decoder-only transformer (Qwen3, Llama) on a static KV cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .attention import Attention
from .heads import Heads, LayerCache, Rotary
from .linear import Linear
from .norm import Norm, swiglu


@dataclass(frozen=True)
class DecoderSizes:
    """What the weights' shapes don't tell."""

    heads: Heads
    theta: float


@dataclass(frozen=True)
class LayerWeights:
    """One block. `qkv`: rows of q, k, v stacked; `gate_up`: their rows alternate."""

    norm: Norm
    qkv: Linear
    q_norm: Norm | None
    k_norm: Norm | None
    out: Linear
    mlp_norm: Norm
    gate_up: Linear
    down: Linear


class Decoder:
    """Blocks and final norm, from embeddings to hidden states.

    The KV cache [2, layers, kv heads, capacity, width] is written in place: rows may be written
    again at any position, and what lies behind the last row written doesn't count.
    """

    def __init__(
        self,
        sizes: DecoderSizes,
        layers: Sequence[LayerWeights],
        norm: Norm,
        capacity: int,
        dtype: torch.dtype,
    ) -> None:
        """Allocate a cache of `capacity` positions of `dtype` where the weights are."""
        device = norm.weight.device
        heads = sizes.heads
        self.capacity = capacity
        self.dtype = dtype
        self.norm = norm
        self.cache = torch.zeros(
            2, len(layers), heads.kv, capacity, heads.width, dtype=dtype, device=device
        )
        rotary = Rotary(capacity, heads.width, sizes.theta, device)
        self._blocks = [
            _Block(
                weights,
                Attention(
                    heads,
                    rotary,
                    LayerCache(self.cache[0, i], self.cache[1, i]),
                    weights.q_norm,
                    weights.k_norm,
                ),
            )
            for i, weights in enumerate(layers)
        ]

    @torch.inference_mode()
    def prefill(self, embeds: Tensor, start: int, trace: list[Tensor] | None = None) -> Tensor:
        """Run rows [n, hidden] at positions `start` and on; return hidden states [n, hidden].

        Hidden states come out of the final norm, in float32. `trace` receives what each block
        adds up to. Raise ValueError where the rows don't fit into the cache.
        """
        if start + len(embeds) > self.capacity:
            raise ValueError(
                f"{start + len(embeds)} positions don't fit into a context of {self.capacity}"
            )
        x = embeds.float()
        for block in self._blocks:
            x = block.rows(x, start, self.dtype)
            if trace is not None:
                trace.append(x)
        return self.norm(x)

    @torch.inference_mode()
    def step(self, x: Tensor, position: Tensor) -> Tensor:
        """Run one float32 row [1, hidden] at `position` (int32 [1], on the device).

        Return its hidden state out of the final norm, float32 [1, hidden]. On a GPU nothing here
        waits for the host or depends on the position's value, so it can be captured as a graph.
        """
        for block in self._blocks:
            x = block.row(x, position)
        return self.norm(x)


class _Block:
    def __init__(self, weights: LayerWeights, attention: Attention) -> None:
        self._weights = weights
        self._attention = attention

    def rows(self, x: Tensor, start: int, dtype: torch.dtype) -> Tensor:
        w = self._weights
        heard = self._attention.rows(w.qkv(w.norm(x).to(dtype)), start)
        x = x + w.out(heard)
        return x + w.down(swiglu(w.gate_up(w.mlp_norm(x).to(dtype))))

    def row(self, x: Tensor, position: Tensor) -> Tensor:
        w = self._weights
        heard = self._attention.row(w.qkv.row(x, norm=w.norm), position)
        x = w.out.row(heard, residual=x)
        return w.down.row(w.gate_up.row(x, norm=w.mlp_norm, gated=True), residual=x)
