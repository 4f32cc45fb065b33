"""A few layers of a checkpoint as a small model of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ...engines.minicpmo.checkpoint import Shape, Tensors
from ...engines.minicpmo.config import ModelConfig
from ...engines.minicpmo.language.qwen3 import Qwen3, load_qwen3

_LAYER = re.compile(r"llm\.model\.layers\.(\d+)\.")
_VOCABULARY = ("llm.model.embed_tokens.weight", "llm.lm_head.weight")
HEAD_ROWS = 4096
"""Rows of embeddings and lm_head that are loaded."""


class LayerSample:
    """Tensors of the language model with only some layers, renumbered from 0."""

    def __init__(self, tensors: Tensors, layers: Sequence[int]) -> None:
        self._tensors = tensors
        self._names: dict[str, str] = {}
        for name in tensors.names():
            layer = _LAYER.match(name)
            if layer is None:
                self._names[name] = name
            elif int(layer[1]) in layers:
                place = layers.index(int(layer[1]))
                self._names[f"llm.model.layers.{place}.{name[layer.end() :]}"] = name

    def names(self) -> Iterable[str]:
        """Return all names."""
        return self._names

    def shape(self, name: str) -> Shape:
        """Return a tensor's shape as loaded."""
        shape = self._tensors.shape(self._names[name])
        return (min(shape[0], HEAD_ROWS), *shape[1:]) if name in _VOCABULARY else shape

    def size(self, name: str) -> int:
        """Return a tensor's bytes in the checkpoint."""
        return self._tensors.size(self._names[name])

    def load(self, name: str) -> Tensor:
        """Return a tensor as stored, on the device."""
        tensor = self._tensors.load(self._names[name])
        return tensor[:HEAD_ROWS].clone() if name in _VOCABULARY else tensor


def load_layers(
    tensors: Tensors, config: ModelConfig, layers: Sequence[int], dtype: torch.dtype, rows: int
) -> Qwen3:
    """Load `layers` of the language model in `dtype`, with room for `rows` positions."""
    few = replace(config, language=replace(config.language, num_layers=len(layers)))
    return load_qwen3(
        LayerSample(tensors, layers), few, dtype=dtype, max_seq_len=rows, int8_lm_head=False
    )
