"""Waiting longer after each failure."""

from __future__ import annotations


class Backoff:
    """Doubles the wait after each failure, from `first` to `most` seconds; `reset` on success."""

    def __init__(self, first: float = 1.0, most: float = 30.0) -> None:
        if not 0 < first <= most:
            raise ValueError(f"first must be above 0 and at most {most}, not {first}")
        self._first = first
        self._most = most
        self._next = first

    def failed(self) -> float:
        """Return how many seconds to wait before the next try."""
        wait = self._next
        self._next = min(self._next * 2, self._most)
        return wait

    def reset(self) -> None:
        """Start from `first` again."""
        self._next = self._first
