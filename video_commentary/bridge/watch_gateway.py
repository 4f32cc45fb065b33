"""What the bridge can ask about watches, and the alerts that came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.watches import Alert, WatchReport

MAX_ALERTS = 100
"""Alerts kept for clients that connect late or reconnect."""


class WatchRequestError(Exception):
    """The commentator refuses a request; the message says why and what to do.

    `away`: it can't be reached. `unknown`: there is no such watch.
    """

    def __init__(self, message: str, *, away: bool = False, unknown: bool = False) -> None:
        super().__init__(message)
        self.away = away
        self.unknown = unknown


class WatchGateway(Protocol):
    """The commentator's watches; coroutines raise WatchRequestError."""

    async def list(self) -> Sequence[WatchReport]:
        """Return all watches, the oldest first."""
        ...

    async def add(
        self, condition: str, *, name: str, camera: str, cooldown: float, speak: bool
    ) -> tuple[int, str]:
        """Watch for a condition; return the watch's id, and what was understood."""
        ...

    async def remove(self, number: int) -> str:
        """Watch for this no longer; return what was removed."""
        ...


@dataclass(frozen=True, eq=False)
class PublishedAlert:
    """An alert with the JPEG of its frame."""

    alert: Alert
    thumbnail: bytes


class AlertHistory:
    """The newest alerts, each with an id, one more than the last. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alerts: deque[tuple[int, PublishedAlert]] = deque(maxlen=MAX_ALERTS)
        self._last_id = 0

    @property
    def last_id(self) -> int:
        """The newest alert's id; 0 before the first."""
        return self._last_id

    def add(self, alert: PublishedAlert) -> None:
        """Number an alert and keep it."""
        with self._lock:
            self._last_id += 1
            self._alerts.append((self._last_id, alert))

    def since(self, last_id: int) -> list[tuple[int, PublishedAlert]]:
        """Return the kept alerts after `last_id`, oldest first.

        An id larger than any is from before the bridge restarted: all alerts are new then.
        """
        with self._lock:
            after = last_id if last_id <= self._last_id else 0
            return [entry for entry in self._alerts if entry[0] > after]
