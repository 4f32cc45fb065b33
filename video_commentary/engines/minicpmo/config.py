"""The model's sizes, all read from config.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...config.paths import models_dir
from ...core.engine import EngineError

VOCODER_FOLDER = Path("assets") / "token2wav"
"""The vocoder's files in a model's folder."""
FETCH = "fetch the model with `ros2 run video_commentary fetch_model awq`, or set model_path"


@dataclass(frozen=True, kw_only=True)
class LanguageConfig:
    """Sizes of the language model, Qwen3."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    rms_norm_eps: float
    rope_theta: float


@dataclass(frozen=True, kw_only=True)
class VisionConfig:
    """Sizes of the vision tower, SigLIP, and the resampler's number of queries.

    `drop_last_layer`: the tower's last layer is not used; `num_layers` does not count it.
    """

    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    layer_norm_eps: float
    patch_size: int
    num_positions: int
    num_queries: int
    drop_last_layer: bool = False


@dataclass(frozen=True, kw_only=True)
class HearingConfig:
    """Sizes of the sound encoder, Whisper's, and of the projector behind it.

    `num_positions`: of the encoder, 50 for a second. `pool_step`: positions of one embedding.
    `block_positions`: positions that attend to each other in both directions.
    """

    width: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_mel_bins: int
    num_positions: int
    pool_step: int
    block_positions: int


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The content of config.json; `tts`: its tts_config, for the talker.

    `hearing`: None without an audio_config.
    """

    language: LanguageConfig
    vision: VisionConfig
    tts: Mapping[str, Any]
    hearing: HearingConfig | None = None


def read_config(folder: Path) -> ModelConfig:
    """Read config.json in `folder`. Raise EngineError that says what is wrong."""
    path = folder / "config.json"
    try:
        return parse_config(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise EngineError(f"no model in {folder}: {FETCH}") from None
    except KeyError as error:
        raise EngineError(
            f"{path} has no {error}: it is not MiniCPM-o 4.5's", retry=False
        ) from None
    except (OSError, ValueError) as error:
        raise EngineError(f"{path}: {error}; {FETCH}") from None


def parse_config(document: Mapping[str, Any]) -> ModelConfig:
    """Read the content of config.json. Raise KeyError or ValueError."""
    unsupported = [key for key in ("attention_bias", "rope_scaling") if document.get(key)]
    if unsupported:
        raise ValueError(f"{unsupported[0]} is set, which MiniCPM-o 4.5 does not use")
    return ModelConfig(
        language=_language_config(document),
        vision=_vision_config(document),
        tts=document.get("tts_config") or {},
        hearing=_hearing_config(document),
    )


def _language_config(document: Mapping[str, Any]) -> LanguageConfig:
    return LanguageConfig(
        vocab_size=document["vocab_size"],
        hidden_size=document["hidden_size"],
        intermediate_size=document["intermediate_size"],
        num_layers=document["num_hidden_layers"],
        num_heads=document["num_attention_heads"],
        num_kv_heads=document["num_key_value_heads"],
        head_dim=document.get("head_dim")
        or document["hidden_size"] // document["num_attention_heads"],
        rms_norm_eps=document["rms_norm_eps"],
        rope_theta=_rope_theta(document),
    )


def _rope_theta(document: Mapping[str, Any]) -> float:
    """Return the base of RoPE, which transformers 5 writes into rope_parameters."""
    parameters = document.get("rope_parameters") or {}
    kind = parameters.get("rope_type", "default")
    if kind != "default":
        raise ValueError(f"rope_type {kind!r} is set, which MiniCPM-o 4.5 does not use")
    return float(parameters["rope_theta"] if "rope_theta" in parameters else document["rope_theta"])


def _vision_config(document: Mapping[str, Any]) -> VisionConfig:
    vision = document["vision_config"]
    # what a saved config leaves out is upstream's default
    drop_last_layer = bool(document.get("drop_vision_last_layer", True))
    return VisionConfig(
        hidden_size=vision["hidden_size"],
        intermediate_size=vision["intermediate_size"],
        num_layers=vision["num_hidden_layers"] - drop_last_layer,
        num_heads=vision["num_attention_heads"],
        layer_norm_eps=vision.get("layer_norm_eps", 1e-6),
        patch_size=vision["patch_size"],
        num_positions=(vision["image_size"] // vision["patch_size"]) ** 2,
        num_queries=document["query_num"],
        drop_last_layer=drop_last_layer,
    )


def _hearing_config(document: Mapping[str, Any]) -> HearingConfig | None:
    audio = document.get("audio_config")
    if not audio:
        return None
    return HearingConfig(
        width=audio["d_model"],
        intermediate_size=audio["encoder_ffn_dim"],
        num_layers=audio["encoder_layers"],
        num_heads=audio["encoder_attention_heads"],
        # what a saved config leaves out is upstream's default
        num_mel_bins=audio.get("num_mel_bins", 80),
        num_positions=audio.get("max_source_positions", 1500),
        pool_step=document.get("audio_pool_step", 5),
        block_positions=int(50 * document.get("audio_chunk_length", 1.0)),
    )


def newest_model() -> Path:
    """Return the newest checkpoint's folder below `models_dir()`. Raise EngineError."""
    folders = [
        path.parent
        for path in models_dir().glob("*/config.json")
        # The listener's recognizer lies beside it, in CTranslate2's format.
        if not path.with_name("model.bin").exists()
    ]
    if not folders:
        raise EngineError(f"no model in {models_dir()}: {FETCH}")
    return max(folders, key=lambda folder: (folder / "config.json").stat().st_mtime)


def model_folder(model_path: str) -> Path:
    """Return the checkpoint's folder for the setting `model_path`. Raise EngineError."""
    return Path(model_path).expanduser() if model_path else newest_model()


def checkpoint_files(model_path: str) -> list[Path]:
    """Return the large files of a checkpoint in the order in which they are loaded."""
    try:
        folder = model_folder(model_path)
    except EngineError:
        return []
    vocoder = folder / VOCODER_FOLDER
    return [*sorted(folder.glob("*.safetensors")), vocoder / "flow.pt", vocoder / "hift.pt"]
