"""Mel frames to embeddings: Whisper's encoder, the projector, and the mean of each five."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import sdpa_kernel

from ..config import HearingConfig
from ..language.cuda_graph import CudaGraphed
from ..vision.layers import SDPA_BACKENDS
from .log_mel import CHUNK_FRAMES

EPS = 1e-5
"""Of the layer norms."""
_FLOAT16_LIMIT = 64504.0
"""Magnitude to which a layer's output is clamped in float16, as upstream does."""

LoadTensor = Callable[[str], Tensor]
WeightAndBias = tuple[Tensor, Tensor]


def count_positions(frames: int) -> int:
    """Return the encoder's positions for a number of mel frames: half as many, rounded up."""
    return (frames + 1) // 2


class SoundEncoder:
    """The encoder and the projector: mel in, ten embeddings a second out."""

    def __init__(self, load: LoadTensor, config: HearingConfig) -> None:
        """Take weights from `load`, in the dtype to compute in."""
        self.encoder = WhisperEncoder(load, config)
        self.projector = SoundProjector(load, config.pool_step)
        self._bins = config.num_mel_bins
        self._capacity = config.num_positions
        self._cached = 0
        self._step = CudaGraphed(self._encode_chunk)

    def count(self, mel: Tensor) -> int:
        """Return the number of embeddings that a whole sound, mel [bins, T], gives."""
        return count_positions(mel.shape[1]) // self.projector.pool_step

    def restart(self) -> None:
        """Begin another stream: forget what was heard."""
        self._cached = 0
        self.encoder.clear()

    @torch.inference_mode()
    def capture(self) -> None:
        """Capture the graph that encodes a second of a stream."""
        like = self.encoder.embed_positions
        mel = like.new_zeros(self._bins, CHUNK_FRAMES)
        self._step.capture(mel, torch.zeros(1, dtype=torch.int64, device=like.device))
        self.restart()

    @torch.inference_mode()
    def stream(self, mel: Tensor) -> Tensor:
        """Encode the next piece of the stream, mel [bins, T], to [T // 10, hidden_size].

        It attends to itself and to all that is in the KV cache. When that is full it is dropped.
        """
        mel = mel.to(self.encoder.embed_positions)
        length = count_positions(mel.shape[1])
        if self._cached + length >= self._capacity:
            self.restart()
        start = torch.tensor([self._cached], device=mel.device)
        (embeds,) = self._step(mel, start)
        self._cached += length
        return embeds.clone()  # the next replay overwrites what a graph gives

    @torch.inference_mode()
    def whole(self, mels: Sequence[Tensor]) -> list[Tensor]:
        """Encode whole sounds, mel [bins, T] each, as one batch; the stream is not touched.

        Each second attends to itself and to the earlier ones. A last second that is not full gets
        other embeddings beside a longer sound: padding is visible to it, as upstream has it.
        """
        lengths = [mel.shape[1] for mel in mels]
        longest = max(lengths)
        padded = torch.stack([F.pad(mel, (0, longest - mel.shape[1])) for mel in mels])
        encoded = self.encoder.whole(padded.to(self.encoder.embed_positions), lengths)
        return [
            self.projector(x[: count_positions(length)])
            for x, length in zip(encoded, lengths, strict=True)
        ]

    def _encode_chunk(self, mel: Tensor, start: Tensor) -> tuple[Tensor, ...]:
        return (self.projector(self.encoder.step(mel, start)),)


