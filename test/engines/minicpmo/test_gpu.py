"""Kernels against float64, graph against eager, and the tiny models on a GPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Limits, Request
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import Profile, build_prompt
from video_commentary.engines.minicpmo.engine import MiniCpmoConfig, MiniCpmoEngine
from video_commentary.engines.minicpmo.kernels.gemm_tile import Tile
from video_commentary.engines.minicpmo.language.attention import Attention
from video_commentary.engines.minicpmo.language.heads import Heads, LayerCache, Rotary
from video_commentary.engines.minicpmo.language.linear import DenseLinear, plain_row
from video_commentary.engines.minicpmo.language.norm import Norm
from video_commentary.engines.minicpmo.language.prefill_choice import choose_prefill
from video_commentary.engines.minicpmo.language.quant import Int4Linear, Int8Linear
from video_commentary.engines.minicpmo.language.sampling import Sampling
from video_commentary.engines.minicpmo.torch_int4 import TorchInt4Linear

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
    def words(*shape: int) -> torch.Tensor:
        return torch.randint(-(2**31), 2**31 - 1, shape, dtype=torch.int32, device=GPU)

    scales = torch.rand(k // 128, n, device=GPU).half() * 0.01 + 0.001
    return Int4Linear.from_awq(words(k, n // 8), words(k // 128, n // 8), scales, torch.float16)


def exact(linear: Int4Linear) -> torch.Tensor:
    """Return the weights in float64, by the definition."""
    shifts = torch.arange(0, 32, 4, device=GPU)[:, None]
    q = ((linear.words.unflatten(1, (-1, 1, 4)) >> shifts) & 15).flatten(1)
    scale = (linear.scales & 0xFFFF).to(torch.int16).view(torch.float16).double()
    zero = linear.scales >> 16
    q = q.unflatten(1, (-1, linear.group))
    return ((q - zero[..., None]).double() * scale[..., None]).flatten(1)


def relative(made: torch.Tensor, expected: torch.Tensor) -> float:
    return float((made.double() - expected.double()).norm() / expected.double().norm())


@pytest.mark.parametrize("outputs", Int4Linear.OUTPUTS)
@pytest.mark.parametrize("name", SHAPES)
def test_int4_row_is_no_worse_than_the_rounding_of_a_float16_reference(
    name: str, outputs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Int4Linear, "outputs", outputs)
    n, k, normed, gated, residual = SHAPES[name]
    linear = random_awq(n, k)
    x = torch.randn(1, k, device=GPU)
    norm = Norm(torch.rand(k, device=GPU).half() + 0.5, 1e-6) if normed else None
    rest = torch.randn(1, n, device=GPU) if residual else None
    weight = exact(linear)
    truth = plain_row(DenseLinear(weight), torch.float64, x, norm, gated, rest)
    half = plain_row(DenseLinear(weight.half()), torch.float16, x, norm, gated, rest)
    made = linear.row(x, norm=norm, gated=gated, residual=rest)
    assert relative(made, truth) <= relative(half, truth)
    assert relative(made, truth) < 1e-4
    assert torch.equal(linear.weight(), weight.float().half())


@pytest.mark.parametrize("rows", [17, 600])
@pytest.mark.parametrize("tile", Int4Linear.TILES)
@pytest.mark.parametrize("name", SHAPES)
def test_int4_gemm_is_no_worse_than_the_rounding_of_a_float16_reference(
    name: str, tile: Tile, rows: int
) -> None:
    n, k, *_ = SHAPES[name]
    linear = random_awq(n, k)
    linear.tile = tile
    x = torch.randn(rows, k, device=GPU).half()
    weight = exact(linear)
    truth = x.double() @ weight.T
    made = linear(x)
    assert made.dtype == x.dtype
    assert relative(made, truth) <= relative(x @ weight.half().T, truth)
    assert relative(TorchInt4Linear(linear)(x), truth) < 2e-2


def test_the_choice_for_prefill_is_measured_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Int4Linear, "tile", None)
    caplog.set_level("INFO")
    choose_prefill([random_awq(4096, 4096), DenseLinear(torch.zeros(1, 1))])
    assert Int4Linear.tile in (None, *Int4Linear.TILES)
    assert "dequantised" in caplog.text
    assert "GEMM of 64 x 128" in caplog.text


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("shape", [(4096, 12288), (151748, 4096), (2304, 768), (514, 64)])
def test_dense_row(shape: tuple[int, int], dtype: torch.dtype) -> None:
    linear = DenseLinear(torch.randn(shape, device=GPU).to(dtype))
    x = torch.randn(1, shape[1], device=GPU)
    norm = Norm(torch.rand(shape[1], device=GPU).to(dtype) + 0.5, 1e-6)
    truth = plain_row(
        DenseLinear(linear.weight.double()), torch.float64, x, norm, gated=True, residual=None
    )
    assert relative(linear.row(x, norm=norm, gated=True), truth) < 1e-5


def test_int8_row() -> None:
    linear = Int8Linear(torch.randn(1000, 4096, device=GPU).half())
    x = torch.randn(1, 4096, device=GPU)
    truth = x.double() @ ((linear.bytes.double() - 128) * linear.scales.double()[:, None]).T
    assert relative(linear.row(x), truth) < 1e-5


@pytest.mark.parametrize("heads", [Heads(32, 8, 128), Heads(12, 12, 64), Heads(4, 2, 16)])
@pytest.mark.parametrize("position", [0, 1, 63, 700, 2047])
def test_attention_of_a_row(heads: Heads, position: int) -> None:
    rotary = Rotary(2048, heads.width, 1e6, GPU)
    norm = Norm(torch.rand(heads.width, device=GPU).half() + 0.5, 1e-6)
    keys, values = torch.randn(2, heads.kv, 2048, heads.width, device=GPU).half()
    ours = LayerCache(keys.clone(), values.clone())
    truth = LayerCache(keys.double(), values.double())
    qkv = torch.randn(1, sum(heads.rows), device=GPU)
    where = torch.tensor([position], dtype=torch.int32, device=GPU)
    made = Attention(heads, rotary, ours, norm, norm).row(qkv, where)
    again = Attention(heads, rotary, ours, norm, norm).row(qkv, where)
    expected = Attention(heads, rotary, truth, norm, norm).rows(qkv.double(), position)
    assert relative(made, expected) < 1e-3
    assert torch.equal(made, again)
    assert relative(ours.keys[:, position], truth.keys[:, position]) < 1e-3


@pytest.mark.parametrize("heads", [Heads(32, 8, 128), Heads(12, 12, 64)])
@pytest.mark.parametrize(("start", "n"), [(40, 17), (0, 17), (300, 200)])
def test_attention_of_rows_sees_what_is_before_each(heads: Heads, start: int, n: int) -> None:
    cpu, stop = torch.device("cpu"), start + n
    weight = torch.rand(heads.width).half() + 0.5
    keys, values = torch.randn(2, heads.kv, 1024, heads.width).half()
    qkv = torch.randn(n, sum(heads.rows))
    ours = LayerCache(keys.to(GPU), values.to(GPU))
    truth = LayerCache(keys.double(), values.double())
    norm, exact_norm = Norm(weight.to(GPU), 1e-6), Norm(weight, 1e-6)
    made = Attention(heads, Rotary(1024, heads.width, 1e6, GPU), ours, norm, norm).rows(
        qkv.to(GPU), start
    )
    expected = Attention(
        heads, Rotary(1024, heads.width, 1e6, cpu), truth, exact_norm, exact_norm
    ).rows(qkv.double(), start)
    assert relative(made.cpu(), expected) < 2e-3
    # each row for itself: a mask that is off by one shows in the first rows, not in the whole
    for row in range(n):
        assert relative(made[row].cpu(), expected[row]) < 1e-2
    assert relative(ours.keys[:, start:stop].cpu(), truth.keys[:, start:stop]) < 1e-3
    assert torch.equal(ours.keys[:, stop:].cpu(), keys[:, stop:])


@pytest.mark.parametrize("k", [255, 257, 4096])
def test_a_row_of_another_length_is_refused(k: int) -> None:
    for linear in (random_awq(128, 256), DenseLinear(torch.ones(128, 256, device=GPU))):
        with pytest.raises(ValueError, match=rf"{k} numbers for a weight of 256"):
            linear.row(torch.ones(1, k, device=GPU))


@pytest.fixture(params=["checkpoint", "checkpoint_awq"])
def engine(request: pytest.FixtureRequest, parity: Path) -> Iterator[MiniCpmoEngine]:
    engine = MiniCpmoEngine(
        MiniCpmoConfig(
            str(parity / request.param), "cuda", context=1024, sampling=Sampling(greedy=True)
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
    decoder = model.language._qwen.decoder
    exact = Parts(parity / request.node.callspec.params["engine"]).qwen.decoder
    width = model.language._qwen.embeddings.shape[1]
    x = torch.randn(57, width, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = decoder.prefill(x.to(GPU), 0).cpu()
        apart = torch.cat(
            [decoder.prefill(x[:40].to(GPU), 0), decoder.prefill(x[40:].to(GPU), 40)]
        ).cpu()
        truth = exact.prefill(x, 0)
    assert relative(apart, whole) < 2e-2
    assert relative(whole, truth) < 2e-2
    assert relative(apart[40:], truth[40:]) < 2e-2


def test_the_graph_says_what_single_steps_say(engine: MiniCpmoEngine) -> None:
    request = a_request()
    captured = said(engine.comment(request, CancelToken()))
    assert captured
    assert said(engine.comment(request, CancelToken())) == captured
    model = engine._model
    assert model is not None
    model.language._step._graph = None
    assert said(engine.comment(request, CancelToken())) == captured


def test_drawing_is_repeatable_by_its_seed(engine: MiniCpmoEngine, parity: Path) -> None:
    engine.close()
    drawing = MiniCpmoEngine(MiniCpmoConfig(str(parity / "checkpoint"), "cuda", context=1024))
    drawing.load()
    model = drawing._model
    assert model is not None
    texts = []
    for seed in (1, 1, 2):
        model.language.seed(seed)
        texts.append(said(drawing.comment(a_request(), CancelToken())))
    assert texts[0] == texts[1] != texts[2]


def test_cancel_stops_within_a_step(engine: MiniCpmoEngine) -> None:
    model = engine._model
    assert model is not None
    cancel = CancelToken()
    request = a_request(tokens=200)
    said(engine.comment(a_request(tokens=8), CancelToken()))
    drawn = 0
    for _ in model.language.generate(200, cancel, endless=True):
        drawn += 1
        if drawn == 5:
            cancel.cancel()
    assert drawn == 5
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
