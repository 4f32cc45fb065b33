"""Work of the engine that fills the pauses between comments."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .cancel import CancelToken

SHORTEST = 0.05
"""Seconds of a pause that are worth beginning for."""
GRACE = 2.0
"""Seconds for which `suspend` waits for work that does not stop."""


class PauseWorker:
    """Runs work on a thread of its own, between `resume` and `suspend`."""

    def __init__(
        self,
        due: Callable[[], bool] = lambda: False,
        work: Callable[[CancelToken], None] = lambda _: None,
    ) -> None:
        """`due`: whether there is something to do; `work` does it, until its token is cancelled."""
        self._due = due
        self._work = work
        self._cancel = CancelToken()
        self._thread: threading.Thread | None = None

    def resume(self, seconds: float | None) -> None:
        """Begin to work, if there is something to do and no work is running.

        `seconds`: how long the pause is, None if that is not known.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        if seconds is not None and seconds < SHORTEST:
            return
        if self._due():
            self._cancel = CancelToken()
            self._thread = threading.Thread(
                target=self._work, args=(self._cancel,), name="pause work", daemon=True
            )
            self._thread.start()

    def suspend(self) -> None:
        """Cancel the work, and return when it has stopped: the engine is needed."""
        if self._thread is not None:
            self._cancel.cancel()
            self._thread.join(GRACE)
            self._thread = None
