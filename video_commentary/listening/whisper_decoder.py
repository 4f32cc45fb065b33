"""Whisper's decoder on numpy, one token a step, for a search that CTranslate2 has no hook for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .whisper_weights import read_decoder

Array = NDArray[np.float32]
Integers = NDArray[np.int64]
_EPSILON = np.float32(1e-5)


@dataclass
class DecoderCache:
    """What the decoder has seen: of the sound, and of the tokens of each hypothesis.

    `sound`: keys and values of each layer, shape [heads, positions, head_dim]. `keys`, `values`: of
    each layer, shape [hypotheses, heads, tokens, head_dim].
    """

    sound: list[tuple[Array, Array]]
    keys: list[Array] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)

    @property
    def length(self) -> int:
        """The number of tokens that were seen."""
        return self.keys[0].shape[2] if self.keys else 0

    def keep(self, hypotheses: Integers) -> None:
        """Go on with these hypotheses, each of which may be there several times."""
        self.keys = [keys[hypotheses] for keys in self.keys]
        self.values = [values[hypotheses] for values in self.values]


class WhisperDecoder:
    """The decoder of a model in CTranslate2's format, in float32."""

    def __init__(self, path: Path) -> None:
        """Read `path`, a model.bin. Raise WeightsError, OSError."""
        self._weights = read_decoder(path)
        self._layers = sum(name.endswith("/ffn/linear_0/weight") for name in self._weights)
        self._heads = int(self._weights["num_heads"])
        self.embeddings = self._weights.pop("embeddings/weight").astype(np.float16)
        """Of each token, in half precision until tokens are chosen, shape [tokens, width]."""

    @property
    def width(self) -> int:
        """Values of a hidden state."""
        return int(self.embeddings.shape[1])

    def choose(self, tokens: Sequence[int]) -> None:
        """Keep these tokens only, which are numbered from 0 from now on."""
        self.embeddings = self.embeddings[list(tokens)].astype(np.float32)

    def begin(self, encoded: Array) -> DecoderCache:
        """Return a cache for encoded sound of shape [positions, width], and no token."""
        sound = []
        for layer in range(self._layers):
            both = self._linear(encoded, f"layer_{layer}/attention/linear_1")
            keys, values = np.split(both, 2, axis=1)
            sound.append((self._by_head(keys[None])[0], self._by_head(values[None])[0]))
        return DecoderCache(sound)

    def step(self, tokens: Integers, cache: DecoderCache) -> Array:
        """Take the next token of each hypothesis; return hidden states [hypotheses, width].

        Their product with `embeddings` are the logits of the token that follows.
        """
        hidden = (
            self.embeddings[tokens] + self._weights["position_encodings/encodings"][cache.length]
        )
        first = not cache.keys
        for layer in range(self._layers):
            name = f"layer_{layer}/self_attention"
            query, key, value = np.split(
                self._linear(self._norm(hidden, f"{name}/layer_norm"), f"{name}/linear_0"),
                3,
                axis=1,
            )
            new = self._by_head(key[:, None]), self._by_head(value[:, None])
            if first:
                cache.keys.append(new[0])
                cache.values.append(new[1])
            else:
                cache.keys[layer] = np.concatenate([cache.keys[layer], new[0]], axis=2)
                cache.values[layer] = np.concatenate([cache.values[layer], new[1]], axis=2)
            seen = self._attend(query, cache.keys[layer], cache.values[layer])
            hidden = hidden + self._linear(seen, f"{name}/linear_1")
            name = f"layer_{layer}/attention"
            query = self._linear(self._norm(hidden, f"{name}/layer_norm"), f"{name}/linear_0")
            heard = self._attend(query, *cache.sound[layer])
            hidden = hidden + self._linear(heard, f"{name}/linear_2")
            name = f"layer_{layer}/ffn"
            inner = self._linear(self._norm(hidden, f"{name}/layer_norm"), f"{name}/linear_0")
            hidden = hidden + self._linear(_gelu(inner), f"{name}/linear_1")
        return self._norm(hidden, "layer_norm")

    def _linear(self, values: Array, name: str) -> Array:
        product: Array = values @ self._weights[f"{name}/weight"].T + self._weights[f"{name}/bias"]
        return product

    def _norm(self, values: Array, name: str) -> Array:
        centred = values - values.mean(axis=-1, keepdims=True)
        variance = (centred**2).mean(axis=-1, keepdims=True)
        scaled: Array = centred / np.sqrt(variance + _EPSILON) * self._weights[f"{name}/gamma"]
        return scaled + self._weights[f"{name}/beta"]

    def _by_head(self, values: Array) -> Array:
        """Return [n, tokens, width] as [n, heads, tokens, head_dim]."""
        count, tokens, width = values.shape
        split = values.reshape(count, tokens, self._heads, width // self._heads)
        by_head: Array = split.transpose(0, 2, 1, 3)
        return by_head

    def _attend(self, query: Array, keys: Array, values: Array) -> Array:
        """Return what queries [n, width] find; keys and values of all hypotheses or of each."""
        count, width = query.shape
        size = width // self._heads
        heads = query.reshape(count, self._heads, 1, size) * np.float32(size**-0.5)
        if keys.ndim == 3:  # the same of all: one product a head
            heads = heads[:, :, 0].transpose(1, 0, 2)
            found = _softmax(heads @ keys.transpose(0, 2, 1)) @ values
            found = found.transpose(1, 0, 2)
        else:
            found = _softmax(heads @ keys.transpose(0, 1, 3, 2)) @ values
        joined: Array = found.reshape(count, width)
        return joined


def log_softmax(logits: Array) -> Array:
    """Return log probabilities over the last axis."""
    highest = logits.max(axis=-1, keepdims=True)
    shifted = logits - highest
    normalized: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalized


def _softmax(scores: Array) -> Array:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    normalized: Array = weights / weights.sum(axis=-1, keepdims=True)
    return normalized


def _gelu(values: Array) -> Array:
    inner = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    gated: Array = np.float32(0.5) * values * (1 + np.tanh(inner))
    return gated
