"""The last comments, numbered, for those who come later or come back."""

from __future__ import annotations

import threading
from collections import deque

from ..core.comment import Comment
from ..core.stamp import to_seconds

KEPT = 400
"""Events, partial ones too: some minutes."""
_LATELY = 30.0


class Journal:
    """Every comment event has an id that grows by one. Thread-safe."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.Lock()
        self._events: deque[tuple[int, Comment]] = deque(maxlen=KEPT)
        self._finals: deque[tuple[int, Comment]] = deque(maxlen=KEPT)
        self._last = 0

    @property
    def last(self) -> int:
        """The newest event's id; 0 before any."""
        return self._last

    def add(self, comment: Comment) -> None:
        """Number an event and keep it."""
        with self._lock:
            self._last += 1
            self._events.append((self._last, comment))
            if comment.final and comment.text:
                self._finals.append((self._last, comment))

    def since(self, last: int) -> list[tuple[int, Comment]]:
        """Return the events after `last` that are still kept, oldest first.

        An id from before the bridge was started again is larger than any: then all are new.
        """
        with self._lock:
            after = last if last <= self._last else 0
            return [event for event in self._events if event[0] > after]

    def finals(self, most: int) -> list[tuple[int, Comment]]:
        """Return the last finished comments that have words, oldest first."""
        with self._lock:
            return list(self._finals)[-most:]

    def words_per_second(self, now: float) -> float:
        """Return how much was said lately, on average over `_LATELY` s; `now`: ROS clock."""
        with self._lock:
            said = [
                comment
                for _, comment in self._finals
                if now - _LATELY < to_seconds(comment.first_words or 0) <= now
            ]
        return sum(len(comment.text.split()) for comment in said) / _LATELY
