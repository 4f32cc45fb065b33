"""The tensors that the published checkpoint has to hold, checked before any is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...core.engine import EngineError
from .checkpoint import Shape, Tensors
from .config import FETCH, HearingConfig, ModelConfig

UNUSED_PREFIXES = ("tts.projector_spk.", "tts.model.embed_tokens.")
"""Prefixes of tensors that nothing here reads: parts of the talker."""
HEARING_PREFIXES = ("apm.", "audio_projection_layer.")
"""Prefixes of the sound encoder and its projector, which are read only if the engine hears."""
TALKER_PREFIX = "tts."
"""Prefix of the talker, which a checkpoint has as a whole or not at all."""

AWQ_GROUP_SIZE = 128
LINEARS = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)


def expected_shapes(config: ModelConfig, quantized: Iterable[str] = ()) -> dict[str, Shape]:
    """Return name and shape of every tensor that vision and text need; see `talker_shapes`.

    `quantized`: names of the linears that are INT4 in AWQ's GEMM layout.
    """
    shapes = (
        dict(_language_shapes(config))
        | dict(_vision_shapes(config))
        | dict(_resampler_shapes(config))
    )
    quantized = set(quantized)
    for name, (rows, columns) in _language_linears(config):
        if name in quantized:
            groups = columns // AWQ_GROUP_SIZE
            shapes |= {
                f"{name}.qweight": (columns, rows // 8),
                f"{name}.qzeros": (groups, rows // 8),
                f"{name}.scales": (groups, rows),
            }
        else:
            shapes[f"{name}.weight"] = (rows, columns)
    return shapes


def talker_shapes(tensors: Tensors, config: ModelConfig) -> dict[str, Shape]:
    """Return name and shape of every tensor that speech needs; none without a talker.

    A size that tts_config leaves out is read from a tensor that has it.
    """
    names = {
        name
        for name in tensors.names()
        if name.startswith(TALKER_PREFIX) and not name.startswith(UNUSED_PREFIXES)
    }
    if not names:
        return {}

    def size(key: str, tensor: str) -> int:
        name = TALKER_PREFIX + tensor
        return int(config.tts.get(key, tensors.shape(name)[0] if name in names else 0))

    hidden_size = size("hidden_size", "model.norm.weight")
    intermediate_size = size("intermediate_size", "model.layers.0.mlp.gate_proj.weight")
    audio_tokens = size("num_audio_tokens", "emb_code.0.weight")
    text_tokens = size("num_text_tokens", "emb_text.weight")
    shapes: dict[str, Shape] = {
        "emb_text.weight": (text_tokens, hidden_size),
        "emb_code.0.weight": (audio_tokens, hidden_size),
        "head_code.0.parametrizations.weight.original0": (audio_tokens, 1),
        "head_code.0.parametrizations.weight.original1": (audio_tokens, hidden_size),
        "model.norm.weight": (hidden_size,),
    }
    shapes |= _with_bias("projector_semantic.linear1", (hidden_size, config.language.hidden_size))
    shapes |= _with_bias("projector_semantic.linear2", (hidden_size, hidden_size))
    layers = config.tts.get("num_hidden_layers")
    if layers is None:
        layers = sum(name.endswith(".self_attn.q_proj.weight") for name in names)
    linears = _linear_shapes(
        hidden_size, hidden_size, _talker_kv_size(config, hidden_size), intermediate_size
    )
    for i in range(layers):
        layer = f"model.layers.{i}"
        shapes |= {f"{layer}.{name}.weight": shape for name, shape in linears.items()}
        for norm in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{layer}.{norm}.weight"] = (hidden_size,)
    return {TALKER_PREFIX + name: shape for name, shape in shapes.items()}


def hearing_shapes(config: ModelConfig) -> dict[str, Shape]:
    """Return name and shape of every tensor that hearing needs; none without an audio_config."""
    return dict(_hearing_shapes(config.hearing, config)) if config.hearing else {}


def check_tensors(tensors: Tensors, config: ModelConfig, *, hear: bool = False) -> None:
    """Raise EngineError that names what is missing, surplus or has the wrong shape.

    `hear`: whether the tensors of hearing are needed; else they are ignored.
    """
    names = set(tensors.names())
    quantized = [name.removesuffix(".qweight") for name in names if name.endswith(".qweight")]
    expected = expected_shapes(config, quantized) | talker_shapes(tensors, config)
    unused: tuple[str, ...] = UNUSED_PREFIXES
    if hear:
        _check_hearing(names, config)
        expected |= hearing_shapes(config)
    else:
        unused += HEARING_PREFIXES
    if config.vision.drop_last_layer:
        unused += (f"vpm.encoder.layers.{config.vision.num_layers}.",)
    wrong = [f"{name} is missing" for name in sorted(expected.keys() - names)]
    wrong += [
        f"{name} is not a part of the model"
        for name in sorted(names - expected.keys())
        if not name.startswith(unused)
    ]
    wrong += [
        f"{name} has shape {list(tensors.shape(name))} instead of {list(shape)}"
        for name, shape in sorted(expected.items())
        if name in names and tensors.shape(name) != shape
    ]
    if wrong:
        rest = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
        raise EngineError(
            f"the checkpoint is not MiniCPM-o 4.5 as published: {'; '.join(wrong[:3])}{rest}. "
            f"If it is incomplete, {FETCH}"
        )


def _check_hearing(names: set[str], config: ModelConfig) -> None:
    if config.hearing is None or not any(name.startswith(HEARING_PREFIXES) for name in names):
        raise EngineError(
            f"this checkpoint can't hear, as it has no apm.* tensors: set hear:=false, or {FETCH}",
            retry=False,
        )


def _talker_kv_size(config: ModelConfig, hidden_size: int) -> int:
    """Return the rows of the talker's k_proj: fewer than q_proj's with grouped-query attention."""
    heads = config.tts.get("num_attention_heads", 1)
    return int(hidden_size // heads * config.tts.get("num_key_value_heads", heads))


def _linear_shapes(
    hidden_size: int, q_size: int, kv_size: int, intermediate_size: int
) -> dict[str, tuple[int, int]]:
    shapes = (
        (q_size, hidden_size),
        (kv_size, hidden_size),
        (kv_size, hidden_size),
        (hidden_size, q_size),
        (intermediate_size, hidden_size),
        (intermediate_size, hidden_size),
        (hidden_size, intermediate_size),
    )
    return dict(zip(LINEARS, shapes, strict=True))


def _language_shapes(config: ModelConfig) -> Iterator[tuple[str, Shape]]:
    language = config.language
    yield "llm.model.embed_tokens.weight", (language.vocab_size, language.hidden_size)
    yield "llm.lm_head.weight", (language.vocab_size, language.hidden_size)
    yield "llm.model.norm.weight", (language.hidden_size,)
    for i in range(language.num_layers):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"llm.model.layers.{i}.{norm}.weight", (language.hidden_size,)
        for norm in ("q_norm", "k_norm"):
            yield f"llm.model.layers.{i}.self_attn.{norm}.weight", (language.head_dim,)


def _language_linears(config: ModelConfig) -> Iterator[tuple[str, tuple[int, int]]]:
    language = config.language
    shapes = _linear_shapes(
        language.hidden_size,
        language.num_heads * language.head_dim,
        language.num_kv_heads * language.head_dim,
        language.intermediate_size,
    )
    for i in range(language.num_layers):
        for name, shape in shapes.items():
            yield f"llm.model.layers.{i}.{name}", shape


def _vision_shapes(config: ModelConfig) -> Iterator[tuple[str, Shape]]:
    vision = config.vision
    hidden, inner, patch = vision.hidden_size, vision.intermediate_size, vision.patch_size
    yield "vpm.embeddings.patch_embedding.weight", (hidden, 3, patch, patch)
    yield "vpm.embeddings.patch_embedding.bias", (hidden,)
    yield "vpm.embeddings.position_embedding.weight", (vision.num_positions, hidden)
    yield from _with_bias("vpm.post_layernorm", (hidden,))
    for i in range(vision.num_layers):
        layer = f"vpm.encoder.layers.{i}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _with_bias(f"{layer}.self_attn.{name}", (hidden, hidden))
        yield from _with_bias(f"{layer}.layer_norm1", (hidden,))
        yield from _with_bias(f"{layer}.layer_norm2", (hidden,))
        yield from _with_bias(f"{layer}.mlp.fc1", (inner, hidden))
        yield from _with_bias(f"{layer}.mlp.fc2", (hidden, inner))


def _resampler_shapes(config: ModelConfig) -> Iterator[tuple[str, Shape]]:
    hidden = config.language.hidden_size
    yield "resampler.query", (config.vision.num_queries, hidden)
    yield "resampler.proj", (hidden, hidden)
    yield "resampler.kv_proj.weight", (hidden, config.vision.hidden_size)
    yield "resampler.attn.in_proj_weight", (3 * hidden, hidden)
    yield "resampler.attn.in_proj_bias", (3 * hidden,)
    yield from _with_bias("resampler.attn.out_proj", (hidden, hidden))
    for norm in ("ln_q", "ln_kv", "ln_post"):
        yield from _with_bias(f"resampler.{norm}", (hidden,))


def _hearing_shapes(hearing: HearingConfig, config: ModelConfig) -> Iterator[tuple[str, Shape]]:
    width, inner, hidden = hearing.width, hearing.intermediate_size, config.language.hidden_size
    yield from _with_bias("apm.conv1", (width, hearing.num_mel_bins, 3))
    yield from _with_bias("apm.conv2", (width, width, 3))
    yield "apm.embed_positions.weight", (hearing.num_positions, width)
    yield from _with_bias("apm.layer_norm", (width,))
    for i in range(hearing.num_layers):
        layer = f"apm.layers.{i}"
        for name in ("q_proj", "v_proj", "out_proj"):
            yield from _with_bias(f"{layer}.self_attn.{name}", (width, width))
        yield f"{layer}.self_attn.k_proj.weight", (width, width)
        yield from _with_bias(f"{layer}.self_attn_layer_norm", (width,))
        yield from _with_bias(f"{layer}.final_layer_norm", (width,))
        yield from _with_bias(f"{layer}.fc1", (inner, width))
        yield from _with_bias(f"{layer}.fc2", (width, inner))
    yield from _with_bias("audio_projection_layer.linear1", (hidden, width))
    yield from _with_bias("audio_projection_layer.linear2", (hidden, hidden))


def _with_bias(name: str, weight: Shape) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", weight
    yield f"{name}.bias", weight[:1]
