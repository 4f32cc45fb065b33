"""The least time that the model's work takes on a GPU: the roofline of its bandwidth and FLOPS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from ...engines.minicpmo.checkpoint import Tensors, is_awq
from ...engines.minicpmo.config import ModelConfig
from ...engines.minicpmo.language.tokenizer import NUM_QUERIES
from .gpu_specs import GpuSpecs

PATCHES = 1024
"""Patches of one frame, at most; a picture of 16:9 has hardly fewer."""
FRAME_TOKENS = NUM_QUERIES + 2
_GROUP_TOKENS = 10
"""Text tokens that the talker is given at once."""
_FIRST_CODES = 28
"""Audio codes that the vocoder's first chunk needs."""


@dataclass(frozen=True, kw_only=True)
class ModelCost:
    """What the model's work costs.

    `step_bytes`: read for a token, without keys and values. `kv_bytes`: read for each token of
    context. `linear_flops`: operations for each token of a prompt. `prefill_bytes`: read and
    written once a prompt. `vision_flops`: for a frame. `talker_bytes`: read for an audio code.
    """

    step_bytes: int
    kv_bytes: int
    linear_flops: int
    prefill_bytes: int
    vision_flops: int
    talker_bytes: int

    def decode_seconds(self, specs: GpuSpecs, context: int) -> float:
        """Return the least time of one token after `context` others."""
        return (self.step_bytes + self.kv_bytes * context) / specs.bandwidth

    def prefill_seconds(self, specs: GpuSpecs, tokens: int) -> float:
        """Return the least time of a prompt."""
        compute = self.linear_flops * tokens / specs.flops if specs.flops else 0.0
        return compute + self.prefill_bytes / specs.bandwidth

    def first_word_seconds(self, specs: GpuSpecs, frames: int, tokens: int) -> float:
        """Return the least time to a first word: `frames` new ones, a prompt, two tokens."""
        vision = self.vision_flops * frames / specs.flops if specs.flops else 0.0
        decode = 2 * self.decode_seconds(specs, tokens)
        return vision + self.prefill_seconds(specs, tokens) + decode

    def first_sound_seconds(self, specs: GpuSpecs, frames: int, tokens: int) -> float:
        """Return the least time to a first sound, without the vocoder's own."""
        words = (_GROUP_TOKENS - 1) * self.decode_seconds(specs, tokens)
        codes = _FIRST_CODES * self.talker_bytes / specs.bandwidth
        return self.first_word_seconds(specs, frames, tokens) + words + codes


def model_cost(tensors: Tensors, config: ModelConfig) -> ModelCost:
    """Add up what the checkpoint's tensors cost."""

    def total(size: Callable[[str], int], *prefixes: str) -> int:
        return sum(size(name) for name in tensors.names() if name.startswith(prefixes))

    def numel(name: str) -> int:
        packed = 8 if name.endswith(".qweight") else 0 if name.endswith(".qzeros") else 1
        return packed * prod(tensors.shape(name))

    def read_a_step(name: str) -> int:
        return 0 if "embed_tokens" in name else tensors.size(name)

    language, vision = config.language, config.vision
    layers = total(numel, "llm.model.layers.")
    stored = total(tensors.size, "llm.model.layers.")
    attention = 4 * PATCHES**2 * vision.hidden_size * vision.num_layers
    return ModelCost(
        step_bytes=total(read_a_step, "llm."),
        kv_bytes=4 * language.num_layers * language.num_kv_heads * language.head_dim,
        linear_flops=2 * layers,
        # INT4 weights are written and read once more in 16 bits
        prefill_bytes=stored + (4 * layers if is_awq(tensors) else 0),
        vision_flops=2 * PATCHES * total(numel, "vpm.encoder.") + attention,
        talker_bytes=total(read_a_step, "tts.model.layers.", "tts.head_code."),
    )
