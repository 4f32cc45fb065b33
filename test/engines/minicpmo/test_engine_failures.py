"""Everything that can fail in the engine: wrong files, short memory, a lost GPU."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from video_commentary.core.engine import Delta, EngineError, Request
from video_commentary.engines.minicpmo import engine as engine_module
from video_commentary.engines.minicpmo import memory
from video_commentary.engines.minicpmo.checkpoint import Checkpoint
from video_commentary.engines.minicpmo.config import read_config
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig

from .test_engine import NEVER, a_request, said, started


def rewritten(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    return folder


NAME = "llm.model.layers.1.mlp.up_proj.weight"
TALKER_NAME = "tts.projector_semantic.linear1.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop(NAME), f"{NAME} is missing"),
        (lambda t: t.update(extra=torch.ones(1)), "extra is not a part"),
        (lambda t: t.update({NAME: torch.ones(3, 5)}), rf"{NAME} has shape \[3, 5\] instead of"),
        (lambda t: t.pop(TALKER_NAME), f"{TALKER_NAME} is missing"),
        (lambda t: t.update({"tts.extra": torch.ones(1)}), r"tts\.extra is not a part"),
        (
            lambda t: t.update({TALKER_NAME: torch.ones(3, 5)}),
            rf"{TALKER_NAME} has shape \[3, 5\] instead of",
        ),
    ],
)
def test_a_wrong_tensor_is_named(copy: Path, change: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        started(rewritten(copy, change))


def test_a_checkpoint_without_what_nobody_reads_or_without_a_talker_loads(copy: Path) -> None:
    unused = ("apm.", "audio_projection_layer.", "tts.projector_spk.", "tts.model.embed_tokens.")

    def stripped(tensors: dict[str, torch.Tensor], prefixes: tuple[str, ...]) -> None:
        for name in [name for name in tensors if name.startswith(prefixes)]:
            del tensors[name]

    for prefixes in (unused, ("tts.",)):
        rewritten(copy, partial(stripped, prefixes=prefixes))
        assert list(started(copy).comment(a_request(), NEVER))


def test_talker_sizes_that_the_config_leaves_out_come_from_the_tensors(copy: Path) -> None:
    document = json.loads((copy / "config.json").read_text())
    for key in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_audio_tokens"):
        del document["tts_config"][key]
    (copy / "config.json").write_text(json.dumps(document))
    started(copy)
    with pytest.raises(EngineError, match=f"{TALKER_NAME} is missing"):
        started(rewritten(copy, lambda tensors: tensors.pop(TALKER_NAME)))


def test_a_damaged_file_is_named(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(EngineError, match=r"damaged.*--verify"):
        started(copy)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_missing_file_says_how_to_fetch_it(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(EngineError, match="fetch_model"):
        started(copy)


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "mps"])
def test_a_wrong_device_is_refused(parity: Path, device: str) -> None:
    engine = MiniCpmoEngine(MiniCpmoConfig(model_path=str(parity / "checkpoint"), device=device))
    with pytest.raises(EngineError, match="cpu"):
        engine.load()


def test_too_little_gpu_memory_is_said_before_loading(
    parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (500_000_000, 0))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Small GPU")
    folder = parity / "checkpoint"
    tensors = Checkpoint(folder, torch.device("cpu"))
    config = read_config(folder)
    with pytest.raises(EngineError, match=r"needs 1\.2 GB .* 0\.5 GB are free on Small GPU"):
        memory.check_gpu_memory(
            tensors, config, torch.device("cuda", 0), max_seq_len=1024, int8_lm_head=False
        )


def failing(times: int, error: Exception, work: Callable[..., Any]) -> Callable[..., Any]:
    left = [times]

    def run(*arguments: Any, **more: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise error
        return work(*arguments, **more)

    return run


def test_out_of_memory_is_tried_again_with_the_newest_half(
    parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = started(parity / "checkpoint")
    model = engine._model
    assert model is not None
    language_model = model.language_model
    full = a_request(4)
    half = said(engine, Request(full.frames[2:], full.prompt, full.limits, False))
    error = torch.cuda.OutOfMemoryError("out of memory")
    monkeypatch.setattr(language_model, "prefill", failing(1, error, language_model.prefill))
    assert said(engine, full) == half
    monkeypatch.setattr(language_model, "prefill", failing(2, error, language_model.prefill))
    with pytest.raises(EngineError, match="out of GPU memory") as caught:
        said(engine, full)
    assert caught.value.retry
    assert said(engine, full)


def test_out_of_memory_after_the_first_word_says_nothing_twice(
    parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = started(parity / "checkpoint")

    def breaking(*_: Any) -> Iterator[Delta]:
        yield Delta("A cat ")
        raise torch.cuda.OutOfMemoryError("out of memory")

    monkeypatch.setattr(engine_module, "text_deltas", breaking)
    texts: list[str] = []
    with pytest.raises(EngineError, match="out of GPU memory"):
        texts.extend(delta.text for delta in engine.comment(a_request(4), NEVER))
    assert texts == ["A cat "]


@pytest.mark.parametrize(
    "message",
    [
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "Triton Error [CUDA]: out of memory",
    ],
)
def test_out_of_memory_of_cublas_and_triton_is_no_lost_gpu(
    parity: Path, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    engine = started(parity / "checkpoint")
    model = engine._model
    assert model is not None
    language_model = model.language_model
    error = RuntimeError(message)
    monkeypatch.setattr(language_model, "prefill", failing(1, error, language_model.prefill))
    assert said(engine, a_request(4))
    assert engine._model is model


def test_a_lost_gpu_unloads_the_model_and_the_next_comment_loads_it(
    parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = started(parity / "checkpoint")
    model = engine._model
    assert model is not None
    language_model = model.language_model
    expected = said(engine, a_request())
    error = RuntimeError("CUDA error: unspecified launch failure\nmore")
    monkeypatch.setattr(language_model, "prefill", failing(1, error, language_model.prefill))
    with pytest.raises(EngineError, match="the GPU failed: CUDA error: unspecified launch failure"):
        said(engine, a_request())
    assert said(engine, a_request()) == expected
    model = engine._model
    assert model is not None
    language_model = model.language_model
    monkeypatch.setattr(language_model, "prefill", failing(1, error, language_model.prefill))
    with pytest.raises(EngineError, match="the GPU failed"):
        said(engine, a_request())
    gone = EngineError("no GPU")
    monkeypatch.setattr(engine_module, "read_config", failing(2, gone, read_config))
    for _ in range(2):
        with pytest.raises(EngineError, match="no GPU"):
            said(engine, a_request())
    assert said(engine, a_request()) == expected
    engine.close()
    with pytest.raises(EngineError, match="not loaded"):
        said(engine, a_request())
