"""Text and the language model's hidden states to audio codes: `tts.*`, a small Llama."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kernels.launching import compiling
from ..kernels.reference import RMSNorm, interleave
from ..language.attention import AttentionConfig
from ..language.cuda_graph import CudaGraphed
from ..language.decoder import Decoder
from ..language.layer_weights import LayerWeights
from ..language.linear import DenseLinear
from .audio_sampling import WINDOW, AudioSamplingParams, TurnState, code_sampler, sample_next_code

HOST_TENSOR = "emb_text.weight"
"""230 MB of which a group of tokens needs ten rows: not on the device."""
MAX_NEW_CODES = 500
"""Codes after which a group ends even without an EOS code: 20 s."""
_PREFILL_ROWS = (16, 32, 64, 128)
"""Numbers of rows whose prefill is captured: a group has 11 or 12."""
MAX_SEQ_LEN = 2048
"""Positions kept of one turn: about 80 s of speech."""


@dataclass(frozen=True, kw_only=True)
class TalkerConfig:
    """The values of `tts_config` that the tensors do not show.

    `sampling` is not among them: upstream samples with constants, and a config that transformers
    saved carries the defaults of any model under the same names.
    """

    num_heads: int
    num_kv_heads: int
    text_eos_id: int
    audio_bos_id: int
    sliding_recompute: bool
    sampling: AudioSamplingParams = field(default_factory=AudioSamplingParams)

    @staticmethod
    def from_tts_config(config: Mapping[str, Any]) -> TalkerConfig:
        """Read `tts_config`. Raise ValueError if its attention type is not supported."""
        attention = config.get("attention_type", "sliding_recompute")
        if attention not in {"full_attention", "sliding_recompute"}:
            raise ValueError(
                f"tts_config.attention_type {attention!r} is neither full_attention nor "
                "sliding_recompute"
            )
        return TalkerConfig(
            num_heads=config["num_attention_heads"],
            num_kv_heads=config.get("num_key_value_heads", config["num_attention_heads"]),
            text_eos_id=config.get("text_eos_token_id", 151692),
            audio_bos_id=config.get("audio_bos_token_id", 151687),
            sliding_recompute=attention == "sliding_recompute",
        )


class Talker:
    """Speaks a turn group by group: `start`, then `generate` for each group of text tokens.

    `tensors`: all under `tts.` by their published names, without that prefix, on the device and in
    the dtype to compute in. `sample`: chooses an id, int64 [1], from processed logits
    [num_audio_tokens]; by default one is sampled.
    `text_rows`: returns rows [n, width] of HOST_TENSOR, which is then not taken from `tensors`.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        config: TalkerConfig,
        *,
        max_seq_len: int = MAX_SEQ_LEN,
        sample: Callable[[Tensor], Tensor] | None = None,
        text_rows: Callable[[Sequence[int]], Tensor] | None = None,
    ) -> None:
        self._config = config
        self._sample_code = sample
        self._text_rows = text_rows or tensors[HOST_TENSOR].cpu().__getitem__
        self._emb_code = tensors["emb_code.0.weight"]
        self._projector_semantic = [
            tensors[f"projector_semantic.linear{layer}.{part}"]
            for layer in (1, 2)
            for part in ("weight", "bias")
        ]
        self._eos_id = len(self._emb_code) - 1
        self._head_code = DenseLinear(
            _fold_weight_norm(tensors, "head_code.0.parametrizations.weight.")
        )
        self._decoder = _load_decoder(tensors, config, max_seq_len)
        device = self._emb_code.device
        self._state = TurnState(
            count=torch.zeros(1, dtype=torch.int64, device=device),
            position=torch.zeros(1, dtype=torch.int32, device=device),
            embeds=torch.zeros(1, self._emb_code.shape[1], device=device),
            code=torch.zeros(1, dtype=torch.int64, device=device),
            recent=torch.full((WINDOW,), -1, device=device),
            # the first code of a group, and the one after the last
            uniforms=torch.zeros(MAX_NEW_CODES + 2, device=device),
        )
        self._sample_next = code_sampler(self._emb_code, config.sampling)
        self._decode = CudaGraphed(self._decode_code, read_in_place=True)
        self._first_code = CudaGraphed(self._sample_first)
        self._marks = self._embed_text(torch.tensor([config.text_eos_id, config.audio_bos_id]))
        self._host_copy = _HostCopy(device)
        self.start()

    def start(self) -> None:
        """Begin a turn."""
        self._seq_len = 0
        self._previous: Tensor | None = None
        self._state.recent.fill_(-1)

    @torch.inference_mode()
    def compile(self) -> None:
        """Compile the kernels. On a CPU there is nothing to do."""
        device = self._emb_code.device
        if device.type == "cuda":
            with compiling(device):
                self._decoder.compile(self._head_code)
                self._sample(torch.zeros(len(self._emb_code), device=device))

    @torch.inference_mode()
    def capture(self) -> None:
        """Capture the decode steps as CUDA graphs."""
        self._state.position.zero_()
        self._decode.capture(self._state.embeds)
        self._first_code.capture(self._state.embeds)
        self._decoder.capture_prefill(_PREFILL_ROWS)
        self.start()

    @torch.inference_mode()
    def condition(self, ids: Tensor, hidden: Tensor) -> Tensor:
        """Return the talker's input [n, talker width] for text `ids` [n].

        `hidden` [n, hidden_size]: the language model's hidden states of these tokens.
        """
        w1, b1, w2, b2 = self._projector_semantic
        inner = F.relu(F.linear(hidden.to(w1), w1, b1))
        semantic = F.linear(inner, w2, b2).float()
        return self._embed_text(ids) + F.normalize(semantic, dim=1, eps=1e-12)

    @torch.inference_mode()
    def generate(self, condition: Tensor, last: bool) -> Iterator[int]:
        """Yield the audio codes of a group of text tokens; `last` ends the turn.

        May be abandoned at any code, but then only a new turn can follow.
        """
        (code,) = self._first_code(self._prefill(condition, last))
        codes: list[int] = []
        while len(codes) < MAX_NEW_CODES:
            wait = self._host_copy.start(code)
            # on a GPU the next step runs while the host reads this code, unused after an EOS
            ahead = self._decode(self._state.embeds) if code.is_cuda else None
            value = wait()
            if value == self._eos_id:
                break
            codes.append(value)
            yield value
            (code,) = ahead or self._decode(self._state.embeds)
        else:
            self._state.recent.copy_(torch.tensor(codes[-WINDOW:]))
        self._seq_len += len(codes)
        if self._config.sliding_recompute and self._previous is not None:
            ids = torch.tensor(codes, dtype=torch.int64, device=self._emb_code.device)
            self._previous = torch.cat([self._previous, self._emb_code[ids].float()])

    def _prefill(self, condition: Tensor, last: bool) -> Tensor:
        """Read a group into the KV cache; return the hidden state [1, width] to sample from."""
        group = torch.cat([condition, self._marks if last else self._marks[1:]])
        rows = group
        if self._config.sliding_recompute:
            # the context is the previous group alone, computed again from position 0
            rows = group if self._previous is None else torch.cat([self._previous, group])
            self._seq_len, self._previous = 0, group
        if self._seq_len + len(rows) + MAX_NEW_CODES > self._decoder.max_seq_len:
            self._seq_len = 0
        hidden = self._decoder.prefill(rows, self._seq_len)
        self._seq_len += len(rows)
        state = self._state
        state.uniforms.uniform_()
        state.count.zero_()
        # not EOS
        state.code.zero_()
        # sampling goes one further; at last, since the sampling kernel reads the rest early
        state.position.fill_(self._seq_len - 1)
        return hidden

    def _embed_text(self, ids: Tensor) -> Tensor:
        return self._text_rows(ids.tolist()).to(self._emb_code).float()

    def _decode_code(self, embeds: Tensor) -> tuple[Tensor, ...]:
        """Decode a code's `embeds` [1, width] and sample the next; captured as a graph."""
        x = self._decoder.decode_layers(embeds, self._state.position)
        return self._sample(self._head_code.gemv(x, norm=self._decoder.norm)[0])

    def _sample_first(self, hidden: Tensor) -> tuple[Tensor, ...]:
        """Sample a code from a hidden state [1, width]; captured as a graph."""
        return self._sample(self._head_code.gemv(hidden)[0])

    def _sample(self, logits: Tensor) -> tuple[Tensor, ...]:
        if self._sample_code is None:
            self._sample_next(logits, self._state)
        else:
            params = self._config.sampling
            sample_next_code(logits, self._state, self._emb_code, params, self._sample_code)
        return (self._state.code,)


