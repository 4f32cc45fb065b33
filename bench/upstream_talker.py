"""The talker as upstream drives it: transformers' eager Llama, a growing cache, logits filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from video_commentary.engines.minicpmo.speech.audio_sampling import WINDOW
from video_commentary.engines.minicpmo.speech.talker import TalkerConfig


class UpstreamTalker:
    """Samples code after code, from the same tensors as ours."""

    def __init__(self, tensors: Mapping[str, Tensor], config: TalkerConfig) -> None:
        from transformers import DynamicCache, LlamaConfig, LlamaModel

        self._new_cache = DynamicCache
        width = len(tensors["model.norm.weight"])
        inner = len(tensors["model.layers.0.mlp.gate_proj.weight"])
        depth = sum(name.endswith("q_proj.weight") for name in tensors)
        with torch.device("meta"):
            self._model = LlamaModel(
                LlamaConfig(
                    vocab_size=8,
                    hidden_size=width,
                    intermediate_size=inner,
                    num_hidden_layers=depth,
                    num_attention_heads=config.num_heads,
                    num_key_value_heads=config.num_kv_heads,
                    rms_norm_eps=1e-6,
                )
            )
        self._model = self._model.to_empty(device=tensors["model.norm.weight"].device)
        state = {
            name.removeprefix("model."): value
            for name, value in tensors.items()
            if name.startswith("model.")
        }
        self._model.load_state_dict(state, strict=False, assign=True)
        head_dim = width // config.num_heads
        exponents = torch.arange(0, head_dim, 2).float() / head_dim
        rotary: Any = self._model.rotary_emb
        rotary.inv_freq = (1.0 / 10_000.0**exponents).to(state["norm.weight"].device)
        self._codes = tensors["emb_code.0.weight"]
        prefix = "head_code.0.parametrizations.weight.original"
        self._head = tensors[prefix + "0"] * F.normalize(tensors[prefix + "1"], dim=1)
        self._sampling = config.sampling
        self.start()

    def start(self) -> None:
        """Begin a turn."""
        self._cache = self._new_cache()
        self._kept: list[Tensor] = []

    @torch.inference_mode()
    def generate(self, rows: Tensor, count: int) -> list[int]:
        """Read rows [n, width], then sample `count` codes."""
        inputs = rows.to(self._codes.dtype)[None]
        codes = []
        for _ in range(count):
            out = self._model(inputs_embeds=inputs, past_key_values=self._cache, use_cache=True)
            code = self._sample(F.linear(out.last_hidden_state[:, -1], self._head))
            self._kept.append(code)
            codes.append(int(code))
            inputs = F.embedding(code, self._codes)[None]
        return codes

    def _sample(self, logits: Tensor) -> Tensor:
        s = self._sampling
        scores = logits.float() / s.temperature
        if self._kept:
            recent = torch.cat(self._kept[-WINDOW:])
            count = F.one_hot(recent, scores.shape[1]).sum(0)
            alpha = torch.pow(s.repetition_penalty, count)
            scores = torch.where(scores < 0, scores * alpha, scores / alpha)
            ordered, indices = torch.sort(scores, descending=False)
            drop = ordered.softmax(-1).cumsum(-1) <= 1 - s.top_p
            drop[..., -s.min_tokens_to_keep :] = False
            scores = scores.masked_fill(drop.scatter(1, indices, drop), float("-inf"))
            scores = scores.masked_fill(
                scores < torch.topk(scores, s.top_k)[0][..., -1, None], float("-inf")
            )
        return torch.multinomial(scores.softmax(-1), 1)[0]
