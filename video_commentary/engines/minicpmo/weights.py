"""The published checkpoint: safetensors files, checked tensor by tensor before any is loaded.

Files are memory-mapped and each tensor goes straight to the device, so that hardly any of the
host's memory is taken. Nothing in a checkpoint is ever executed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ...core.engine import EngineError
from .config import FETCH, ModelConfig

UNUSED = (
    "apm.",
    "audio_projection_layer.",
    "tts.projector_spk.",
    "tts.model.embed_tokens.",
)
"""Prefixes of what nothing here reads: hearing, and parts of the talker."""
TALKER = "tts."
"""Prefix of the talker, which a checkpoint has as a whole or not at all."""

AWQ_GROUP = 128
LINEARS = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)

Shape = tuple[int, ...]


class Tensors(Protocol):
    """Tensors by name."""

    def names(self) -> Iterable[str]:
        """Return all names."""
        ...

    def shape(self, name: str) -> Shape:
        """Return a tensor's shape without loading it."""
        ...

    def load(self, name: str) -> Tensor:
        """Return a tensor as stored, on the device."""
        ...

    def size(self, name: str) -> int:
        """Return a tensor's bytes as stored."""
        ...


class Checkpoint:
    """The safetensors files of a folder."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        """Open and map the files. Raise EngineError where there are none or one is damaged."""
        paths = sorted(folder.glob("*.safetensors"))
        if not paths:
            raise EngineError(f"no *.safetensors in {folder}: {FETCH}")
        self._folder = folder
        self._files: dict[str, Any] = {}
        for path in paths:
            try:
                file = safe_open(path, framework="pt", device=str(device))
            except (SafetensorError, OSError) as error:
                raise _damaged(path, error) from None
            self._files |= dict.fromkeys(file.keys(), file)

    def names(self) -> Iterable[str]:
        """Return all names."""
        return self._files.keys()

    def shape(self, name: str) -> Shape:
        """Return a tensor's shape without loading it."""
        return tuple(self._files[name].get_slice(name).get_shape())

    def size(self, name: str) -> int:
        """Return a tensor's bytes as stored."""
        piece = self._files[name].get_slice(name)
        bits = int("".join(c for c in piece.get_dtype() if c.isdigit()) or 8)
        return int(torch.Size(piece.get_shape()).numel()) * bits // 8

    def load(self, name: str) -> Tensor:
        """Return a tensor as stored, on the device. Raise EngineError."""
        try:
            tensor: Tensor = self._files[name].get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise _damaged(self._folder, error) from None
        return tensor


def _damaged(path: Path, error: Exception) -> EngineError:
    return EngineError(
        f"{path} is damaged or incomplete ({error}): "
        "check it with `ros2 run video_commentary fetch_model awq --verify`"
    )


def is_awq(tensors: Tensors) -> bool:
    """Return whether any linear is INT4, by its tensors alone."""
    return any(name.endswith(".qweight") for name in tensors.names())


