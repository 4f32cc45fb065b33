"""What config.json may leave out, or say in another way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.config import parse_config
from video_commentary.engines.minicpmo.speech.audio_sampling import AudioSamplingParams
from video_commentary.engines.minicpmo.speech.talker import TalkerConfig

from .talkers import tts_config
from .test_engine import a_request, said, started


@pytest.fixture
def document(parity: Path) -> dict[str, Any]:
    """The tiny checkpoint's config.json."""
    loaded: dict[str, Any] = json.loads((parity / "checkpoint" / "config.json").read_text())
    return loaded


def test_the_base_of_rope_may_lie_in_rope_parameters(document: dict[str, Any]) -> None:
    del document["rope_theta"]
    document["rope_parameters"] = {"rope_theta": 5e5, "rope_type": "default"}
    assert parse_config(document).language.rope_theta == 5e5
    document["rope_parameters"]["rope_type"] = "yarn"
    with pytest.raises(ValueError, match="yarn"):
        parse_config(document)
    del document["rope_parameters"]
    with pytest.raises(KeyError, match="rope_theta"):
        parse_config(document)


def test_a_missing_epsilon_is_the_published_one(document: dict[str, Any]) -> None:
    del document["vision_config"]["layer_norm_eps"]
    assert parse_config(document).vision.layer_norm_eps == 1e-6


@pytest.mark.parametrize("stored", [True, False])
def test_the_last_vision_layer_is_dropped_unless_the_config_says_otherwise(
    copy: Path, document: dict[str, Any], stored: bool
) -> None:
    layers = document["vision_config"]["num_hidden_layers"]
    assert parse_config(document).vision.num_layers == layers
    del document["drop_vision_last_layer"]
    assert parse_config(document).vision.num_layers == layers - 1
    (copy / "config.json").write_text(json.dumps(document))
    if not stored:
        tensors = load_file(copy / "model.safetensors")
        last = f"vpm.encoder.layers.{layers - 1}."
        kept = {name: value for name, value in tensors.items() if not name.startswith(last)}
        assert len(kept) < len(tensors)
        save_file(kept, copy / "model.safetensors")
    assert said(started(copy), a_request())


def test_a_layer_more_than_the_dropped_one_is_refused(copy: Path, document: dict[str, Any]) -> None:
    del document["drop_vision_last_layer"]
    document["vision_config"]["num_hidden_layers"] -= 1
    (copy / "config.json").write_text(json.dumps(document))
    with pytest.raises(EngineError, match=r"vpm\.encoder\.layers\.1\..* is not a part"):
        started(copy)


def test_the_talkers_defaults_are_the_published_ones(parity: Path) -> None:
    given = tts_config(parity)
    for key in ("attention_type", "text_eos_token_id", "audio_bos_token_id"):
        del given[key]
    config = TalkerConfig.from_tts_config(given)
    assert config.sliding_recompute
    assert (config.text_eos_id, config.audio_bos_id) == (151692, 151687)


def test_codes_are_sampled_as_published_whatever_the_config_says(parity: Path) -> None:
    saved = {"temperature": 1.0, "top_p": 1.0, "top_k": 50, "repetition_penalty": 1.0}
    config = TalkerConfig.from_tts_config({**tts_config(parity), **saved})
    assert config.sampling == AudioSamplingParams(
        temperature=0.8, top_p=0.85, top_k=25, repetition_penalty=1.05, min_tokens_to_keep=3
    )


@pytest.mark.parametrize(
    ("part", "dtype"),
    [
        ("scales", torch.bfloat16),
        ("scales", torch.float32),
        ("qweight", torch.int64),
        ("qzeros", torch.float32),
    ],
)
def test_awq_tensors_of_another_dtype_are_named(
    parity: Path, tmp_path: Path, part: str, dtype: torch.dtype
) -> None:
    source = parity / "checkpoint_awq"
    for path in source.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    tensors = load_file(source / "model.safetensors")
    name = next(name for name in sorted(tensors) if name.endswith(f".{part}"))
    tensors[name] = tensors[name].to(dtype)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(EngineError, match=f"{name} is {dtype}, not") as caught:
        started(tmp_path)
    assert not caught.value.retry


@pytest.mark.parametrize("name", ["llm.lm_head.weight", "llm.model.norm.weight", "resampler.proj"])
def test_weights_that_make_nan_are_refused_with_the_dtype(copy: Path, name: str) -> None:
    tensors = load_file(copy / "model.safetensors")
    tensors[name].flatten()[3] = float("nan")
    save_file(tensors, copy / "model.safetensors")
    with pytest.raises(EngineError, match=r"NaN or infinity in FP32.*--verify"):
        started(copy)
