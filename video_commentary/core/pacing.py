"""When to speak: the playout queue, the gate between comments, and running averages."""

from __future__ import annotations

import threading
from collections import deque

from .audio import AudioFormat, Pcm

READING_SPEED = 25.0
"""Characters a second (about 300 words a minute): a comment without sound gets the time to be read
before the next begins."""


class Average:
    """An exponential average: `alpha` of each new value, the rest from before."""

    def __init__(self, alpha: float, start: float) -> None:
        """Start from a guess, whose weight fades as values come."""
        self._alpha = alpha
        self.value = start

    def add(self, value: float) -> None:
        """Add one more value."""
        self.value += self._alpha * (value - self.value)


class Playout:
    """The queue of sound: what was pushed, what is handed out, when all of it will be over.

    Sound is handed out in blocks, at most `lead` seconds before it is due to be heard: enough
    that a player never starves, little enough that one that can't drop sound falls silent soon
    after `clear`. What is pushed after `clear` may be due before sound that was handed out, which
    players are to drop: nothing is handed out until `take_cut` has said so.
    Times are seconds of one monotonic clock, given by the caller. Thread-safe: one thread pushes
    and clears, another takes; `changed` is set whenever there is something new to take.
    """

    def __init__(self, format: AudioFormat, lead: float = 0.2, block: float = 0.04) -> None:
        """Hand out `block` seconds at a time; everything pushed must have this `format`."""
        self._format = format
        self._lead = lead
        self._block = round(block * format.rate) * format.channels
        self._lock = threading.Lock()
        self._queue: deque[tuple[float, Pcm]] = deque()
        self._end = float("-inf")
        self._cut_at: float | None = None
        self.changed = threading.Event()

    def push(self, pcm: Pcm, now: float, not_before: float = float("-inf")) -> float:
        """Add sound after what is queued; return when its first sample will be heard."""
        if pcm.format != self._format:
            raise ValueError(f"playout takes {self._format}, not {pcm.format}")
        with self._lock:
            start = max(now, not_before, self._end)
            for first in range(0, len(pcm.samples), self._block):
                piece = Pcm(pcm.samples[first : first + self._block], self._format)
                offset = first / (self._format.rate * self._format.channels)
                self._queue.append((start + offset, piece))
            self._end = start + pcm.duration
        self.changed.set()
        return start

    def take(self, now: float) -> tuple[float, Pcm] | None:
        """Return the next block that is due, and when it will be heard; None if none is yet."""
        with self._lock:
            if self._cut_at is not None or not self._queue:
                return None
            if self._queue[0][0] > now + self._lead:
                return None
            return self._queue.popleft()

    def due_in(self, now: float) -> float | None:
        """Return in how many seconds a block or a cut is to be taken; None while none waits."""
        with self._lock:
            if self._cut_at is not None:
                return 0.0
            if not self._queue:
                return None
            return max(0.0, self._queue[0][0] - self._lead - now)

    def clear(self, now: float) -> None:
        """Cut off at `now` what is still to be heard; what is pushed next may begin at once."""
        with self._lock:
            if self._end > now and self._cut_at is None:
                self._cut_at = now
            self._queue.clear()
            self._end = min(self._end, now)
        self.changed.set()

    def take_cut(self) -> float | None:
        """Return, once, when `clear` cut off sound that was still to be heard; else None."""
        with self._lock:
            cut_at, self._cut_at = self._cut_at, None
            return cut_at

    def ends_at(self, now: float) -> float:
        """Return when the last sample pushed will have been heard; `now` if it has been."""
        with self._lock:
            return max(now, self._end)


class Gate:
    """Opens for the next comment once the last was heard (or read), and a pause has passed."""

    def __init__(self, playout: Playout) -> None:
        """Start open."""
        self._playout = playout
        self._read_at = float("-inf")
        self._pause_from = float("-inf")

    def close_after(self, text: str, spoken: bool, now: float) -> None:
        """Close behind a comment that is complete at `now`; without sound it is to be read."""
        self._pause_from = now
        self._read_at = float("-inf") if spoken else now + len(text) / READING_SPEED

    def open(self) -> None:
        """Open at once."""
        self._pause_from = self._read_at = float("-inf")

    def opens_at(self, now: float, pause: float) -> float:
        """Return when the next comment may begin: `pause` after the last one's end."""
        if self._pause_from == float("-inf"):
            return now
        return max(self._playout.ends_at(self._pause_from), self._read_at) + pause
