"""A buffer between sound that arrives in bursts and a sound card that takes it evenly."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
from numpy.typing import NDArray

_MAX_QUEUED = 5.0
"""Seconds of sound kept; older sound is dropped, so that speech never lags behind for long."""
_FADE = 0.005
"""Seconds over which sound that is cut off fades out, so that it doesn't click."""


class JitterBuffer:
    """Holds int16 mono sound of `rate` Hz until the card takes it; safe on several threads.

    Playing begins once `latency` seconds are queued, or have passed since the first arrived. Sound
    that is late after that is an underrun, filled with silence. `played` and `dropped` count
    samples.
    """

    def __init__(self, rate: int, latency: float) -> None:
        self._rate = rate
        self._latency = latency
        self._lock = threading.Lock()
        self._blocks: deque[NDArray[np.int16]] = deque()
        self._queued = 0
        self._first_at: float | None = None
        self._playing = False
        self.played = 0
        self.dropped = 0
        self.underruns = 0

    def put(self, samples: NDArray[np.int16], now: float) -> None:
        """Append sound that arrived at `now` (monotonic, s)."""
        with self._lock:
            if not len(samples):
                return
            if not self._queued and not self._playing:
                self._first_at = now
            self._blocks.append(samples)
            self._queued += len(samples)
            while self._queued > _MAX_QUEUED * self._rate and len(self._blocks) > 1:
                oldest = len(self._blocks.popleft())
                self._queued -= oldest
                self.dropped += oldest

    def clear(self) -> None:
        """Drop what is queued, except for a few milliseconds that fade out."""
        with self._lock:
            if not self._queued:
                return
            kept = self._take(min(self._queued, int(_FADE * self._rate)))
            self._blocks.clear()
            self._queued = 0
            if self._playing:
                fade = np.linspace(1, 0, len(kept))
                self._blocks.append((kept * fade).astype(np.int16))
                self._queued = len(kept)

    def take(self, count: int, now: float) -> NDArray[np.int16]:
        """Return `count` samples, shape (count,), for the card; silence where there are none."""
        out = np.zeros(count, np.int16)
        with self._lock:
            if not self._playing and self._ready(now):
                self._playing = True
            if not self._playing:
                return out
            queued = self._take(min(count, self._queued))
            out[: len(queued)] = queued
            self.played += len(queued)
            if len(queued) < count:
                self._playing = False
                # Sound that fades to silence has ended; sound that stops at full level was late.
                self.underruns += int(bool(len(queued)) and abs(int(queued[-1])) > 300)
        return out

    def _ready(self, now: float) -> bool:
        if not self._queued or self._first_at is None:
            return False
        return self._queued >= self._latency * self._rate or now - self._first_at >= self._latency

    def _take(self, count: int) -> NDArray[np.int16]:
        parts: list[NDArray[np.int16]] = []
        while count:
            block = self._blocks.popleft()
            if len(block) > count:
                self._blocks.appendleft(block[count:])
                block = block[:count]
            parts.append(block)
            count -= len(block)
            self._queued -= len(block)
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)
