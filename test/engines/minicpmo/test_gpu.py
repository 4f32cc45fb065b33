"""Kernels against float64, graph against eager, and the tiny models on a GPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.torch_int4 import TorchInt4Linear
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Limits, Request
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import Profile, build_prompt
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
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
from video_commentary.engines.minicpmo.language.autotune import tune_kernels, tune_prefill
from video_commentary.engines.minicpmo.language.linear import DenseLinear
from video_commentary.engines.minicpmo.language.quantization import Int4Linear, Int8Linear
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig

from .models import Parts

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


def random_awq(n: int, k: int) -> Int4Linear:
    def packed(*shape: int) -> torch.Tensor:
        return torch.randint(-(2**31), 2**31 - 1, shape, dtype=torch.int32, device=GPU)

    scales = torch.rand(k // 128, n, device=GPU).half() * 0.01 + 0.001
    return Int4Linear.from_awq(packed(k, n // 8), packed(k // 128, n // 8), scales, torch.float16)


QWEN3 = AttentionConfig(num_heads=32, num_kv_heads=8, head_dim=128, rope_theta=1e6)
TALKER = AttentionConfig(num_heads=12, num_kv_heads=12, head_dim=64, rope_theta=1e6)


def exact(linear: Int4Linear) -> torch.Tensor:
    """Return the weights in float64, by the definition."""
    shifts = torch.arange(0, 32, 4, device=GPU)[:, None]
    q = ((linear.qweight.unflatten(1, (-1, 1, 4)) >> shifts) & 15).flatten(1)
    scale = (linear.scales_and_zeros & 0xFFFF).to(torch.int16).view(torch.float16).double()
    zero = linear.scales_and_zeros >> 16
    q = q.unflatten(1, (-1, linear.group_size))
    return ((q - zero[..., None]).double() * scale[..., None]).flatten(1)


def relative(made: torch.Tensor, expected: torch.Tensor) -> float:
    return float((made.double() - expected.double()).norm() / expected.double().norm())


@pytest.mark.parametrize("config", INT4_GEMV_CONFIGS)
@pytest.mark.parametrize("name", SHAPES)
def test_int4_gemv_is_no_worse_than_the_rounding_of_a_float16_reference(
    name: str, config: GemvConfig
) -> None:
    n, k, normed, swiglu, residual = SHAPES[name]
    linear = random_awq(n, k).with_plan(replace(DEFAULT_PLAN, gemv=config))
    x = torch.randn(1, k, device=GPU)
    norm = RMSNorm(torch.rand(k, device=GPU).half() + 0.5, 1e-6) if normed else None
    rest = torch.randn(1, n, device=GPU) if residual else None
    weight = exact(linear)
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
    linear = random_awq(n, k).with_plan(replace(DEFAULT_PLAN, gemm=config))
    x = torch.randn(rows, k, device=GPU).half()
    weight = exact(linear)
    truth = x.double() @ weight.T
    made = linear(x)
    assert made.dtype == x.dtype
    assert relative(made, truth) <= relative(x @ weight.half().T, truth)
    assert relative(TorchInt4Linear(linear)(x), truth) < 2e-2


def test_the_prefill_kernel_is_measured_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    plan = tune_prefill([random_awq(4096, 4096), DenseLinear(torch.zeros(1, 1))])
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
    truth = LayerKVCache(keys.double(), values.double())
    qkv = torch.randn(1, sum(config.qkv_sizes), device=GPU)
    where = torch.tensor([position], dtype=torch.int32, device=GPU)
    made = Attention(config, rotary, ours, norm, norm).decode(qkv, where)
    again = Attention(config, rotary, ours, norm, norm).decode(qkv, where)
    expected = Attention(config, rotary, truth, norm, norm).prefill(qkv.double(), position)
    assert relative(made, expected) < 1e-3
    assert torch.equal(made, again)
    assert relative(ours.k_cache[:, position], truth.k_cache[:, position]) < 1e-3


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
        qkv.to(GPU), start
    )
    expected = Attention(
        config, RotaryEmbedding(config, 1024, cpu), truth, exact_norm, exact_norm
    ).prefill(qkv.double(), start)
    assert relative(made.cpu(), expected) < 2e-3
    # each row for itself: a mask that is off by one shows in the first rows, not in the whole
    for row in range(n):
        assert relative(made[row].cpu(), expected[row]) < 1e-2
    assert relative(ours.k_cache[:, start:stop].cpu(), truth.k_cache[:, start:stop]) < 1e-3
    assert torch.equal(ours.k_cache[:, stop:].cpu(), keys[:, stop:])


@pytest.mark.parametrize("k", [255, 257, 4096])
def test_a_row_of_another_length_is_refused(k: int) -> None:
    for linear in (random_awq(128, 256), DenseLinear(torch.ones(128, 256, device=GPU))):
        with pytest.raises(ValueError, match=rf"{k} numbers for a weight of 256"):
            linear.gemv(torch.ones(1, k, device=GPU))


@pytest.fixture(params=["checkpoint", "checkpoint_awq"])
def engine(request: pytest.FixtureRequest, parity: Path) -> Iterator[MiniCpmoEngine]:
    engine = MiniCpmoEngine(
        MiniCpmoConfig(
            model_path=str(parity / request.param),
            device="cuda",
            max_seq_len=1024,
            sampling=SamplingParams(greedy=True),
        )
    )
    engine.load()
    yield engine
    engine.close()


def a_request(count: int = 4, tokens: int = 24) -> Request:
    rng = np.random.default_rng(3)
    frames = tuple(
        Frame(rng.integers(0, 256, (480, 640, 3), dtype=np.uint8), i * 500_000_000, "camera", i)
        for i in range(count)
    )
    prompt = build_prompt(Profile("p", "You comment.", ()), "", "", (), frames)
    return Request(frames, prompt, Limits(tokens), False)


def said(deltas: Iterator[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


def test_a_prefix_and_the_rest_give_what_all_at_once_gives(
    engine: MiniCpmoEngine, parity: Path, request: pytest.FixtureRequest
) -> None:
    model = engine._model
    assert model is not None
    qwen3 = model.language_model._model
    decoder = qwen3.decoder
    exact = Parts(parity / request.node.callspec.params["engine"]).qwen3.decoder
    x = torch.randn(57, qwen3.embed_tokens.shape[1], generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = decoder.prefill(x.to(GPU), 0).cpu()
        apart = torch.cat(
            [decoder.prefill(x[:40].to(GPU), 0), decoder.prefill(x[40:].to(GPU), 40)]
        ).cpu()
        truth = exact.prefill(x, 0)
    assert relative(apart, whole) < 2e-2
    assert relative(whole, truth) < 2e-2
    assert relative(apart[40:], truth[40:]) < 2e-2


def test_every_decode_kernel_is_measured(
    engine: MiniCpmoEngine, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    model = engine._model
    assert model is not None
    caplog.set_level("INFO")
    qwen3 = model.language_model._model
    plan = tune_kernels(qwen3, SamplingParams(), model.tokenizer.suppress_tokens)
    assert plan.gemv in INT4_GEMV_CONFIGS
    if "awq" in request.node.callspec.params["engine"]:
        assert "with 16" in caplog.text and "with 8" in caplog.text
    else:
        assert plan == DEFAULT_PLAN
    assert said(engine.comment(a_request(), CancelToken()))


def test_the_graph_says_what_single_steps_say(engine: MiniCpmoEngine) -> None:
    request = a_request()
    captured = said(engine.comment(request, CancelToken()))
    assert captured
    assert said(engine.comment(request, CancelToken())) == captured
    model = engine._model
    assert model is not None
    model.language_model._step._graph = None
    assert said(engine.comment(request, CancelToken())) == captured


def test_sampling_is_repeatable_by_its_seed(engine: MiniCpmoEngine, parity: Path) -> None:
    engine.close()
    sampling = MiniCpmoEngine(
        MiniCpmoConfig(model_path=str(parity / "checkpoint"), device="cuda", max_seq_len=1024)
    )
    sampling.load()
    model = sampling._model
    assert model is not None
    texts = []
    for seed in (1, 1, 2):
        model.language_model._step.generator.manual_seed(seed)
        texts.append(said(sampling.comment(a_request(), CancelToken())))
    assert texts[0] == texts[1] != texts[2]


def test_cancel_stops_within_a_step(engine: MiniCpmoEngine) -> None:
    model = engine._model
    assert model is not None
    cancel = CancelToken()
    request = a_request(tokens=200)
    said(engine.comment(a_request(tokens=8), CancelToken()))
    generated = 0
    for _ in model.language_model.generate(200, cancel, ignore_eos=True):
        generated += 1
        if generated == 5:
            cancel.cancel()
    assert generated == 5
    assert said(engine.comment(request, CancelToken()))


def test_looking_while_commenting(engine: MiniCpmoEngine) -> None:
    request = a_request(tokens=100)
    expected = said(engine.comment(request, CancelToken()))
    frames = a_request(16).frames

    def look() -> None:
        for frame in frames:
            engine.look(frame)

    looking = threading.Thread(target=look)
    looking.start()
    made = said(engine.comment(request, CancelToken()))
    looking.join()
    assert made == expected
