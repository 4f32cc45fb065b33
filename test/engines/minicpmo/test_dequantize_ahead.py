"""Weights dequantised ahead of a prefill, with streams that do at once what they are given."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from video_commentary.engines.minicpmo.kernels.plan import INT4_GEMM_CONFIGS, KernelPlan
from video_commentary.engines.minicpmo.kernels.reference import RMSNorm
from video_commentary.engines.minicpmo.language.dequantize_ahead import DequantizedAhead
from video_commentary.engines.minicpmo.language.layer_weights import LayerWeights
from video_commentary.engines.minicpmo.language.linear import DenseLinear
from video_commentary.engines.minicpmo.language.quantization import Int4Linear

from .random_linears import CPU, random_awq

MATRICES = ("qkv_proj", "o_proj", "gate_up_proj", "down_proj")


class Stream:
    """A stream of the device, or the event that stands in it."""

    device = CPU

    def __init__(self, *_: object) -> None:
        self.recorded = 0

    def record(self, _: Stream) -> None:
        self.recorded += 1

    def wait_event(self, event: Stream) -> None:
        assert event.recorded, "it waits for what was never begun"

    def wait_stream(self, _: Stream) -> None:
        pass


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> None:
    current = Stream()
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "Event", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _: current)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: nullcontext())
    plain = Int4Linear.dequantize

    def dequantize(linear: Int4Linear, out: Tensor | None = None) -> Tensor:
        weight = plain(linear)
        return weight if out is None else out.copy_(weight)

    monkeypatch.setattr(Int4Linear, "dequantize", dequantize)


def a_layer() -> LayerWeights:
    norm = RMSNorm(torch.ones(128), 1e-6)
    return LayerWeights(
        input_layernorm=norm,
        q_norm=None,
        k_norm=None,
        post_attention_layernorm=norm,
        **{name: random_awq(64, 128, 128, torch.float32) for name in MATRICES},
    )


@pytest.mark.usefixtures("streams")
def test_each_layer_multiplies_with_its_own_weights_in_every_run() -> None:
    layers = [a_layer() for _ in range(3)]
    ahead = DequantizedAhead(layers, CPU)
    assert ahead.prepares
    x = torch.randn(3, 128)
    for _ in range(2):
        ahead.begin()
        for i, (layer, prepared) in enumerate(zip(layers, ahead.layers, strict=True)):
            # in the last layer, a single row goes on behind attention
            for name in MATRICES if i < 2 else ("qkv_proj",):
                made: Tensor = getattr(prepared, name)(x)
                assert torch.equal(made, getattr(layer, name)(x)), (i, name)
        ahead.end()
    row = x[:1]
    assert torch.equal(ahead.layers[0].o_proj.gemv(row), layers[0].o_proj.gemv(row))
    buffers = {prepared.o_proj.buffer.data_ptr() for prepared in ahead.layers[:2]}  # type: ignore[attr-defined]
    assert len(buffers) == 1, "each layer has a copy of its own"


@pytest.mark.usefixtures("streams")
def test_what_is_not_dequantised_stays_as_it_is() -> None:
    plain = a_layer()
    multiplied = KernelPlan(gemv=plain.o_proj.plan.gemv, gemm=INT4_GEMM_CONFIGS[0])  # type: ignore[attr-defined]
    changes: dict[str, Any] = {
        "qkv_proj": DenseLinear(torch.zeros(64, 128)),
        "o_proj": plain.o_proj.with_plan(multiplied),
        "down_proj": random_awq(32, 128, 128, torch.float32),
    }
    layers = [replace(plain, **changes), plain, plain]
    ahead = DequantizedAhead(layers, CPU)
    for name in changes:
        assert [getattr(layer, name) for layer in ahead.layers] == [
            getattr(layer, name) for layer in layers
        ], name
    assert ahead.layers[0].gate_up_proj is not plain.gate_up_proj
    assert not DequantizedAhead(
        [replace(plain, **dict.fromkeys(MATRICES, changes["qkv_proj"]))] * 2, CPU
    ).prepares
