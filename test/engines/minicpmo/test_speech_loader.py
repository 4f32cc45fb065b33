from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from video_commentary.core.audio import AudioFormat, Pcm, write_wav
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.checkpoint import Checkpoint
from video_commentary.engines.minicpmo.config import VOCODER_FOLDER
from video_commentary.engines.minicpmo.speech import speech_loader
from video_commentary.engines.minicpmo.speech.flow import Flow
from video_commentary.engines.minicpmo.speech.flow_stream import FlowStream
from video_commentary.engines.minicpmo.speech.speech_loader import (
    SpeechOptions,
    TalkerTensors,
    load_speech,
)
from video_commentary.engines.minicpmo.speech.speech_memory import SpeechUnavailableError
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_flow

from .talkers import tts_config, tts_tensors
from .token2wav import CPU, add_voice

DTYPES = ("float16", "bfloat16", "float32")


@pytest.fixture
def model(parity: Path, tmp_path: Path) -> Path:
    """A model's folder with the tiny vocoder and a voice."""
    add_voice(tmp_path, parity)
    return tmp_path


def test_a_loaded_voice_speaks(model: Path, parity: Path) -> None:
    tensors = tts_tensors(parity)
    speech = load_speech(model, tensors, tts_config(parity), CPU, SpeechOptions(steps=2))
    cancel = CancelToken()
    speech.start(cancel)
    ids, hidden = (
        torch.tensor([5, 6, 7]),
        torch.randn(3, tensors["projector_semantic.linear1.weight"].shape[1]),
    )
    first = next(speech.feed(ids, hidden, last=True))
    assert first.format == AudioFormat(24_000) and first.samples.any()
    cancel.cancel()


def test_a_model_without_a_vocoder_only_writes(tmp_path: Path, parity: Path) -> None:
    with pytest.raises(SpeechUnavailableError, match=r"token2wav missing; fetch the model again"):
        load_speech(tmp_path, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions())


def test_a_model_without_a_talker_only_writes(model: Path, parity: Path) -> None:
    with pytest.raises(SpeechUnavailableError, match="tts tensors missing"):
        load_speech(model, {}, tts_config(parity), CPU, SpeechOptions())


def test_an_unknown_talker_only_writes(model: Path, parity: Path) -> None:
    config = {**tts_config(parity), "attention_type": "window"}
    with pytest.raises(SpeechUnavailableError, match="full_attention"):
        load_speech(model, tts_tensors(parity), config, CPU, SpeechOptions())


def test_a_missing_tensor_is_named(model: Path, parity: Path) -> None:
    tensors = tts_tensors(parity)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    with pytest.raises(SpeechUnavailableError, match=r"layers\.1\.mlp\.up_proj"):
        load_speech(model, tensors, tts_config(parity), CPU, SpeechOptions())


def test_a_model_whose_own_sample_is_missing_only_writes(model: Path, parity: Path) -> None:
    (model / "assets" / "HT_ref_audio.wav").unlink()
    with pytest.raises(SpeechUnavailableError, match="no native voice: .*HT_ref_audio"):
        load_speech(model, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions())


def test_a_model_without_the_first_sample_speaks_with_the_second(model: Path, parity: Path) -> None:
    first, second = (model / "assets" / f"{name}_ref_audio.wav" for name in ("HT", "system"))
    # damaged: only a voice that is chosen is read
    second.write_bytes(b"RIFF")
    load_speech(model, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions(steps=2))
    second.unlink()
    first.rename(second)
    load_speech(model, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions(steps=2))


@pytest.mark.parametrize("name", ["flow.pt", "hift.pt"])
def test_a_missing_or_damaged_vocoder_only_writes(model: Path, parity: Path, name: str) -> None:
    path = model / VOCODER_FOLDER / name
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b""):
        path.write_bytes(damaged)
        with pytest.raises(SpeechUnavailableError, match=rf"no native voice: .*{name} isn't what"):
            load_speech(model, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions())
    path.unlink()
    with pytest.raises(SpeechUnavailableError, match=rf"no native voice: .*{name} can't be read"):
        load_speech(model, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions())


