"""A decoder-only transformer (Qwen3, Llama) on a static KV cache."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..kernels.plan import KernelPlan
from ..kernels.reference import RMSNorm, silu_and_mul
from .attention import Attention, AttentionConfig, LayerKVCache, RotaryEmbedding
from .linear import Linear


@dataclass(frozen=True, kw_only=True)
class LayerWeights:
    """The weights of one layer.

    `qkv_proj` stacks the rows of q, k and v; `gate_up_proj` alternates those of gate and up.
    """

    input_layernorm: RMSNorm
    qkv_proj: Linear
    q_norm: RMSNorm | None
    k_norm: RMSNorm | None
    o_proj: Linear
    post_attention_layernorm: RMSNorm
    gate_up_proj: Linear
    down_proj: Linear

    def with_plan(self, plan: KernelPlan) -> LayerWeights:
        """Return the weights with `plan` for the kernels of their linears."""
        return replace(
            self,
            qkv_proj=self.qkv_proj.with_plan(plan),
            o_proj=self.o_proj.with_plan(plan),
            gate_up_proj=self.gate_up_proj.with_plan(plan),
            down_proj=self.down_proj.with_plan(plan),
        )


class DecoderLayer:
    """Attention and MLP, each with the norm before and the residual around it."""

    def __init__(self, weights: LayerWeights, attention: Attention) -> None:
        self.weights = weights
        self.attention = attention

    def prefill(self, x: Tensor, start_pos: int, dtype: torch.dtype) -> Tensor:
        """Map float32 [n, hidden_size] at `start_pos` and on; the linears compute in `dtype`."""
        w = self.weights
        attn_out = self.attention.prefill(w.qkv_proj(w.input_layernorm(x).to(dtype)), start_pos)
        x = x + w.o_proj(attn_out)
        gate_up = w.gate_up_proj(w.post_attention_layernorm(x).to(dtype))
        return x + w.down_proj(silu_and_mul(gate_up))

    def decode(self, x: Tensor, position: Tensor) -> Tensor:
        """Map one float32 row [1, hidden_size] at `position` (int32 [1])."""
        w = self.weights
        qkv = w.qkv_proj.gemv(x, norm=w.input_layernorm)
        x = w.o_proj.gemv(self.attention.decode(qkv, position), residual=x)
        gate_up = w.gate_up_proj.gemv(x, norm=w.post_attention_layernorm, swiglu=True)
        return w.down_proj.gemv(gate_up, residual=x)


class Decoder:
    """The layers and the final norm: embeddings to hidden states.

    The KV cache [2, layers, num_kv_heads, max_seq_len, head_dim] is written in place. Positions may
    be written again; what follows the last one written is ignored.
    """

    def __init__(
        self,
        config: AttentionConfig,
        layers: Sequence[LayerWeights],
        norm: RMSNorm,
        *,
        max_seq_len: int,
        dtype: torch.dtype,
    ) -> None:
        """Allocate a cache of `max_seq_len` positions of `dtype` on the weights' device."""
        device = norm.weight.device
        self.max_seq_len = max_seq_len
        self.dtype = dtype
        self.norm = norm
        self.kv_cache = torch.zeros(
            2,
            len(layers),
            config.num_kv_heads,
            max_seq_len,
            config.head_dim,
            dtype=dtype,
            device=device,
        )
        rotary = RotaryEmbedding(config, max_seq_len, device)
        self.layers = [
            DecoderLayer(
                weights,
                Attention(
                    config,
                    rotary,
                    LayerKVCache(self.kv_cache[0, i], self.kv_cache[1, i]),
                    weights.q_norm,
                    weights.k_norm,
                ),
            )
            for i, weights in enumerate(layers)
        ]

    def with_plan(self, plan: KernelPlan) -> Decoder:
        """Return a decoder with `plan` for its kernels, on the same weights and KV cache."""
        planned = copy.copy(self)
        planned.layers = [
            DecoderLayer(layer.weights.with_plan(plan), layer.attention) for layer in self.layers
        ]
        return planned

    @torch.inference_mode()
    def prefill(self, embeds: Tensor, start_pos: int) -> Tensor:
        """Run rows [n, hidden_size] at `start_pos` and on: hidden states [n, hidden_size].

        Hidden states are those after the final norm, in float32. Raise ValueError if the rows do
        not fit into the cache.
        """
        end_pos = start_pos + len(embeds)
        if end_pos > self.max_seq_len:
            raise ValueError(f"{end_pos} positions don't fit into a context of {self.max_seq_len}")
        x = embeds.float()
        for layer in self.layers:
            x = layer.prefill(x, start_pos, self.dtype)
        return self.norm(x)

    @torch.inference_mode()
    def decode(self, x: Tensor, position: Tensor) -> Tensor:
        """Run one float32 row [1, hidden_size] at `position` (int32 [1], on the device).

        Return its hidden state after the final norm, float32 [1, hidden_size]. On a GPU nothing
        here waits for the host or depends on the position's value: a CUDA graph can capture it.
        """
        for layer in self.layers:
            x = layer.decode(x, position)
        return self.norm(x)
