"""Between sound that comes in bursts and a sound card that wants it evenly."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
from numpy.typing import NDArray

_MOST = 5.0
"""Seconds of sound kept; what is older is dropped, so that speech never lags behind for long."""
_FADE = 0.005


class JitterBuffer:
    """Holds int16 mono sound until the card takes it. `put`, `clear` and `take` may run at once.

    Play begins once `latency` seconds are there, or have passed since the first came: what comes
    too late after that is an underrun, filled with silence.
    """

    def __init__(self, rate: int, latency: float) -> None:
        """Hold sound of `rate` Hz."""
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
        """Append sound that came at `now` (monotonic, s)."""
        with self._lock:
            if not len(samples):
                return
            if not self._queued and not self._playing:
                self._first_at = now
            self._blocks.append(samples)
            self._queued += len(samples)
            while self._queued > _MOST * self._rate and len(self._blocks) > 1:
                oldest = len(self._blocks.popleft())
                self._queued -= oldest
                self.dropped += oldest

    def clear(self) -> None:
        """Forget what is queued, but for a few milliseconds that fade out without a click."""
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
        """Return `count` samples for the card, silence where there are none."""
        out = np.zeros(count, np.int16)
        with self._lock:
            if not self._playing and self._ready(now):
                self._playing = True
            if not self._playing:
                return out
            there = self._take(min(count, self._queued))
            out[: len(there)] = there
            self.played += len(there)
            if len(there) < count:
                self._playing = False
                # Sound that ends on silence has ended; sound that stops at full height was late.
                self.underruns += int(bool(len(there)) and abs(int(there[-1])) > 300)
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
