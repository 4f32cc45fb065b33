"""What the model hears: the scene's sound as it comes, second by second, and whole sounds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ....core.audio import AudioFormat, Pcm
from ....core.engine import EngineError
from ....core.resample import PcmResampler, resample
from ....core.stamp import Stamp, from_seconds
from ..checkpoint import Tensors
from ..config import HearingConfig, ModelConfig
from ..memory import use_device
from .encoder import SoundEncoder
from .log_mel import MAX_SAMPLES, RATE, MelStream, sound_mel

FORMAT = AudioFormat(RATE)
"""What the model hears, whatever comes."""
MAX_SECONDS = 30
"""Seconds of the scene's sound that are kept."""
MAX_JUMP = from_seconds(0.5)
"""A stamp this far from the end of the sound before it begins another stream."""


@dataclass(frozen=True, eq=False)
class HeardSecond:
    """A second of the scene's sound, up to `end`: embeddings [10, hidden_size]."""

    end: Stamp
    embeds: Tensor


class Hearing:
    """Encodes sound on `stream`, None on a CPU.

    `hear` and the other methods may run on different threads.
    """

    def __init__(
        self, encoder: SoundEncoder, config: HearingConfig, stream: torch.cuda.Stream | None
    ) -> None:
        self._encoder = encoder
        self._device = encoder.encoder.embed_positions.device
        self._bins = config.num_mel_bins
        self._stream = stream
        self._mel = MelStream(self._bins)
        self._format = FORMAT
        self._resampler = PcmResampler(FORMAT, FORMAT)
        self._waiting = np.zeros(0, np.int16)
        self._end: Stamp = 0  # of what was heard last
        self._seconds: deque[HeardSecond] = deque(maxlen=MAX_SECONDS)
        self._lock = threading.Lock()

    def capture(self) -> None:
        """Capture the CUDA graph of a streamed second, and check it.

        Raise EngineError if the encoder does not give finite numbers.
        """
        if self._stream is not None:  # the weights come on another
            self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with self._on_stream():
            self._encoder.capture()
            embeds = self._encoder.stream(sound_mel(torch.zeros(RATE), self._bins))
            finite = bool(embeds.isfinite().all())
            self._encoder.restart()
        if not finite:
            raise EngineError(
                "hearing computes NaN or infinity: its weights are damaged, or made for another "
                "dtype. Set hear:=false",
                retry=False,
            )

    def hear(self, pcm: Pcm, stamp: Stamp) -> None:
        """Encode every second of the scene's sound that `pcm` completes; the rest waits.

        `stamp`: of its first sample. A gap, a jump or another format begins a new stream. Raise
        EngineError if soxr is missing, which converts other rates.
        """
        if pcm.format != self._format or abs(stamp - self._end) > MAX_JUMP:
            self._restart(pcm.format, forget=stamp < self._end)
        self._end = stamp + from_seconds(pcm.duration)
        self._waiting = np.concatenate([self._waiting, self._resampler.push(pcm).samples])
        while len(self._waiting) >= RATE:
            second, self._waiting = self._waiting[:RATE], self._waiting[RATE:]
            mel = self._mel.push(to_float(second))
            with self._on_stream():
                embeds = self._encoder.stream(mel)
            end = self._end - from_seconds(len(self._waiting) / RATE)
            with self._lock:
                self._seconds.append(HeardSecond(end, embeds))

    def since(self, stamp: Stamp, limit: int) -> list[HeardSecond]:
        """Return the seconds of the scene that ended after `stamp`, the newest `limit` of them."""
        with self._lock:
            heard = [second for second in self._seconds if second.end > stamp]
        return heard[-limit:] if limit else []

    def encode(self, pcm: Pcm) -> Tensor | None:
        """Encode a whole sound to [n, hidden_size], ten a second; None if it is too short.

        Every 30 s of it are encoded as a sound of their own. Raise EngineError if soxr is missing.
        """
        sound = to_float(resample(pcm, FORMAT).samples)
        pieces = [piece for piece in sound.split(MAX_SAMPLES) if len(piece)]
        mels = [sound_mel(piece, self._bins) for piece in pieces]
        mels = [mel for mel in mels if self._encoder.count(mel)]
        if not mels:
            return None
        with self._on_stream():
            return torch.cat(self._encoder.whole(mels))

    def _restart(self, format: AudioFormat, forget: bool) -> None:
        self._resampler, self._format = PcmResampler(format, FORMAT), format
        self._waiting = self._waiting[:0]
        self._mel.restart()
        with self._on_stream():
            self._encoder.restart()
        if forget:
            with self._lock:
                self._seconds.clear()

    @contextmanager
    def _on_stream(self) -> Iterator[None]:
        """Run what is inside on the stream, and wait for it."""
        use_device(self._device)
        with torch.cuda.stream(self._stream):
            yield
            if self._stream is not None:
                self._stream.synchronize()


def load_hearing(
    tensors: Tensors,
    config: ModelConfig,
    dtype: torch.dtype,
    stream: torch.cuda.Stream | None,
) -> Hearing:
    """Load the encoder, to compute in `dtype`, and capture its graph. Raise EngineError."""
    assert config.hearing is not None  # `check_tensors` refuses a model without
    encoder = SoundEncoder(lambda name: tensors.load(name).to(dtype), config.hearing)
    hearing = Hearing(encoder, config.hearing, stream)
    hearing.capture()
    return hearing


def to_float(samples: NDArray[np.int16]) -> Tensor:
    """Return samples as float32 in [-1, 1)."""
    return torch.from_numpy(samples.astype(np.float32) / 32768)
