"""The last comments, numbered, for clients that connect late or reconnect."""

from __future__ import annotations

import threading
from collections import deque

from ..core.comment import Comment
from ..core.stamp import to_seconds

MAX_EVENTS = 400
"""Comment events kept, partial ones included: some minutes."""
_RATE_WINDOW = 30.0


class CommentHistory:
    """Gives every comment event an id, one more than the last. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: deque[tuple[int, Comment]] = deque(maxlen=MAX_EVENTS)
        self._finals: deque[tuple[int, Comment]] = deque(maxlen=MAX_EVENTS)
        self._last_id = 0

    @property
    def last_id(self) -> int:
        """The newest event's id; 0 before the first."""
        return self._last_id

    def add(self, comment: Comment) -> int:
        """Number an event and keep it; return its id."""
        with self._lock:
            self._last_id += 1
            self._events.append((self._last_id, comment))
            if comment.final and comment.text:
                self._finals.append((self._last_id, comment))
            return self._last_id

    def since(self, last_id: int) -> list[tuple[int, Comment]]:
        """Return the kept events after `last_id`, oldest first.

        An id larger than any is from before the bridge restarted: all events are new then.
        """
        with self._lock:
            after = last_id if last_id <= self._last_id else 0
            return [event for event in self._events if event[0] > after]

    def finals(self, limit: int) -> list[tuple[int, Comment]]:
        """Return the last finished comments that have words, oldest first."""
        with self._lock:
            return list(self._finals)[-limit:]

    def words_per_second(self, now: float) -> float:
        """Return the average over the last `_RATE_WINDOW` s; `now`: by the camera's clock."""
        with self._lock:
            recent = [
                comment
                for _, comment in self._finals
                if now - _RATE_WINDOW < to_seconds(comment.first_words or 0) <= now
            ]
        return sum(len(comment.text.split()) for comment in recent) / _RATE_WINDOW
