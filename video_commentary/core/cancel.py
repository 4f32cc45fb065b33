"""Cancelling work on another thread, without that thread having to poll."""

from __future__ import annotations

import threading
from collections.abc import Callable


class CancelToken:
    """Stops a piece of work, once and irrevocably. Thread-safe.

    The work may check `cancelled` between its steps, `wait`, or be called back.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        # Held while callbacks run; reentrant, so that a callback may unsubscribe another.
        self._lock = threading.RLock()
        self._callbacks: dict[object, Callable[[], object]] = {}

    @property
    def cancelled(self) -> bool:
        """Whether the work is to stop."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Stop the work: run all callbacks on this thread, in order. Later calls do nothing."""
        with self._lock:
            self._event.set()
            while self._callbacks:
                self._callbacks.pop(next(iter(self._callbacks)))()

    def on_cancel(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call `callback` once when cancelled, immediately if that has happened.

        It runs on the cancelling thread, so it must neither block nor raise. Return a function that
        unsubscribes: after it, the callback neither runs nor will.
        """
        key = object()
        with self._lock:
            if self._event.is_set():
                callback()
            else:
                self._callbacks[key] = callback

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks.pop(key, None)

        return unsubscribe

    def wait(self, timeout: float | None = None) -> bool:
        """Block until cancelled, or for `timeout` seconds; return whether it is cancelled."""
        return self._event.wait(timeout)
