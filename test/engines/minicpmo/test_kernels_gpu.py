"""The kernels on a GPU against float64."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bench.torch_int4 import TorchInt4Linear
from video_commentary.engines.minicpmo.kernels.plan import (
    DEFAULT_PLAN,
    INT4_GEMM_CONFIGS,
    INT4_GEMV_CONFIGS,
    GemmConfig,
    GemvConfig,
)
from video_commentary.engines.minicpmo.kernels.reference import RMSNorm, reference_gemv
from video_commentary.engines.minicpmo.language.attention import (
    Attention,
    AttentionConfig,
    LayerKVCache,
    RotaryEmbedding,
)
from video_commentary.engines.minicpmo.language.autotune import tune_prefill
from video_commentary.engines.minicpmo.language.linear import DenseLinear
from video_commentary.engines.minicpmo.language.quantization import Int8Linear
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.speech.audio_sampling import AudioSamplingParams
from video_commentary.engines.minicpmo.speech.flow_dit import DiT, DiTCache, SlotMapping
from video_commentary.engines.minicpmo.speech.fused_dit import FusedDiT

from .interpreted_sampling import compare_code_sampling, compare_token_sampling
from .random_linears import exact_weight, random_awq, relative

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU"),
]
GPU = torch.device("cuda", 0)
SHAPES = {
    "qkv": (6144, 4096, True, False, False),
    "out": (4096, 4096, False, False, True),
    "gate_up": (24576, 4096, True, True, False),
    "down": (4096, 12288, False, False, True),
    "odd": (520, 384, True, True, False),
    "small": (128, 256, False, False, True),
}
"""Outputs, inputs, norm before, SwiGLU after, residual added."""


QWEN3 = AttentionConfig(num_heads=32, num_kv_heads=8, head_dim=128, rope_theta=1e6)
TALKER = AttentionConfig(num_heads=12, num_kv_heads=12, head_dim=64, rope_theta=1e6)


@pytest.mark.parametrize("config", INT4_GEMV_CONFIGS)
@pytest.mark.parametrize("name", SHAPES)
def test_int4_gemv_is_no_worse_than_the_rounding_of_a_float16_reference(
    name: str, config: GemvConfig
) -> None:
    n, k, normed, swiglu, residual = SHAPES[name]
    linear = random_awq(n, k, 128, torch.float16, GPU).with_plan(replace(DEFAULT_PLAN, gemv=config))
    x = torch.randn(1, k, device=GPU)
    norm = RMSNorm(torch.rand(k, device=GPU).half() + 0.5, 1e-6) if normed else None
    rest = torch.randn(1, n, device=GPU) if residual else None
    weight = exact_weight(linear)
    truth, half = (
        reference_gemv(
            DenseLinear(weight.to(dtype)), dtype, x, norm=norm, swiglu=swiglu, residual=rest
        )
        for dtype in (torch.float64, torch.float16)
    )
    made = linear.gemv(x, norm=norm, swiglu=swiglu, residual=rest)
    assert relative(made, truth) <= relative(half, truth)
    assert relative(made, truth) < 1e-4
    assert torch.equal(linear.dequantize(), weight.float().half())


@pytest.mark.parametrize("rows", [17, 600])
@pytest.mark.parametrize("config", INT4_GEMM_CONFIGS)
@pytest.mark.parametrize("name", SHAPES)
def test_int4_gemm_is_no_worse_than_the_rounding_of_a_float16_reference(
    name: str, config: GemmConfig, rows: int
) -> None:
    n, k, *_ = SHAPES[name]
    linear = random_awq(n, k, 128, torch.float16, GPU).with_plan(replace(DEFAULT_PLAN, gemm=config))
    x = torch.randn(rows, k, device=GPU).half()
    weight = exact_weight(linear)
    truth = x.double() @ weight.T
    made = linear(x)
    assert made.dtype == x.dtype
    assert relative(made, truth) <= relative(x @ weight.half().T, truth)
    assert relative(TorchInt4Linear(linear)(x), truth) < 2e-2


def test_the_prefill_kernel_is_measured_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    plan = tune_prefill(
        [random_awq(4096, 4096, 128, torch.float16, GPU), DenseLinear(torch.zeros(1, 1))]
    )
    assert plan.gemm in (None, *INT4_GEMM_CONFIGS)
    assert plan.gemv == DEFAULT_PLAN.gemv
    assert "dequantised" in caplog.text
    assert "GEMM of 64 x 128" in caplog.text


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("shape", [(4096, 12288), (151748, 4096), (2304, 768), (514, 64)])
def test_dense_gemv(shape: tuple[int, int], dtype: torch.dtype) -> None:
    linear = DenseLinear(torch.randn(shape, device=GPU).to(dtype))
    x = torch.randn(1, shape[1], device=GPU)
    norm = RMSNorm(torch.rand(shape[1], device=GPU).to(dtype) + 0.5, 1e-6)
    exact_linear = DenseLinear(linear.weight.double())
    truth = reference_gemv(exact_linear, torch.float64, x, norm=norm, swiglu=True)
    assert relative(linear.gemv(x, norm=norm, swiglu=True), truth) < 1e-5


def test_int8_gemv() -> None:
    linear = Int8Linear(torch.randn(1000, 4096, device=GPU).half())
    x = torch.randn(1, 4096, device=GPU)
    truth = x.double() @ ((linear.qweight.double() - 128) * linear.scales.double()[:, None]).T
    assert relative(linear.gemv(x), truth) < 1e-5


@pytest.mark.parametrize("config", [QWEN3, TALKER])
@pytest.mark.parametrize("position", [0, 1, 63, 700, 2047])
def test_attention_in_decode(config: AttentionConfig, position: int) -> None:
    rotary = RotaryEmbedding(config, 2048, GPU)
    norm = RMSNorm(torch.rand(config.head_dim, device=GPU).half() + 0.5, 1e-6)
    keys, values = torch.randn(2, config.num_kv_heads, 2048, config.head_dim, device=GPU).half()
    ours = LayerKVCache(keys.clone(), values.clone())
    truth = LayerKVCache(keys.double().cpu(), values.double().cpu())
    qkv = torch.randn(1, sum(config.qkv_sizes), device=GPU)
    where = torch.tensor([position], dtype=torch.int32, device=GPU)
    made = Attention(config, rotary, ours, norm, norm).decode(qkv, where)
    again = Attention(config, rotary, ours, norm, norm).decode(qkv, where)
    cpu_rotary = RotaryEmbedding(config, 2048, torch.device("cpu"))
    cpu_norm = RMSNorm(norm.weight.cpu(), 1e-6)
    expected = (
        Attention(config, cpu_rotary, truth, cpu_norm, cpu_norm)
        .prefill(qkv.double().cpu(), where.cpu())
        .to(GPU)
    )
    assert relative(made, expected) < 1e-3
    assert torch.equal(made, again)
    assert relative(ours.k_cache[:, position].cpu(), truth.k_cache[:, position]) < 1e-3


@pytest.mark.parametrize("config", [QWEN3, TALKER])
@pytest.mark.parametrize(("start", "n"), [(40, 17), (0, 17), (300, 200)])
def test_attention_in_prefill_sees_what_is_before_each_row(
    config: AttentionConfig, start: int, n: int
) -> None:
    cpu, stop = torch.device("cpu"), start + n
    weight = torch.rand(config.head_dim).half() + 0.5
    keys, values = torch.randn(2, config.num_kv_heads, 1024, config.head_dim).half()
    qkv = torch.randn(n, sum(config.qkv_sizes))
    ours = LayerKVCache(keys.to(GPU), values.to(GPU))
    truth = LayerKVCache(keys.double(), values.double())
    norm, exact_norm = RMSNorm(weight.to(GPU), 1e-6), RMSNorm(weight, 1e-6)
    made = Attention(config, RotaryEmbedding(config, 1024, GPU), ours, norm, norm).prefill(
        qkv.to(GPU), torch.tensor([start], dtype=torch.int32, device=GPU)
    )
    expected = Attention(
        config, RotaryEmbedding(config, 1024, cpu), truth, exact_norm, exact_norm
    ).prefill(qkv.double(), torch.tensor([start]))
    assert relative(made.cpu(), expected) < 2e-3
    # each row for itself: a mask that is off by one shows in the first rows, not in the whole
    for row in range(n):
        assert relative(made[row].cpu(), expected[row]) < 1e-2
    assert relative(ours.k_cache[:, start:stop].cpu(), truth.k_cache[:, start:stop]) < 1e-3
    assert torch.equal(ours.k_cache[:, stop:].cpu(), keys[:, stop:])


@pytest.mark.parametrize(
    "params", [SamplingParams(), SamplingParams(top_k=250, top_p=0.95), SamplingParams(top_k=1)]
)
def test_a_token_is_sampled_as_in_plain_torch(params: SamplingParams) -> None:
    torch.manual_seed(0)
    for _ in range(5):
        compare_token_sampling(params, 151_748, 4096, GPU)


@pytest.mark.parametrize("params", [AudioSamplingParams(), AudioSamplingParams(top_k=60)])
def test_a_code_is_sampled_as_in_plain_torch(params: AudioSamplingParams) -> None:
    torch.manual_seed(0)
    for _ in range(20):
        compare_code_sampling(params, 6562, 768, GPU)


@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float16, 1e-2), (torch.bfloat16, 2e-2), (torch.float32, 1e-4)]
)
@pytest.mark.parametrize("frames", [56, 400])
@torch.inference_mode()
def test_the_flow_s_fused_blocks_stay_near_float64(
    frames: int, dtype: torch.dtype, bound: float
) -> None:
    torch.manual_seed(0)
    dit = DiT(
        num_mels=80, hidden_size=512, num_heads=8, head_dim=64, depth=2, intermediate_size=2048
    ).to(GPU)
    kv, conv = (
        torch.randn(2, 2, 2, 8, 960, 64, device=GPU),
        torch.randn(2, 2, 2, 2, 512, device=GPU),
    )
    mask = torch.full((960,), float("-inf"), device=GPU)
    slots = torch.randperm(960, device=GPU)[: frames + 450]
    mask[slots[6:]] = 0
    x, condition = torch.randn(frames, 80, device=GPU), torch.randn(2, frames, 512, device=GPU)
    tail = torch.tensor([frames, frames + 1], device=GPU)

    def velocity(kind: type[DiT | FusedDiT], dtype: torch.dtype) -> tuple[Tensor, DiTCache]:
        model = copy.deepcopy(dit).to(dtype)
        blocks, final = model.modulations(torch.tensor([0.3], device=GPU))
        cache = DiTCache(*(part.to(dtype, copy=True) for part in (*kv, conv)))
        run = FusedDiT(model) if kind is FusedDiT else model
        made = run(
            x.to(dtype),
            condition.to(dtype),
            (blocks[0], final[0]),
            cache,
            SlotMapping(slots[:frames], mask.to(dtype), tail),
        )
        return made, cache

    made, cache = velocity(FusedDiT, dtype)
    truth, true_cache = velocity(DiT, torch.float64)
    assert relative(made, truth) < bound
    for ours, exact in zip(
        (cache.k_cache, cache.v_cache, cache.conv),
        (true_cache.k_cache, true_cache.v_cache, true_cache.conv),
        strict=True,
    ):
        assert relative(ours, exact) < bound


@pytest.mark.parametrize("k", [255, 257, 4096])
def test_a_row_of_another_length_is_refused(k: int) -> None:
    for linear in (
        random_awq(128, 256, 128, torch.float16, GPU),
        DenseLinear(torch.ones(128, 256, device=GPU)),
    ):
        with pytest.raises(ValueError, match=rf"{k} numbers for a weight of 256"):
            linear.gemv(torch.ones(1, k, device=GPU))
