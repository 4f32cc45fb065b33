"""MiniCPM-o 4.5 at full size with random weights, made on the GPU tensor by tensor."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import torch
from torch import Tensor

from video_commentary.engines.minicpmo.checkpoint import Shape
from video_commentary.engines.minicpmo.checkpoint_shapes import (
    LINEARS,
    expected_shapes,
    hearing_shapes,
)
from video_commentary.engines.minicpmo.config import ModelConfig, parse_config

PUBLISHED = {
    "vocab_size": 151748,
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1_000_000,
    "drop_vision_last_layer": False,
    "query_num": 64,
    "vision_config": {
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_hidden_layers": 27,
        "num_attention_heads": 16,
        "layer_norm_eps": 1e-6,
        "patch_size": 14,
        "image_size": 980,
    },
}
"""The sizes in the published config.json, without those of hearing."""
AUDIO_CONFIG = {
    "d_model": 1024,
    "encoder_layers": 24,
    "encoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
    "num_mel_bins": 80,
    "max_source_positions": 1500,
}
"""The published audio_config."""


def published_config(*, hear: bool = False) -> ModelConfig:
    """Return the published model's sizes; those of hearing only with `hear`."""
    return parse_config(PUBLISHED | ({"audio_config": AUDIO_CONFIG} if hear else {}))


class RandomTensors:
    """Tensors as a checkpoint has them; the same name always gives the same numbers."""

    def __init__(self, config: ModelConfig, awq: bool, device: torch.device) -> None:
        linears = [
            f"llm.model.layers.{i}.{name}"
            for i in range(config.language.num_layers)
            for name in LINEARS
        ]
        self._shapes = expected_shapes(config, linears if awq else ()) | hearing_shapes(config)
        self._dtype = torch.float16 if awq else torch.bfloat16
        self._device = device

    def names(self) -> Iterable[str]:
        """Return all names."""
        return self._shapes

    def shape(self, name: str) -> Shape:
        """Return a tensor's shape."""
        return self._shapes[name]

    def size(self, name: str) -> int:
        """Return a tensor's bytes."""
        packed = name.endswith((".qweight", ".qzeros"))
        return torch.Size(self._shapes[name]).numel() * (4 if packed else 2)

    def load(self, name: str) -> Tensor:
        """Make a tensor."""
        shape = self._shapes[name]
        generator = torch.Generator(self._device).manual_seed(zlib.crc32(name.encode()))
        if name.endswith((".qweight", ".qzeros")):
            return torch.randint(
                -(2**31),
                2**31 - 1,
                shape,
                dtype=torch.int32,
                device=self._device,
                generator=generator,
            )
        numbers = torch.randn(shape, dtype=self._dtype, device=self._device, generator=generator)
        if name.endswith(".scales"):
            return numbers.abs_().mul_(0.001).add_(0.002)
        is_norm = len(shape) == 1 and "norm" in name
        return numbers.mul_(0.05).add_(1) if is_norm else numbers.mul_(0.02)
