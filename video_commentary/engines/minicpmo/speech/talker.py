"""From text and the language model's hidden states to audio codes: the speaking decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..language.capture import Captured
from ..language.decoder import Decoder, DecoderSizes, LayerWeights
from ..language.heads import Heads
from ..language.linear import DenseLinear
from ..language.norm import Norm, interleaved
from .audio_sampling import WINDOW, AudioSampling, draw, remember

MOST_CODES = 500
"""Codes after which a group of words ends even without the end of audio: 20 s."""
_FEW_ROWS = 16
"""Rows up to which captured steps are faster than reading them at once without a graph."""
CAPACITY = 2048
"""Positions kept of one turn: about 80 s of speech."""


@dataclass(frozen=True)
class TalkerConfig:
    """What `tts_config` tells that the tensors don't."""

    heads: int
    kv_heads: int
    text_end: int
    audio_begin: int
    recompute: bool
    sampling: AudioSampling

    @staticmethod
    def of(config: Mapping[str, Any]) -> TalkerConfig:
        """Read `tts_config`. Raise ValueError where it names an attention unknown here."""
        attention = config.get("attention_type", "full_attention")
        if attention not in {"full_attention", "sliding_recompute"}:
            raise ValueError(
                f"tts_config.attention_type {attention!r} is neither full_attention nor "
                "sliding_recompute"
            )
        return TalkerConfig(
            heads=config["num_attention_heads"],
            kv_heads=config.get("num_key_value_heads", config["num_attention_heads"]),
            text_end=config["text_eos_token_id"],
            audio_begin=config["audio_bos_token_id"],
            recompute=attention == "sliding_recompute",
            sampling=AudioSampling(
                temperature=config.get("temperature", 0.8),
                top_p=config.get("top_p", 0.85),
                top_k=config.get("top_k", 25),
                repetition_penalty=config.get("repetition_penalty", 1.05),
            ),
        )


