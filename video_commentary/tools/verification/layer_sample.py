"""One layer of a checkpoint as a small model of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
    """Tensors of the language model with one of its layers only, and fewer vocabulary rows."""

    def __init__(self, tensors: Tensors, layer: int) -> None:
        self._tensors = tensors
        self._names: dict[str, str] = {}
        for name in tensors.names():
            found = _LAYER.match(name)
            if found is None:
                self._names[name] = name
            elif int(found[1]) == layer:
                self._names[f"llm.model.layers.0.{name[found.end() :]}"] = name

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


def load_layer(
    tensors: Tensors, config: ModelConfig, layer: int, dtype: torch.dtype, rows: int
) -> Qwen3:
    """Load `layer` between embeddings and lm_head in `dtype`, with room for `rows` positions."""
    one = replace(config, language=replace(config.language, num_layers=1))
    return load_qwen3(
        LayerSample(tensors, layer), one, dtype=dtype, max_seq_len=rows, int8_lm_head=False
    )