def layout(config: ModelConfig, quantised: Iterable[str] = ()) -> dict[str, Shape]:
    """Return name and shape of every tensor that seeing and writing need; see also `talker`.

    `quantised`: names of the linears that are INT4 in AWQ's GEMM layout.
    """
    linears = dict(_language_linears(config))
    shapes = dict(_language(config)) | dict(_vision(config)) | dict(_resampler(config))
    quantised = set(quantised)
    for name, (rows, columns) in linears.items():
        if name in quantised:
            groups = columns // AWQ_GROUP
            shapes |= {
                f"{name}.qweight": (columns, rows // 8),
                f"{name}.qzeros": (groups, rows // 8),
                f"{name}.scales": (groups, rows),
            }
        else:
            shapes[f"{name}.weight"] = (rows, columns)
    return shapes


def talker(tensors: Tensors, config: ModelConfig) -> dict[str, Shape]:
    """Return name and shape of every tensor that speaking needs, none where the checkpoint can't.

    A size that tts_config leaves out is the one of a tensor which shows it.
    """
    names = {
        name for name in tensors.names() if name.startswith(TALKER) and not name.startswith(UNUSED)
    }
    if not names:
        return {}

    def size(key: str, tensor: str) -> int:
        name = TALKER + tensor
        return int(config.speech.get(key, tensors.shape(name)[0] if name in names else 0))

    width = size("hidden_size", "model.norm.weight")
    wide = size("intermediate_size", "model.layers.0.mlp.gate_proj.weight")
    codes = size("num_audio_tokens", "emb_code.0.weight")
    words = size("num_text_tokens", "emb_text.weight")
    shapes: dict[str, Shape] = {
        "emb_text.weight": (words, width),
        "emb_code.0.weight": (codes, width),
        "head_code.0.parametrizations.weight.original0": (codes, 1),
        "head_code.0.parametrizations.weight.original1": (codes, width),
        "model.norm.weight": (width,),
    }
    shapes |= _with_bias("projector_semantic.linear1", (width, config.language.hidden))
    shapes |= _with_bias("projector_semantic.linear2", (width, width))
    layers = config.speech.get("num_hidden_layers")
    if layers is None:
        layers = sum(name.endswith(".self_attn.q_proj.weight") for name in names)
    for i in range(layers):
        shapes |= _talker_layer(f"model.layers.{i}", width, _talker_kv(config, width), wide)
    return {TALKER + name: shape for name, shape in shapes.items()}


def _talker_kv(config: ModelConfig, width: int) -> int:
    """Return the rows of the talker's keys: fewer than of its queries where heads share them."""
    heads = config.speech.get("num_attention_heads", 1)
    return int(width // heads * config.speech.get("num_key_value_heads", heads))


def _talker_layer(name: str, width: int, kv: int, wide: int) -> Iterator[tuple[str, Shape]]:
    shapes = (
        (width, width),
        (kv, width),
        (kv, width),
        (width, width),
        (wide, width),
        (wide, width),
        (width, wide),
    )
    for linear, shape in zip(LINEARS, shapes, strict=True):
        yield f"{name}.{linear}.weight", shape
    for norm in ("input_layernorm", "post_attention_layernorm"):
        yield f"{name}.{norm}.weight", (width,)


def check(tensors: Tensors, config: ModelConfig) -> None:
    """Raise EngineError that names what is missing, surplus or has the wrong shape."""
    names = set(tensors.names())
    quantised = [name.removesuffix(".qweight") for name in names if name.endswith(".qweight")]
    expected = layout(config, quantised) | talker(tensors, config)
    wrong = [f"{name} is missing" for name in sorted(expected.keys() - names)]
    wrong += [
        f"{name} is not a part of the model"
        for name in sorted(names - expected.keys())
        if not name.startswith(UNUSED)
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


def _language(config: ModelConfig) -> Iterator[tuple[str, Shape]]:
    sizes = config.language
    yield "llm.model.embed_tokens.weight", (sizes.vocabulary, sizes.hidden)
    yield "llm.lm_head.weight", (sizes.vocabulary, sizes.hidden)
    yield "llm.model.norm.weight", (sizes.hidden,)
    for i in range(sizes.layers):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"llm.model.layers.{i}.{norm}.weight", (sizes.hidden,)
        for norm in ("q_norm", "k_norm"):
            yield f"llm.model.layers.{i}.self_attn.{norm}.weight", (sizes.head_width,)


def _language_linears(config: ModelConfig) -> Iterator[tuple[str, tuple[int, int]]]:
    sizes = config.language
    q, kv = sizes.heads * sizes.head_width, sizes.kv_heads * sizes.head_width
    hidden, wide = sizes.hidden, sizes.intermediate
    shapes = (
        (q, hidden),
        (kv, hidden),
        (kv, hidden),
        (hidden, q),
        (wide, hidden),
        (wide, hidden),
        (hidden, wide),
    )
    for i in range(sizes.layers):
        for name, shape in zip(LINEARS, shapes, strict=True):
            yield f"llm.model.layers.{i}.{name}", shape


def _vision(config: ModelConfig) -> Iterator[tuple[str, Shape]]:
    sizes = config.vision
    hidden, wide = sizes.hidden, sizes.intermediate
    yield "vpm.embeddings.patch_embedding.weight", (hidden, 3, sizes.patch, sizes.patch)
    yield "vpm.embeddings.patch_embedding.bias", (hidden,)
    yield "vpm.embeddings.position_embedding.weight", (sizes.positions, hidden)
    yield from _with_bias("vpm.post_layernorm", (hidden,))
    for i in range(sizes.layers):
        layer = f"vpm.encoder.layers.{i}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _with_bias(f"{layer}.self_attn.{name}", (hidden, hidden))
        yield from _with_bias(f"{layer}.layer_norm1", (hidden,))
        yield from _with_bias(f"{layer}.layer_norm2", (hidden,))
        yield from _with_bias(f"{layer}.mlp.fc1", (wide, hidden))
        yield from _with_bias(f"{layer}.mlp.fc2", (hidden, wide))


def _resampler(config: ModelConfig) -> Iterator[tuple[str, Shape]]:
    width = config.language.hidden
    yield "resampler.query", (config.vision.queries, width)
    yield "resampler.proj", (width, width)
    yield "resampler.kv_proj.weight", (width, config.vision.hidden)
    yield "resampler.attn.in_proj_weight", (3 * width, width)
    yield "resampler.attn.in_proj_bias", (3 * width,)
    yield from _with_bias("resampler.attn.out_proj", (width, width))
    for norm in ("ln_q", "ln_kv", "ln_post"):
        yield from _with_bias(f"resampler.{norm}", (width,))


def _with_bias(name: str, weight: Shape) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", weight
    yield f"{name}.bias", weight[:1]
