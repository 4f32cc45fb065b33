"""When the cycle tries a failed engine again."""

from __future__ import annotations

from .backoff import Backoff
from .cycle_settings import CycleSettings
from .engine import EngineError


class Retry:
    """Waits 1 to 30 s after an error; after one that only a setting can cure, for a setting."""

    def __init__(self) -> None:
        self._backoff = Backoff(1.0, 30.0)
        self._at = float("-inf")
        self._failed_with: CycleSettings | None = None

    def failed(self, error: EngineError, settings: CycleSettings, now: float) -> None:
        """Record a failure at `now`, monotonic seconds, under `settings`."""
        if error.retry:
            self._at = now + self._backoff.failed()
        else:
            self._failed_with = settings

    def succeeded(self) -> None:
        """Forget the failures."""
        self._backoff.reset()
        self.at_once()

    def at_once(self) -> None:
        """Try at once; if that fails, the waits keep growing."""
        self._at = float("-inf")
        self._failed_with = None

    def due_in(self, now: float, settings: CycleSettings) -> float | None:
        """Return seconds until the next try; None: not before other settings than `settings`."""
        if self._failed_with is settings:
            return None
        return max(0.0, self._at - now)
