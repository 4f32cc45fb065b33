"""What is known of each camera, shared between looking and commenting."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from .events import Event
from .scene import Moment

_MEMORY = 8.0  # seconds


@dataclass(frozen=True)
class Known:
    """A camera's recent moments and events, oldest first."""

    camera: str
    moments: tuple[Moment, ...]
    events: tuple[Event, ...]


@dataclass
class _Store:
    moments: deque[Moment] = field(default_factory=deque)
    events: deque[Event] = field(default_factory=deque)


class Facts:
    """Thread-safe: one thread adds, another reads."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._lock = threading.Lock()
        self._stores: dict[str, _Store] = {}

    def add(self, camera: str, moment: Moment, events: list[Event]) -> None:
        """Take in what a picture told."""
        with self._lock:
            store = self._stores.setdefault(camera, _Store())
            store.moments.append(moment)
            store.events.extend(events)
            while store.moments[0].stamp < moment.stamp - _MEMORY:
                store.moments.popleft()
            while store.events and store.events[0].stamp < moment.stamp - _MEMORY:
                store.events.popleft()

    def forget(self, camera: str) -> None:
        """Drop what is known of a camera."""
        with self._lock:
            self._stores.pop(camera, None)

    def known(self, camera: str, oldest: float, newest: float) -> Known:
        """Return events from `oldest` to `newest`, and moments of the same scene up to `newest`."""
        with self._lock:
            store = self._stores.get(camera, _Store())
            moments = [m for m in store.moments if m.stamp <= newest]
            events = [e for e in store.events if oldest <= e.stamp <= newest]
        started = moments[-1].started if moments else 0.0
        return Known(
            camera,
            tuple(m for m in moments if m.stamp >= max(started, newest - 2.1)),
            tuple(e for e in events if e.stamp >= started - 0.01),
        )
