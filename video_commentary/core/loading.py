"""Loading an engine in the background, again and again until it works."""

from __future__ import annotations

import threading

from .backoff import Backoff
from .engine import Engine, EngineError

GRACE = 1.0
"""Seconds for which `close` waits for a try: a large model takes half a minute."""


class Loader:
    """Loads an engine on a thread of its own, with 1 to 30 s between tries.

    `ready` is set once it is loaded; `error` says why it is not yet, and what to do.
    """

    def __init__(self, engine: Engine) -> None:
        """Begin to load."""
        self._engine = engine
        self._ending = threading.Lock()
        self._stop = threading.Event()
        self.ready = threading.Event()
        self.error = ""
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop trying and free the engine; a try under way frees it when it ends."""
        with self._ending:
            self._stop.set()
        self._thread.join(GRACE)
        if self.ready.is_set():
            self._engine.close()

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                self._engine.load()
            except EngineError as error:
                self.error = str(error)
            except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
                self.error = f"{type(error).__name__}: {error}"
            else:
                self.error = ""
                self._loaded()
                return
            self._stop.wait(backoff.failed())

    def _loaded(self) -> None:
        with self._ending:
            if not self._stop.is_set():
                self.ready.set()
                return
        self._engine.close()
