"""Loading an engine in the background, until it works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .backoff import Backoff
from .engine import Engine, EngineError, unexpected


class Loader:
    """Loads an engine on its own thread, with 1 to 30 s between tries.

    After an error that only a setting can cure it waits for `try_again` instead. `ready` is set
    once the engine is loaded; `error` says why it is not yet, and what to do.
    """

    def __init__(
        self, engine: Engine, on_ready: Callable[[float], object] = lambda _: None
    ) -> None:
        """Once `ready` is set, `on_ready` gets the seconds that it took, on the loader's thread."""
        self._engine = engine
        self._on_ready = on_ready
        self._lock = threading.Condition()
        self._closed = False
        self._asked = False
        self.ready = threading.Event()
        self.error = ""
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)

    def start(self) -> None:
        """Begin to load; call it once."""
        self._thread.start()

    def try_again(self) -> None:
        """Load again now if the last error had `retry` False: something has been changed."""
        with self._lock:
            self._asked = True
            self._lock.notify()

    def close(self) -> None:
        """Stop trying and free the engine; a load under way frees it when it ends."""
        with self._lock:
            self._closed = True
            self._lock.notify()
        if self.ready.is_set():
            self._engine.close()

    def _run(self) -> None:
        backoff = Backoff()
        while not self._closed:
            self._asked = False  # a change during this try may have come too late for it
            begun = time.monotonic()
            try:
                self._engine.load()
            except EngineError as error:
                self.error, retry = str(error), error.retry
            except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
                self.error, retry = str(unexpected(error)), True
            else:
                self.error = ""
                self._loaded(time.monotonic() - begun)
                return
            self._wait(backoff.failed() if retry else None)

    def _wait(self, seconds: float | None) -> None:
        """Wait for `seconds`, or for `try_again` if that is None; `close` ends both."""
        with self._lock:
            if seconds is None:
                self._lock.wait_for(lambda: self._closed or self._asked)
            else:
                self._lock.wait_for(lambda: self._closed, seconds)

    def _loaded(self, seconds: float) -> None:
        with self._lock:
            if not self._closed:
                self.ready.set()
        if self.ready.is_set():
            self._on_ready(seconds)
        else:
            self._engine.close()