class _HostCopy:
    """Copies codes to the host while the device continues."""

    def __init__(self, device: torch.device) -> None:
        self._host = torch.zeros(1, dtype=torch.int64, pin_memory=device.type == "cuda")

    def start(self, code: Tensor) -> Callable[[], int]:
        """Begin to copy `code` [1]; the result waits for its value, before the next `start`."""
        self._host.copy_(code, non_blocking=True)
        if not code.is_cuda:
            return lambda: int(self._host)
        copied = torch.cuda.Event()
        copied.record()

        def wait() -> int:
            copied.synchronize()
            return int(self._host)

        return wait


def _fold_weight_norm(tensors: Mapping[str, Tensor], prefix: str) -> Tensor:
    gain, direction = tensors[prefix + "original0"], tensors[prefix + "original1"]
    unit = F.normalize(direction.float(), dim=1)
    return (gain.float() * unit).to(direction.dtype)


def _load_decoder(tensors: Mapping[str, Tensor], config: TalkerConfig, max_seq_len: int) -> Decoder:
    eps, rope_theta = 1e-6, 10_000.0
    norm = tensors["model.norm.weight"]
    num_layers = sum(name.endswith(".self_attn.q_proj.weight") for name in tensors)

    def layer(i: int) -> LayerWeights:
        def get(name: str) -> Tensor:
            return tensors[f"model.layers.{i}.{name}.weight"]

        return LayerWeights(
            input_layernorm=RMSNorm(get("input_layernorm"), eps),
            qkv_proj=DenseLinear(torch.cat([get(f"self_attn.{part}_proj") for part in "qkv"])),
            q_norm=None,
            k_norm=None,
            o_proj=DenseLinear(get("self_attn.o_proj")),
            post_attention_layernorm=RMSNorm(get("post_attention_layernorm"), eps),
            gate_up_proj=DenseLinear(interleave(get("mlp.gate_proj"), get("mlp.up_proj"))),
            down_proj=DenseLinear(get("mlp.down_proj")),
        )

    return Decoder(
        AttentionConfig(
            num_heads=config.num_heads,
            num_kv_heads=config.num_kv_heads,
            head_dim=len(norm) // config.num_heads,
            rope_theta=rope_theta,
        ),
        [layer(i) for i in range(num_layers)],
        RMSNorm(norm, eps),
        max_seq_len=max_seq_len,
        dtype=norm.dtype,
    )