class Talker:
    """Speaks a turn group by group: `start`, then `speak` for each group of words.

    `tensors`: all under `tts.` by their published names, without that prefix, on the device and in
    the dtype to compute in. `drawing`: chooses an id, int64 [1], by log-scores [A].
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        config: TalkerConfig,
        capacity: int = CAPACITY,
        drawing: Callable[[Tensor], Tensor] = draw,
    ) -> None:
        self._config = config
        self._drawing = drawing
        # 230 MB of which a group needs ten rows: not on the device
        self._text = tensors["emb_text.weight"].cpu()
        self._codes = tensors["emb_code.0.weight"]
        self._projector = [
            tensors[f"projector_semantic.linear{layer}.{part}"]
            for layer in (1, 2)
            for part in ("weight", "bias")
        ]
        self._end = len(self._codes) - 1
        self._head = DenseLinear(_folded(tensors, "head_code.0.parametrizations.weight."))
        self._decoder = _decoder(tensors, config, capacity)
        device = self._codes.device
        self._position = torch.zeros(1, dtype=torch.int32, device=device)
        self._recent = torch.full((WINDOW,), -1, device=device)
        self._step = Captured(self._next)
        self._read = Captured(self._read_row)
        self._reader = _Reader(device)
        self.start()

    def start(self) -> None:
        """Begin a turn."""
        self._used = 0
        self._before: Tensor | None = None
        self._recent.fill_(-1)

    @torch.inference_mode()
    def record(self) -> None:
        """Record the step as a CUDA graph."""
        self._position.zero_()
        self._step.record(torch.zeros(1, dtype=torch.int64, device=self._recent.device))
        self._read.record(torch.zeros(1, self._codes.shape[1], device=self._recent.device))
        self.start()

    @torch.inference_mode()
    def conditions(self, ids: Tensor, hidden: Tensor) -> Tensor:
        """Return what is to be said, [n, D], of text `ids` [n] and their `hidden` states [n, H]."""
        w1, b1, w2, b2 = self._projector
        inner = F.relu(F.linear(hidden.to(w1), w1, b1))
        meaning = F.linear(inner, w2, b2).float()
        return self._words(ids) + F.normalize(meaning, dim=1, eps=1e-12)

    @torch.inference_mode()
    def speak(self, conditions: Tensor, last: bool) -> Iterator[int]:
        """Yield the audio codes of a group of words; `last` closes the turn.

        May be left off at any code, but then only a new turn can follow.
        """
        code = self._draw(self._hear(conditions, last))
        spoken: list[int] = []
        while len(spoken) < MOST_CODES:
            reading = self._reader.start(code)
            # on a GPU the next step runs while the host reads this code, in vain at the end
            ahead = self._step(code) if code.is_cuda else None
            value = reading()
            if value == self._end:
                break
            spoken.append(value)
            yield value
            (code,) = ahead or self._step(code)
        else:
            self._recent.copy_(torch.tensor(spoken[-WINDOW:]))
        self._used += len(spoken)
        if self._config.recompute and self._before is not None:
            codes = torch.tensor(spoken, dtype=torch.int64, device=self._codes.device)
            self._before = torch.cat([self._before, self._codes[codes].float()])

    def _hear(self, conditions: Tensor, last: bool) -> Tensor:
        """Read a group of words into the cache; return the hidden state [1, D] to draw from."""
        markers = [self._config.text_end] * last + [self._config.audio_begin]
        rows = torch.cat([conditions, self._words(torch.tensor(markers))])
        everything = rows
        if self._config.recompute:
            # only the group just before is heard again, from position 0
            everything = rows if self._before is None else torch.cat([self._before, rows])
            self._used, self._before = 0, rows
        if self._used + len(everything) + MOST_CODES > self._decoder.capacity:
            self._used = 0
        self._position.fill_(self._used)
        self._used += len(everything)
        if rows.is_cuda and len(everything) <= _FEW_ROWS:
            for i in range(len(everything)):
                (hidden,) = self._read(everything[i : i + 1])
            return hidden
        hidden = self._decoder.prefill(everything, self._used - len(everything))
        self._position.fill_(self._used)
        return hidden[-1:]

    def _read_row(self, row: Tensor) -> tuple[Tensor, ...]:
        """Read one row [1, D]: the other step that becomes a graph."""
        hidden = self._decoder.step(row, self._position)
        self._position.add_(1)
        return (hidden,)

    def _words(self, ids: Tensor) -> Tensor:
        return self._text[ids.cpu()].to(self._codes.device).float()

    def _next(self, code: Tensor) -> tuple[Tensor, ...]:
        """Read one code, int64 [1], and draw the next: the step that becomes a graph."""
        hidden = self._decoder.step(self._codes[code].float(), self._position)
        self._position.add_(1)
        before = self._recent.clone()
        drawn = self._draw(hidden)
        # what a step draws after the end doesn't count
        self._recent.copy_(torch.where(code == self._end, before, self._recent))
        return (drawn,)

    def _draw(self, hidden: Tensor) -> Tensor:
        logits = self._head.row(hidden)[0]
        code = self._drawing(self._config.sampling.filtered(logits, self._recent))
        self._recent.copy_(remember(self._recent, code, self._end))
        return code


class _Reader:
    """Reads codes from the device while it goes on."""

    def __init__(self, device: torch.device) -> None:
        self._host = torch.zeros(1, dtype=torch.int64, pin_memory=device.type == "cuda")

    def start(self, code: Tensor) -> Callable[[], int]:
        """Begin to read `code` [1]; the result waits for its value, before the next `start`."""
        self._host.copy_(code, non_blocking=True)
        if not code.is_cuda:
            return lambda: int(self._host)
        copied = torch.cuda.Event()
        copied.record()

        def value() -> int:
            copied.synchronize()
            return int(self._host)

        return value


def _folded(tensors: Mapping[str, Tensor], prefix: str) -> Tensor:
    gain, direction = tensors[prefix + "original0"], tensors[prefix + "original1"]
    unit = F.normalize(direction.float(), dim=1)
    return (gain.float() * unit).to(direction.dtype)


def _decoder(tensors: Mapping[str, Tensor], config: TalkerConfig, capacity: int) -> Decoder:
    eps, theta = 1e-6, 10_000.0
    final = tensors["model.norm.weight"]
    depth = sum(name.endswith(".self_attn.q_proj.weight") for name in tensors)

    def layer(i: int) -> LayerWeights:
        def get(name: str) -> Tensor:
            return tensors[f"model.layers.{i}.{name}.weight"]

        return LayerWeights(
            norm=Norm(get("input_layernorm"), eps),
            qkv=DenseLinear(torch.cat([get(f"self_attn.{part}_proj") for part in "qkv"])),
            q_norm=None,
            k_norm=None,
            out=DenseLinear(get("self_attn.o_proj")),
            mlp_norm=Norm(get("post_attention_layernorm"), eps),
            gate_up=DenseLinear(interleaved(get("mlp.gate_proj"), get("mlp.up_proj"))),
            down=DenseLinear(get("mlp.down_proj")),
        )

    heads = Heads(config.heads, config.kv_heads, len(final) // config.heads)
    return Decoder(
        DecoderSizes(heads, theta),
        [layer(i) for i in range(depth)],
        Norm(final, eps),
        capacity,
        final.dtype,
    )
