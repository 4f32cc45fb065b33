"""Check of config.json: what is in it, and which defaults stand in for what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.engine import EngineError
from ...engines.minicpmo.config import FETCH
from ...engines.minicpmo.speech.talker import TalkerConfig
from .check import CheckOutcome, ok

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest


@dataclass(frozen=True)
class OptionalField:
    """A field of config.json that may be absent, by the places where it may stand.

    `default`: what stands in for it, in words; empty for the value that the engine computes with.
    """

    places: tuple[str, ...]
    default: str = ""


OPTIONAL_FIELDS = (
    OptionalField(("head_dim",)),
    OptionalField(("rope_theta", "rope_parameters.rope_theta")),
    OptionalField(("drop_vision_last_layer",)),
    OptionalField(("vision_config.layer_norm_eps",)),
    OptionalField(("audio_config.num_mel_bins",)),
    OptionalField(("audio_config.max_source_positions",)),
    OptionalField(("audio_pool_step",)),
    OptionalField(("audio_chunk_length",)),
    OptionalField(("tts_config.attention_type",)),
    OptionalField(("tts_config.num_key_value_heads",)),
    OptionalField(("tts_config.text_eos_token_id",)),
    OptionalField(("tts_config.audio_bos_token_id",)),
    OptionalField(("tts_config.hidden_size",), "read from a tensor"),
    OptionalField(("tts_config.intermediate_size",), "read from a tensor"),
    OptionalField(("tts_config.num_audio_tokens",), "read from a tensor"),
    OptionalField(("tts_config.num_text_tokens",), "read from a tensor"),
    OptionalField(("tts_config.num_hidden_layers",), "counted in the tensors"),
)
"""Every variant of config.json that the engine takes a default for."""
_NEWER_PLACES = ("rope_parameters.rope_theta",)
"""Where newer versions of transformers save what the published file has elsewhere."""


def check_config(model: ModelUnderTest) -> CheckOutcome:
    """List the sizes, and each optional field with what was found or taken instead."""
    document, config = model.document(), model.config()
    has_talker = bool(config.tts)
    taken, fields = [], {}
    for field in OPTIONAL_FIELDS:
        name = field.places[0]
        if name.startswith("tts_config.") and not has_talker:
            continue
        if name.startswith("audio_") and config.hearing is None:
            continue
        place = next((p for p in field.places if _look_up(document, p) is not None), "")
        if place:
            fields[place] = f"found: {_look_up(document, place)}"
            if place in _NEWER_PLACES:
                taken.append(f"{name} from {place}")
        else:
            value = field.default or str(_effective(model)[name])
            fields[name] = f"absent, default: {value}"
            taken.append(f"{name.rpartition('.')[2]} {value}")
    language = config.language
    kind = "AWQ" if "quantization_config" in document else str(document.get("torch_dtype", "?"))
    sizes = f"{kind}, {language.num_layers} layers of {language.hidden_size}"
    found = "all fields found" if not taken else f"defaults: {', '.join(taken)}"
    if not has_talker:
        found += "; no tts_config"
    return ok(
        f"{sizes}, vocabulary {language.vocab_size}; {found}",
        fields=fields,
        saved_by=str(document.get("transformers_version", "")),
        kind=kind,
    )


def _effective(model: ModelUnderTest) -> Mapping[str, Any]:
    """Return what the engine computes with, by the field's name in config.json."""
    config = model.config()
    values: dict[str, Any] = {
        "head_dim": config.language.head_dim,
        "rope_theta": config.language.rope_theta,
        "drop_vision_last_layer": config.vision.drop_last_layer,
        "vision_config.layer_norm_eps": config.vision.layer_norm_eps,
    }
    if config.hearing:
        values |= {
            "audio_config.num_mel_bins": config.hearing.num_mel_bins,
            "audio_config.max_source_positions": config.hearing.num_positions,
            "audio_pool_step": config.hearing.pool_step,
            "audio_chunk_length": config.hearing.block_positions / 50,
        }
    if config.tts:
        try:
            talker = TalkerConfig.from_tts_config(config.tts)
        except (KeyError, ValueError) as error:
            raise EngineError(f"no voice: tts_config: {error}; {FETCH}") from None
        attention = "sliding_recompute" if talker.sliding_recompute else "full_attention"
        values |= {
            "tts_config.attention_type": attention,
            "tts_config.num_key_value_heads": talker.num_kv_heads,
            "tts_config.text_eos_token_id": talker.text_eos_id,
            "tts_config.audio_bos_token_id": talker.audio_bos_id,
        }
    return values


def _look_up(document: Mapping[str, Any], place: str) -> Any:
    """Return the value at a dotted place, None if it is absent."""
    value: Any = document
    for key in place.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
