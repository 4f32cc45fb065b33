"""The published flow model (`flow.pt`): audio codes to mel frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .flow_dit import Dit
from .flow_encoder import EncoderCache, FlowEncoder

GUIDANCE = 0.7
"""Weight of classifier-free guidance, as published."""


@dataclass(frozen=True)
class FlowSizes:
    """Sizes of the flow model; the defaults are the published ones."""

    codes: int = 6561
    width: int = 512
    heads: int = 8
    inner: int = 2048
    blocks: int = 6
    up_blocks: int = 4
    mel: int = 80
    speaker: int = 192
    dit_width: int = 512
    dit_heads: int = 8
    dit_head_dim: int = 64
    dit_depth: int = 16
    dit_inner: int = 2048

    @staticmethod
    def of(state: Mapping[str, Tensor]) -> FlowSizes:
        """Read the sizes from a state dict. Raise KeyError where a tensor is missing."""

        def count(prefix: str) -> int:
            depth = prefix.count(".")
            return len({name.split(".")[depth] for name in state if name.startswith(prefix)})

        def shape(name: str) -> torch.Size:
            return state[name].shape

        block = "decoder.estimator.blocks.0"
        head_dim = shape(f"{block}.attn.q_norm.weight")[0]
        return FlowSizes(
            codes=shape("input_embedding.weight")[0],
            width=shape("input_embedding.weight")[1],
            heads=shape("encoder.encoders.0.self_attn.pos_bias_u")[0],
            inner=shape("encoder.encoders.0.feed_forward.w_1.weight")[0],
            blocks=count("encoder.encoders."),
            up_blocks=count("encoder.up_encoders."),
            mel=shape("encoder_proj.weight")[0],
            speaker=shape("spk_embed_affine_layer.weight")[1],
            dit_width=shape("decoder.estimator.in_proj.weight")[0],
            dit_heads=shape(f"{block}.attn.to_q.weight")[0] // head_dim,
            dit_head_dim=head_dim,
            dit_depth=count("decoder.estimator.blocks."),
            dit_inner=shape(f"{block}.mlp.fc1.weight")[0],
        )


class Flow(nn.Module):
    """Encoder and diffusion transformer under their published names."""

    def __init__(self, sizes: FlowSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.input_embedding = nn.Embedding(sizes.codes, sizes.width)
        self.spk_embed_affine_layer = nn.Linear(sizes.speaker, sizes.mel)
        self.encoder = FlowEncoder(
            sizes.width, sizes.heads, sizes.inner, sizes.blocks, sizes.up_blocks
        )
        self.encoder_proj = nn.Linear(sizes.width, sizes.mel)
        dit = Dit(
            sizes.mel,
            sizes.dit_width,
            sizes.dit_heads,
            sizes.dit_head_dim,
            sizes.dit_depth,
            sizes.dit_inner,
        )
        self.decoder = nn.ModuleDict({"estimator": dit})

    @property
    def dit(self) -> Dit:
        """The diffusion transformer."""
        dit = self.decoder["estimator"]
        assert isinstance(dit, Dit)
        return dit

    def speaker(self, vector: Tensor) -> Tensor:
        """Project a speaker vector [speaker] to [mel]."""
        projected: Tensor = self.spk_embed_affine_layer(F.normalize(vector, dim=0))
        return projected

    def encode(self, codes: Tensor, cache: EncoderCache, last: bool) -> tuple[Tensor, EncoderCache]:
        """Return the mean of the frames [T, mel] of `codes` int64 [n], and the grown cache."""
        hidden, cache = self.encoder(self.input_embedding(codes), cache, last)
        return self.encoder_proj(hidden), cache
