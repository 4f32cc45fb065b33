"""What was seen and happened at each camera lately, shared by looking and commenting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from .events import SceneEvent
from .scene_state import SceneObject, SceneState

KEPT_SECONDS = 12.0
"""How long states and events of a camera are kept, before its newest state."""
_STATES_SECONDS = 2.1  # of states in a history
_CUT_TOLERANCE = 0.01  # seconds


@dataclass(frozen=True)
class SceneHistory:
    """A camera's recent states and events, the oldest first.

    `kept`: all states that are still known, for what events rest on. `watched_from`: stamp of the
    camera's first state.
    """

    camera: str
    states: tuple[SceneState, ...]
    events: tuple[SceneEvent, ...]
    kept: tuple[SceneState, ...] = ()
    watched_from: float = float("-inf")

    @property
    def scene_age_from(self) -> float:
        """Stamp from which the scene has been watched: of its first frame, or of the last cut."""
        if not self.states:
            return float("inf")
        return max(self.states[-1].scene_start, self.watched_from)

    @property
    def objects(self) -> tuple[SceneObject, ...]:
        """The objects of the newest state, () if nothing was seen."""
        return self.states[-1].objects if self.states else ()


@dataclass
class _CameraRecord:
    states: deque[SceneState] = field(default_factory=deque)
    events: deque[SceneEvent] = field(default_factory=deque)
    watched_from: float = float("inf")


class SceneStore:
    """Keeps the last seconds of each camera. Thread-safe."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._records: dict[str, _CameraRecord] = {}

    def add(self, camera: str, state: SceneState, events: Iterable[SceneEvent]) -> None:
        """Add what one image showed, and drop what is too old."""
        oldest = state.stamp - KEPT_SECONDS
        with self._lock:
            record = self._records.setdefault(camera, _CameraRecord())
            record.states.append(state)
            record.watched_from = min(record.watched_from, state.stamp)
            record.events.extend(events)
            while record.states[0].stamp < oldest:
                record.states.popleft()
            while record.events and record.events[0].stamp < oldest:
                record.events.popleft()

    def clear(self, camera: str) -> None:
        """Drop everything about a camera."""
        with self._lock:
            self._records.pop(camera, None)

    def newest(self, camera: str) -> float:
        """Return the stamp of a camera's newest state, -inf if there is none."""
        with self._lock:
            states = self._records.get(camera, _CameraRecord()).states
            return states[-1].stamp if states else float("-inf")

    def history(self, camera: str, oldest: float, newest: float) -> SceneHistory:
        """Return a camera's events from `oldest` to `newest`, and its last states up to `newest`.

        Both of the current scene only: nothing from before the last cut.
        """
        with self._lock:
            record = self._records.get(camera, _CameraRecord())
            states = [s for s in record.states if s.stamp <= newest]
            events = [e for e in record.events if oldest <= e.stamp <= newest]
        scene_start = states[-1].scene_start if states else 0.0
        first = max(scene_start, newest - _STATES_SECONDS)
        return SceneHistory(
            camera,
            tuple(s for s in states if s.stamp >= first),
            tuple(e for e in events if e.stamp >= scene_start - _CUT_TOLERANCE),
            tuple(states),
            record.watched_from,
        )
