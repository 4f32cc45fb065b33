"""The engine with the tiny models on a GPU: graphs against eager steps, cancel, look, kernels."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Limits, Request
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import Profile, build_prompt
from video_commentary.engines.minicpmo.config import read_config
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.kernels.plan import DEFAULT_PLAN, INT4_GEMV_CONFIGS
from video_commentary.engines.minicpmo.language.autotune import tune_kernels
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig
from video_commentary.tools.verification.hearing_checks import compare_hearing
from video_commentary.tools.verification.kernel_checks import TOWER_LIMITS

from .models import Parts
from .random_linears import relative

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU"),
]
GPU = torch.device("cuda", 0)


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
    begin, middle = (torch.tensor([at], dtype=torch.int32) for at in (0, 40))
    with torch.inference_mode():
        whole = decoder.prefill_rows(x.to(GPU), begin.to(GPU)).cpu()
        apart = torch.cat(
            [
                decoder.prefill_rows(x[:40].to(GPU), begin.to(GPU)),
                decoder.prefill_rows(x[40:].to(GPU), middle.to(GPU)),
            ]
        ).cpu()
        truth = exact.prefill_rows(x, begin)
        last = decoder.prefill(x.to(GPU), 0).cpu()
    assert relative(apart, whole) < 2e-2
    assert relative(whole, truth) < 2e-2
    assert relative(apart[40:], truth[40:]) < 2e-2
    assert relative(last, truth[-1:]) < 2e-2


def test_a_batch_behind_a_prefix_gives_what_each_sequence_gives_alone(
    engine: MiniCpmoEngine, parity: Path, request: pytest.FixtureRequest
) -> None:
    model = engine._model
    assert model is not None
    qwen3 = model.language_model._model
    exact = Parts(parity / request.node.callspec.params["engine"]).qwen3.decoder
    x = torch.randn(70, qwen3.embed_tokens.shape[1], generator=torch.Generator().manual_seed(0))
    begin, behind = (torch.tensor([at], dtype=torch.int32) for at in (0, 40))
    with torch.inference_mode():
        qwen3.decoder.prefill_rows(x[:40].to(GPU), begin.to(GPU))
        batch = qwen3.decoder.prefill_rows(x[40:].to(GPU), behind.to(GPU), 15).cpu()
        exact.prefill_rows(x[:40], begin)
        alone = [exact.prefill_rows(x[at : at + 15], behind) for at in (40, 55)]
    assert relative(batch, torch.cat(alone)) < 2e-2


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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_hearing_with_graphs_is_that_of_the_cpu(parity: Path, dtype: torch.dtype) -> None:
    folder = parity / "checkpoint"
    errors = compare_hearing(folder, read_config(folder), GPU, dtype)
    assert max(errors.values()) < TOWER_LIMITS[dtype]


def test_it_hears_while_it_comments(parity: Path) -> None:
    engine = MiniCpmoEngine(
        MiniCpmoConfig(
            model_path=str(parity / "checkpoint_awq"),
            device="cuda",
            max_seq_len=1024,
            sampling=SamplingParams(greedy=True),
            hear_seconds=4,
        )
    )
    engine.load()
    noise = np.random.default_rng(0).normal(0, 3000, 16_000).astype(np.int16)
    stop, errors = threading.Event(), list[Exception]()

    def listen() -> None:
        try:
            for second in itertools.count():
                engine.hear(Pcm(noise, AudioFormat(16_000)), second * 1_000_000_000)
                if stop.is_set():
                    return
        except Exception as error:  # noqa: BLE001 - for the assertion below
            errors.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        for _ in range(10):
            assert said(engine.comment(a_request(), CancelToken()))
    finally:
        stop.set()
        thread.join()
        engine.close()
    assert not errors
