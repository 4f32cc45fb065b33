"""The published flow model (`flow.pt`): audio codes to mel frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .flow_dit import DiT
from .flow_encoder import EncoderCache, FlowEncoder

GUIDANCE = 0.7
"""Weight of classifier-free guidance, as published."""


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    """Sizes of the flow model; the defaults are the published ones."""

    vocab_size: int = 6561
    hidden_size: int = 512
    num_heads: int = 8
    intermediate_size: int = 2048
    num_blocks: int = 6
    num_up_blocks: int = 4
    num_mels: int = 80
    speaker_dim: int = 192
    dit_hidden_size: int = 512
    dit_num_heads: int = 8
    dit_head_dim: int = 64
    dit_depth: int = 16
    dit_intermediate_size: int = 2048

    @staticmethod
    def from_state_dict(state: Mapping[str, Tensor]) -> FlowConfig:
        """Read the sizes from the tensors. Raise KeyError if one is missing."""

        def count(prefix: str) -> int:
            depth = prefix.count(".")
            return len({name.split(".")[depth] for name in state if name.startswith(prefix)})

        def shape(name: str) -> torch.Size:
            return state[name].shape

        block = "decoder.estimator.blocks.0"
        head_dim = shape(f"{block}.attn.q_norm.weight")[0]
        return FlowConfig(
            vocab_size=shape("input_embedding.weight")[0],
            hidden_size=shape("input_embedding.weight")[1],
            num_heads=shape("encoder.encoders.0.self_attn.pos_bias_u")[0],
            intermediate_size=shape("encoder.encoders.0.feed_forward.w_1.weight")[0],
            num_blocks=count("encoder.encoders."),
            num_up_blocks=count("encoder.up_encoders."),
            num_mels=shape("encoder_proj.weight")[0],
            speaker_dim=shape("spk_embed_affine_layer.weight")[1],
            dit_hidden_size=shape("decoder.estimator.in_proj.weight")[0],
            dit_num_heads=shape(f"{block}.attn.to_q.weight")[0] // head_dim,
            dit_head_dim=head_dim,
            dit_depth=count("decoder.estimator.blocks."),
            dit_intermediate_size=shape(f"{block}.mlp.fc1.weight")[0],
        )


class Flow(nn.Module):
    """Encoder and diffusion transformer under their published names."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        self.input_embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.spk_embed_affine_layer = nn.Linear(config.speaker_dim, config.num_mels)
        self.encoder = FlowEncoder(
            config.hidden_size,
            config.num_heads,
            config.intermediate_size,
            num_blocks=config.num_blocks,
            num_up_blocks=config.num_up_blocks,
        )
        self.encoder_proj = nn.Linear(config.hidden_size, config.num_mels)
        dit = DiT(
            num_mels=config.num_mels,
            hidden_size=config.dit_hidden_size,
            num_heads=config.dit_num_heads,
            head_dim=config.dit_head_dim,
            depth=config.dit_depth,
            intermediate_size=config.dit_intermediate_size,
        )
        self.decoder = nn.ModuleDict({"estimator": dit})

    @property
    def dit(self) -> DiT:
        """The diffusion transformer."""
        dit = self.decoder["estimator"]
        assert isinstance(dit, DiT)
        return dit

    def embed_speaker(self, speaker: Tensor) -> Tensor:
        """Project a speaker embedding [speaker_dim] to [num_mels]."""
        projected: Tensor = self.spk_embed_affine_layer(F.normalize(speaker, dim=0))
        return projected

    def encode(self, codes: Tensor, cache: EncoderCache, last: bool) -> tuple[Tensor, EncoderCache]:
        """Return the mean `mu` [T, num_mels] of the frames of `codes` int64 [n], and the cache."""
        hidden, cache = self.encoder(self.input_embedding(codes), cache, last)
        return self.encoder_proj(hidden), cache
