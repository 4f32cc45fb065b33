"""The checkpoint's language model as a decoder with its embeddings and its head."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import ModelConfig
from ..weights import Tensors, is_awq
from .decoder import Decoder, DecoderSizes, LayerWeights
from .heads import Heads
from .linear import DenseLinear, Linear
from .norm import Norm, interleaved
from .prefill_choice import choose_prefill
from .quant import Int4Linear, Int8Linear


@dataclass(frozen=True)
class Qwen:
    """`embeddings`: [vocabulary, hidden]; `head`: hidden states to logits; `int4`: AWQ weights."""

    decoder: Decoder
    embeddings: Tensor
    head: Linear
    int4: bool


def load_qwen(
    tensors: Tensors, config: ModelConfig, dtype: torch.dtype, capacity: int, int8_head: bool
) -> Qwen:
    """Load the language model with a KV cache of `capacity` positions."""
    sizes = config.language
    loader = _Loader(tensors, dtype, sizes.eps)
    layers = [loader.layer(f"llm.model.layers.{i}") for i in range(sizes.layers)]
    first = layers[0]
    choose_prefill([first.qkv, first.out, first.gate_up, first.down])
    decoder = Decoder(
        DecoderSizes(Heads(sizes.heads, sizes.kv_heads, sizes.head_width), sizes.theta),
        layers,
        loader.norm("llm.model.norm"),
        capacity,
        dtype,
    )
    head = loader.tensor("llm.lm_head.weight")
    return Qwen(
        decoder,
        loader.tensor("llm.model.embed_tokens.weight"),
        Int8Linear(head) if int8_head else DenseLinear(head),
        is_awq(tensors),
    )


class _Loader:
    def __init__(self, tensors: Tensors, dtype: torch.dtype, eps: float) -> None:
        self._tensors = tensors
        self._names = set(tensors.names())
        self._dtype = dtype
        self._eps = eps

    def tensor(self, name: str) -> Tensor:
        return self._tensors.load(name).to(self._dtype)

    def norm(self, name: str) -> Norm:
        return Norm(self.tensor(f"{name}.weight"), self._eps)

    def layer(self, name: str) -> LayerWeights:
        attention, mlp = f"{name}.self_attn", f"{name}.mlp"
        return LayerWeights(
            norm=self.norm(f"{name}.input_layernorm"),
            qkv=self.stacked([f"{attention}.{part}_proj" for part in "qkv"]),
            q_norm=self.norm(f"{attention}.q_norm"),
            k_norm=self.norm(f"{attention}.k_norm"),
            out=self.stacked([f"{attention}.o_proj"]),
            mlp_norm=self.norm(f"{name}.post_attention_layernorm"),
            gate_up=self.alternating(f"{mlp}.gate_proj", f"{mlp}.up_proj"),
            down=self.stacked([f"{mlp}.down_proj"]),
        )

    def stacked(self, names: list[str]) -> Linear:
        if all(f"{name}.qweight" in self._names for name in names):
            return Int4Linear.stacked([self._int4(name) for name in names])
        return DenseLinear(torch.cat([self._dense(name) for name in names]))

    def alternating(self, first: str, second: str) -> Linear:
        if all(f"{name}.qweight" in self._names for name in (first, second)):
            return Int4Linear.interleaved(self._int4(first), self._int4(second))
        return DenseLinear(interleaved(self._dense(first), self._dense(second)))

    def _int4(self, name: str) -> Int4Linear:
        words, zeros, scales = (
            self._tensors.load(f"{name}.{part}") for part in ("qweight", "qzeros", "scales")
        )
        return Int4Linear.from_awq(words, zeros, scales, self._dtype)

    def _dense(self, name: str) -> Tensor:
        # a part of a fused linear may be INT4 while another is not
        if f"{name}.qweight" in self._names:
            return self._int4(name).weight()
        return self.tensor(f"{name}.weight")
