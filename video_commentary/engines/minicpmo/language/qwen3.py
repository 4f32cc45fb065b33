"""The checkpoint's language model: decoder, embeddings and lm_head."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ....core.engine import EngineError
from ..checkpoint import Tensors, is_awq
from ..config import ModelConfig
from ..kernels.plan import KernelPlan
from ..kernels.reference import RMSNorm, interleave
from ..memory import use_device
from .attention import AttentionConfig
from .decoder import Decoder
from .layer_weights import LayerWeights
from .linear import DenseLinear, Linear
from .quantization import Int4Linear, Int8Linear

_THREADS = 3
"""Layers loaded at a time: each needs some 0.3 GB more while it is repacked."""
_AWQ_DTYPES = {"qweight": torch.int32, "qzeros": torch.int32, "scales": torch.float16}
"""What is read bit by bit, and would be wrong without an error in another dtype."""


@dataclass(frozen=True, kw_only=True)
class Qwen3:
    """`embed_tokens`: [vocab_size, hidden_size]. `int4`: whether the linears are AWQ's."""

    decoder: Decoder
    embed_tokens: Tensor
    lm_head: Linear
    int4: bool

    def with_plan(self, plan: KernelPlan) -> Qwen3:
        """Return the model with `plan` for its kernels, on the same weights and KV cache."""
        return replace(self, decoder=self.decoder.with_plan(plan))


def load_qwen3(
    tensors: Tensors,
    config: ModelConfig,
    *,
    dtype: torch.dtype,
    max_seq_len: int,
    int8_lm_head: bool,
) -> Qwen3:
    """Load the language model with a KV cache of `max_seq_len` positions."""
    language = config.language
    loader = _WeightLoader(tensors, dtype, language.rms_norm_eps)
    norm = loader.norm("llm.model.norm")
    decoder = Decoder(
        AttentionConfig(
            num_heads=language.num_heads,
            num_kv_heads=language.num_kv_heads,
            head_dim=language.head_dim,
            rope_theta=language.rope_theta,
        ),
        loader.layers(language.num_layers, norm.weight.device),
        norm,
        max_seq_len=max_seq_len,
        dtype=dtype,
    )
    lm_head = loader.tensor("llm.lm_head.weight")
    return Qwen3(
        decoder=decoder,
        embed_tokens=loader.tensor("llm.model.embed_tokens.weight"),
        lm_head=Int8Linear(lm_head) if int8_lm_head else DenseLinear(lm_head),
        int4=is_awq(tensors),
    )


class _WeightLoader:
    def __init__(self, tensors: Tensors, dtype: torch.dtype, eps: float) -> None:
        self._tensors = tensors
        self._names = set(tensors.names())
        self._dtype = dtype
        self._eps = eps

    def tensor(self, name: str) -> Tensor:
        return self._tensors.load(name).to(self._dtype)

    def norm(self, name: str) -> RMSNorm:
        return RMSNorm(self.tensor(f"{name}.weight"), self._eps)

    def layers(self, count: int, device: torch.device) -> list[LayerWeights]:
        """Load the layers, some at a time: one thread alone would wait for its pages."""
        pool = ThreadPoolExecutor(_THREADS, "weights", use_device, (device,))
        try:
            return list(pool.map(self._layer, [f"llm.model.layers.{i}" for i in range(count)]))
        finally:
            pool.shutdown(cancel_futures=True)

    def _layer(self, name: str) -> LayerWeights:
        attention, mlp = f"{name}.self_attn", f"{name}.mlp"
        return LayerWeights(
            input_layernorm=self.norm(f"{name}.input_layernorm"),
            qkv_proj=self._stack([f"{attention}.{part}_proj" for part in "qkv"]),
            q_norm=self.norm(f"{attention}.q_norm"),
            k_norm=self.norm(f"{attention}.k_norm"),
            o_proj=self._stack([f"{attention}.o_proj"]),
            post_attention_layernorm=self.norm(f"{name}.post_attention_layernorm"),
            gate_up_proj=self._interleave(f"{mlp}.gate_proj", f"{mlp}.up_proj"),
            down_proj=self._stack([f"{mlp}.down_proj"]),
        )

    def _stack(self, names: list[str]) -> Linear:
        if all(f"{name}.qweight" in self._names for name in names):
            return Int4Linear.stack([self._int4(name) for name in names])
        return DenseLinear(torch.cat([self._dense(name) for name in names]))

    def _interleave(self, gate: str, up: str) -> Linear:
        if all(f"{name}.qweight" in self._names for name in (gate, up)):
            return Int4Linear.interleave(self._int4(gate), self._int4(up))
        return DenseLinear(interleave(self._dense(gate), self._dense(up)))

    def _int4(self, name: str) -> Int4Linear:
        qweight, qzeros, scales = (
            self._load_as(f"{name}.{part}", dtype) for part, dtype in _AWQ_DTYPES.items()
        )
        return Int4Linear.from_awq(qweight, qzeros, scales, self._dtype)

    def _load_as(self, name: str, dtype: torch.dtype) -> Tensor:
        tensor = self._tensors.load(name)
        if tensor.dtype != dtype:
            raise EngineError(
                f"{name} is {tensor.dtype}, not {dtype}: the checkpoint is not AWQ INT4 as "
                "published",
                retry=False,
            )
        return tensor

    def _dense(self, name: str) -> Tensor:
        # one part of a fused linear may be INT4 and another not
        if f"{name}.qweight" in self._names:
            return self._int4(name).dequantize()
        return self.tensor(f"{name}.weight")