def test_a_misshapen_talker_only_writes(model: Path, parity: Path) -> None:
    tensors = tts_tensors(parity)
    tensors["model.layers.0.self_attn.q_proj.weight"] = torch.ones(64, 5)
    with pytest.raises(SpeechUnavailableError, match="no native voice"):
        load_speech(model, tensors, tts_config(parity), CPU, SpeechOptions())


def test_a_reference_that_lacks_the_networks_only_writes(model: Path, parity: Path) -> None:
    write_wav(model / "me.wav", Pcm(np.ones(70_000, np.int16), AudioFormat(16_000)))
    options = SpeechOptions(voice=str(model / "me.wav"))
    with pytest.raises(SpeechUnavailableError, match="no native voice: .*onnx is missing"):
        load_speech(model, tts_tensors(parity), tts_config(parity), CPU, options)


def test_a_bad_voice_reference_is_an_error(model: Path, parity: Path) -> None:
    options = SpeechOptions(voice=str(model / "nobody.wav"))
    with pytest.raises(EngineError, match="voice_reference .*nobody") as caught:
        load_speech(model, tts_tensors(parity), tts_config(parity), CPU, options)
    assert not isinstance(caught.value, SpeechUnavailableError)


def test_tensors_are_loaded_one_by_one(parity: Path) -> None:
    lazy = TalkerTensors(Checkpoint(parity / "checkpoint", CPU), torch.float32)
    eager = tts_tensors(parity)
    assert set(lazy) == set(eager) and len(lazy) == len(eager)
    for name, tensor in eager.items():
        torch.testing.assert_close(lazy[name], tensor)
    with pytest.raises(KeyError):
        lazy["no.such.tensor"]


def poisoned(weight: float, dtypes: set[torch.dtype]) -> Callable[..., Flow]:
    """Return a loader of flows that add `weight` to what they compute, in `dtypes`."""

    def load(folder: Path, device: torch.device, dtype: torch.dtype) -> Flow:
        flow = load_flow(folder, device, torch.float32)
        if dtype in dtypes:
            linear = flow.dit.final_layer["linear"]
            assert isinstance(linear, torch.nn.Linear)
            linear.bias.fill_(weight)
        return flow

    return load


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 1e6])
def test_a_flow_that_overflows_is_loaded_in_more_bits(
    model: Path,
    parity: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    weight: float,
) -> None:
    monkeypatch.setattr(speech_loader, "_dtype_names", lambda device, wanted: list(DTYPES))
    sixteen_bits = {torch.float16, torch.bfloat16}
    monkeypatch.setattr(speech_loader, "load_flow", poisoned(weight, sixteen_bits))
    load_speech(model, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions(steps=2))
    warned = [record.message.split(" (")[0] for record in caplog.records]
    assert warned == [f"the vocoder's flow overflows in {name}" for name in DTYPES[:2]]


def test_a_flow_of_nan_only_writes(
    model: Path, parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_loader, "load_flow", poisoned(float("nan"), {torch.float32}))
    with pytest.raises(SpeechUnavailableError, match=r"NaN or infinity even in float32"):
        load_speech(model, tts_tensors(parity), tts_config(parity), CPU, SpeechOptions(steps=2))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_only_a_gpu_computes_the_flow_in_16_bits(dtype: str) -> None:
    names = speech_loader._dtype_names(torch.device("cuda"), dtype)
    assert names == list(DTYPES)[list(DTYPES).index(dtype) :]
    assert speech_loader._dtype_names(CPU, dtype) == ["float32"]


def test_sound_that_is_not_finite_is_an_error(
    model: Path, parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = tts_tensors(parity)
    speech = load_speech(model, tensors, tts_config(parity), CPU, SpeechOptions(steps=2))
    monkeypatch.setattr(
        FlowStream, "chunk", lambda self, codes, last: torch.full((80, 50), float("nan"))
    )
    speech.start(CancelToken())
    width = tensors["projector_semantic.linear1.weight"].shape[1]
    with pytest.raises(EngineError, match="vocoder computed NaN"):
        list(speech.feed(torch.tensor([5, 6, 7]), torch.randn(3, width), last=True))