class WhisperEncoder:
    """Whisper's encoder, `apm.*`. `kv_cache`: [layers, 2, heads, positions, head_dim]."""

    def __init__(self, load: LoadTensor, config: HearingConfig) -> None:
        self._conv1 = _weight_and_bias(load, "apm.conv1")
        self._conv2 = _weight_and_bias(load, "apm.conv2")
        self.embed_positions = load("apm.embed_positions.weight")
        self.layers = [
            WhisperLayer(load, f"apm.layers.{i}", config.num_heads)
            for i in range(config.num_layers)
        ]
        self._layer_norm = _weight_and_bias(load, "apm.layer_norm")
        self._block = config.block_positions
        positions, width = self.embed_positions.shape
        head_dim = width // config.num_heads
        with torch.inference_mode():
            self.kv_cache = self.embed_positions.new_zeros(
                config.num_layers, 2, config.num_heads, positions, head_dim
            )
            self._indices = torch.arange(positions, device=self.embed_positions.device)

    def clear(self) -> None:
        """Zero the KV cache: NaN would reach later pieces through their mask."""
        with torch.inference_mode():
            self.kv_cache.zero_()

    def step(self, mel: Tensor, start: Tensor) -> Tensor:
        """Encode one piece of a stream, mel [bins, T], to [positions, width].

        `start`: int64 [1], the number of positions in the KV cache, to which its own are added.
        """
        x = self.convolve(mel[None])
        rows = start + self._indices[: x.shape[1]]
        x = x + self.embed_positions[rows]
        # every graph sees the whole cache; what is not filled yet is masked
        mask = (self._indices < start + x.shape[1]).expand(x.shape[1], -1)
        for layer, cache in zip(self.layers, self.kv_cache, strict=True):
            x = layer(x, mask, cache, rows)
        return self._normalized(x)[0]

    def whole(self, mels: Tensor, lengths: Sequence[int]) -> Tensor:
        """Encode whole sounds [n, bins, T] to [n, positions, width].

        `lengths`: frames of each, of which the rest is padding.
        """
        x = self.convolve(mels)
        x = x + self.embed_positions[: x.shape[1]]
        index = self._indices[: x.shape[1]]
        causal = index // self._block <= index[:, None] // self._block
        # compared with frames, of which there are twice as many as positions: as upstream does
        valid = index < torch.tensor(lengths, device=index.device)[:, None]
        mask = (causal & valid[:, None])[:, None]
        for layer in self.layers:
            x = layer(x, mask)
        return self._normalized(x)

    def convolve(self, mels: Tensor) -> Tensor:
        """Map mel [n, bins, T] to [n, positions, width], without positions."""
        x = F.gelu(F.conv1d(mels, *self._conv1, padding=1))
        return F.gelu(F.conv1d(x, *self._conv2, stride=2, padding=1)).transpose(1, 2)

    def _normalized(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], *self._layer_norm, EPS)


class WhisperLayer:
    """One layer, pre-norm, of `apm.layers.*`."""

    def __init__(self, load: LoadTensor, name: str, num_heads: int) -> None:
        self._num_heads = num_heads
        q, k, v = (load(f"{name}.self_attn.{part}_proj.weight") for part in "qkv")
        q_bias, v_bias = (load(f"{name}.self_attn.{part}_proj.bias") for part in "qv")
        bias = torch.cat([q_bias, torch.zeros_like(q_bias), v_bias])
        self._qkv_proj = torch.cat([q, k, v]), bias
        self._out_proj = _weight_and_bias(load, f"{name}.self_attn.out_proj")
        self._attention_norm = _weight_and_bias(load, f"{name}.self_attn_layer_norm")
        self._final_norm = _weight_and_bias(load, f"{name}.final_layer_norm")
        self._fc1 = _weight_and_bias(load, f"{name}.fc1")
        self._fc2 = _weight_and_bias(load, f"{name}.fc2")

    def __call__(
        self, x: Tensor, mask: Tensor, cache: Tensor | None = None, rows: Tensor | None = None
    ) -> Tensor:
        """Map [n, positions, width] to the same shape.

        `mask`: true where a query, the last dimension but one, attends to a key, the last. With a
        `cache` [2, heads, positions, head_dim], keys and values are put into its `rows`, and all
        of it is attended to.
        """
        y = F.layer_norm(x, x.shape[-1:], *self._attention_norm, EPS)
        qkv = F.linear(y, *self._qkv_proj).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (self._num_heads, -1)).transpose(1, 2) for part in qkv)
        if cache is not None and rows is not None:
            cache.index_copy_(2, rows, torch.cat([k, v]))
            k, v = cache.split(1)
        with sdpa_kernel(SDPA_BACKENDS):
            y = F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).flatten(2)
        x = x + F.linear(y, *self._out_proj)
        y = F.layer_norm(x, x.shape[-1:], *self._final_norm, EPS)
        x = x + F.linear(F.gelu(F.linear(y, *self._fc1)), *self._fc2)
        if x.dtype is torch.float16:
            x = x.clamp(-_FLOAT16_LIMIT, _FLOAT16_LIMIT)
        return x


class SoundProjector:
    """`audio_projection_layer.*`, then the mean of each `pool_step` positions."""

    def __init__(self, load: LoadTensor, pool_step: int) -> None:
        self._linear1 = _weight_and_bias(load, "audio_projection_layer.linear1")
        self._linear2 = _weight_and_bias(load, "audio_projection_layer.linear2")
        self.pool_step = pool_step

    def __call__(self, x: Tensor) -> Tensor:
        """Map [positions, width] to [positions // pool_step, hidden_size]."""
        y = F.linear(F.relu(F.linear(x, *self._linear1)), *self._linear2)
        whole = len(y) - len(y) % self.pool_step
        return y[:whole].unflatten(0, (-1, self.pool_step)).mean(1)


def _weight_and_bias(load: LoadTensor, name: str) -> WeightAndBias:
    return load(f"{name}.weight"), load(f"{name}.bias")
