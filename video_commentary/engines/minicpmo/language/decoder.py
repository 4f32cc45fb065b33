"""A decoder-only transformer (Qwen3, Llama) on a static KV cache."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..kernels.launching import compiling
from ..kernels.plan import DEFAULT_PLAN, KernelPlan
from ..kernels.reference import RMSNorm
from .activations import add_rms_norm, silu_and_mul
from .attention import Attention, AttentionConfig, LayerKVCache, RotaryEmbedding
from .cuda_graph import CudaGraphed
from .dequantize_ahead import DequantizedAhead
from .layer_weights import LayerWeights
from .linear import Linear

_COMPILED_ROWS = 64
"""Rows of a prefill for which kernels are compiled, any number."""


class DecoderLayer:
    """Attention and MLP, each with the norm before and the residual around it."""

    def __init__(self, weights: LayerWeights, attention: Attention) -> None:
        self.weights = weights
        self.attention = attention

    def prefill(
        self,
        x: Tensor,
        y: Tensor,
        start_pos: Tensor,
        dtype: torch.dtype,
        sequence_len: int | None = None,
    ) -> Tensor:
        """Run float32 rows `x` + `y` [n, hidden_size] at `start_pos` (int32 [1]) and on.

        `x` is changed in place, and what comes out is still to be added to it: the next norm does.
        The linears compute in `dtype`. `sequence_len`: see `Attention.prefill`.
        """
        w = self.weights
        attn_out = self._prefill_attention(x, y, start_pos, dtype, sequence_len)
        h = add_rms_norm(x, w.o_proj(attn_out), w.post_attention_layernorm, dtype)
        return w.down_proj(silu_and_mul(w.gate_up_proj(h)))

    def prefill_last(
        self, x: Tensor, y: Tensor, start_pos: Tensor, dtype: torch.dtype, row: Tensor
    ) -> Tensor:
        """Run the same rows as the last layer, where only `row` (int64 [1]) matters: [1, ...]."""
        attn_out = self._prefill_attention(x, y, start_pos, dtype)
        return self._after_attention(x[row], attn_out[row].float())

    def decode(self, x: Tensor, position: Tensor) -> Tensor:
        """Map one float32 row [1, hidden_size] at `position` (int32 [1])."""
        w = self.weights
        qkv = w.qkv_proj.gemv(x, norm=w.input_layernorm)
        return self._after_attention(x, self.attention.decode(qkv, position))

    def _prefill_attention(
        self,
        x: Tensor,
        y: Tensor,
        start_pos: Tensor,
        dtype: torch.dtype,
        sequence_len: int | None = None,
    ) -> Tensor:
        w = self.weights
        h = add_rms_norm(x, y, w.input_layernorm, dtype)
        return self.attention.prefill(w.qkv_proj(h), start_pos, sequence_len)

    def _after_attention(self, x: Tensor, attn_out: Tensor) -> Tensor:
        """Map one row before attention and what attention gives for it, both float32 [1, ...]."""
        w = self.weights
        x = w.o_proj.gemv(attn_out, residual=x)
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
        self._begin_captures()

    def _begin_captures(self) -> None:
        self._prefill = CudaGraphed(self._prefill_last, share_memory=True, read_in_place=True)
        self._captured: dict[int, tuple[Tensor, ...]] = {}
        self._ahead: DequantizedAhead | None = None
        self._prefill_layers = self.layers

    def with_plan(self, plan: KernelPlan) -> Decoder:
        """Return a decoder with `plan` for its kernels, on the same weights and KV cache."""
        planned = copy.copy(self)
        planned.layers = [
            DecoderLayer(layer.weights.with_plan(plan), layer.attention) for layer in self.layers
        ]
        planned._begin_captures()
        return planned

    @torch.inference_mode()
    def compile(
        self,
        head: Linear,
        plans: Iterable[KernelPlan] = (DEFAULT_PLAN,),
        *,
        batched: bool = False,
    ) -> None:
        """Compile the kernels of all `plans` and of `head`, which reads the hidden state.

        `batched`: those of `prefill_rows` with a `sequence_len` as well.

        All at once, while a first run would compile one after the other. The layers are alike, so
        the first stands for all. On a CPU there is nothing to do.
        """
        device, hidden_size = self.kv_cache.device, len(self.norm.weight)
        if device.type != "cuda":
            return
        position = torch.zeros(1, dtype=torch.int32, device=device)
        first = self.layers[0]
        with compiling(device):
            for plan in plans:
                x = torch.zeros(_COMPILED_ROWS, hidden_size, device=device)
                layer = DecoderLayer(first.weights.with_plan(plan), first.attention)
                layer.prefill(x, torch.zeros_like(x), position, self.dtype)
                if batched:
                    layer.prefill(x, torch.zeros_like(x), position, self.dtype, _COMPILED_ROWS)
                layer.decode(x[:1], position)
            for norm in (None, self.norm):
                head.gemv(torch.zeros(1, hidden_size, device=device), norm=norm)

    @torch.inference_mode()
    def capture_prefill(self, row_counts: Iterable[int]) -> None:
        """Capture the prefill of each of these numbers of rows as a CUDA graph, once.

        A prefill of fewer rows is padded to the next of them. It is captured on the current stream,
        unless that is the default one, as kernels keep the priority of the stream. On a CPU there
        is nothing to do.
        """
        device, hidden_size = self.kv_cache.device, len(self.norm.weight)
        # the largest first: the others fit into its memory
        counts = sorted(row_counts, reverse=True)
        if device.type != "cuda" or not counts or self._captured:
            return
        current = torch.cuda.current_stream(device)
        stream = None if current == torch.cuda.default_stream(device) else current
        self._dequantize_ahead()
        rows = torch.zeros(counts[0], hidden_size, device=device)
        start_pos = torch.zeros(1, dtype=torch.int32, device=device)
        last = torch.zeros(1, dtype=torch.int64, device=device)
        for n in counts:
            last.fill_(n - 1)
            self._captured[n] = rows[:n], start_pos, last
            self._prefill.capture(*self._captured[n], stream=stream)

    def _dequantize_ahead(self) -> None:
        ahead = DequantizedAhead([layer.weights for layer in self.layers], self.kv_cache.device)
        if ahead.prepares:
            self._ahead = ahead
            self._prefill_layers = [
                DecoderLayer(weights, layer.attention)
                for weights, layer in zip(ahead.layers, self.layers, strict=True)
            ]

    @torch.inference_mode()
    def prefill(self, embeds: Tensor, start_pos: int) -> Tensor:
        """Run rows [n, hidden_size] at `start_pos` and on: the last one's state [1, hidden_size].

        It is that after the final norm, in float32. Raise ValueError if the rows do not fit into
        the cache.
        """
        n = len(embeds)
        end_pos = start_pos + n
        if end_pos > self.max_seq_len:
            raise ValueError(f"{end_pos} positions don't fit into a context of {self.max_seq_len}")
        captured = min((count for count in self._captured if count >= n), default=None)
        if captured is None:
            rows, device = embeds.float(), embeds.device
            position = torch.full((1,), start_pos, dtype=torch.int32, device=device)
            last = torch.full((1,), n - 1, dtype=torch.int64, device=device)
        else:
            rows, position, last = self._captured[captured]
            rows[:n].copy_(embeds)
            rows[n:].zero_()
            position.fill_(start_pos)
            last.fill_(n - 1)
        (hidden,) = self._prefill(rows, position, last)
        return hidden

    @torch.inference_mode()
    def prefill_rows(
        self, embeds: Tensor, start_pos: Tensor, sequence_len: int | None = None
    ) -> Tensor:
        """Run float32 rows at `start_pos` (int32 [1]) and on: their hidden states [n, ...].

        `sequence_len`: of the sequences in a batch behind the positions before, see
        `Attention.prefill`.
        """
        x, y = embeds.clone(), torch.zeros_like(embeds)
        for layer in self.layers:
            y = layer.prefill(x, y, start_pos, self.dtype, sequence_len)
        return self.norm(x + y)

    def _prefill_last(self, embeds: Tensor, start_pos: Tensor, row: Tensor) -> tuple[Tensor, ...]:
        """Run float32 rows: the hidden state of `row` (int64 [1]); captured as a graph."""
        if self._ahead is not None:
            self._ahead.begin()
        x, y = embeds.clone(), torch.zeros_like(embeds)
        for layer in self._prefill_layers[:-1]:
            y = layer.prefill(x, y, start_pos, self.dtype)
        x = self._prefill_layers[-1].prefill_last(x, y, start_pos, self.dtype, row)
        if self._ahead is not None:
            self._ahead.end()
        return (self.norm(x),)

    @torch.inference_mode()
    def decode(self, x: Tensor, position: Tensor) -> Tensor:
        """Run one float32 row [1, hidden_size] at `position` (int32 [1], on the device).

        Return its hidden state after the final norm, float32 [1, hidden_size]. On a GPU nothing
        here waits for the host or depends on the position's value: a CUDA graph can capture it.
        """
        return self.norm(self.decode_layers(x, position))

    def decode_layers(self, x: Tensor, position: Tensor) -> Tensor:
        """Run one float32 row as `decode` does, but without the final norm."""
        for layer in self.layers:
            x = layer.decode(x, position)
        return x
