"""The model's sizes, read from config.json; nothing is known beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...config.paths import models_dir
from ...core.engine import EngineError

FETCH = "fetch the model with `ros2 run video_commentary fetch_model awq`, or set model_path"


@dataclass(frozen=True)
class LanguageSizes:
    """Qwen3."""

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    eps: float
    theta: float


@dataclass(frozen=True)
class VisionSizes:
    """SigLIP, and the resampler's number of queries."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    eps: float
    patch: int
    positions: int
    queries: int


@dataclass(frozen=True)
class ModelConfig:
    """`speech`: tts_config as it is, for the talker."""

    language: LanguageSizes
    vision: VisionSizes
    speech: Mapping[str, Any]


def read_config(folder: Path) -> ModelConfig:
    """Read config.json in `folder`. Raise EngineError saying what is wrong."""
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
    """Read config.json's content. Raise KeyError or ValueError."""
    unsupported = [key for key in ("attention_bias", "rope_scaling") if document.get(key)]
    if unsupported:
        raise ValueError(f"{unsupported[0]} is set, which MiniCPM-o 4.5 does not use")
    vision = document["vision_config"]
    layers = vision["num_hidden_layers"]
    return ModelConfig(
        LanguageSizes(
            vocabulary=document["vocab_size"],
            hidden=document["hidden_size"],
            intermediate=document["intermediate_size"],
            layers=document["num_hidden_layers"],
            heads=document["num_attention_heads"],
            kv_heads=document["num_key_value_heads"],
            head_width=document.get("head_dim")
            or document["hidden_size"] // document["num_attention_heads"],
            eps=document["rms_norm_eps"],
            theta=document["rope_theta"],
        ),
        VisionSizes(
            hidden=vision["hidden_size"],
            intermediate=vision["intermediate_size"],
            layers=layers - bool(document.get("drop_vision_last_layer")),
            heads=vision["num_attention_heads"],
            eps=vision["layer_norm_eps"],
            patch=vision["patch_size"],
            positions=(vision["image_size"] // vision["patch_size"]) ** 2,
            queries=document["query_num"],
        ),
        document.get("tts_config") or {},
    )


def newest_model() -> Path:
    """Return the newest checkpoint's folder below `models_dir()`. Raise EngineError."""
    folders = [path.parent for path in models_dir().glob("*/config.json")]
    if not folders:
        raise EngineError(f"no model in {models_dir()}: {FETCH}")
    return max(folders, key=lambda folder: (folder / "config.json").stat().st_mtime)
