"""Looks at frames beside the engine that comments, for the facts alone."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .engine import Engine
from .facts import FrameFacts
from .frames import Frame
from .loading import Loader

OBSERVED_FPS = 5.0
"""Frames a second of each camera; the built-in engine's tracks are made for that."""
GRACE = 1.0
"""Seconds for which `close` waits for a frame that is being looked at."""


class FactsObserver:
    """Shows frames to an engine of its own, on its own thread, and hands over what that sees.

    Nothing waits for it: while it looks, the newest frame of each camera replaces the one before.
    """

    def __init__(self, engine: Engine, on_facts: Callable[[Frame, FrameFacts], None]) -> None:
        """Begin to load `engine`; `on_facts` is called on the observer's thread."""
        self._engine = engine
        self._on_facts = on_facts
        self._loader = Loader(engine)
        self._offered = threading.Condition()
        self._waiting: dict[str, Frame] = {}
        self._closed = False
        self._error = ""
        self._thread = threading.Thread(target=self._run, name="facts", daemon=True)
        self._thread.start()
        self._loader.start()

    @property
    def description(self) -> str:
        """What the observing engine is, in one line for people."""
        return self._engine.description

    @property
    def trouble(self) -> str:
        """Why no facts come and what to do; empty if they do."""
        return self._loader.error or self._error

    def offer(self, frame: Frame) -> None:
        """Have a frame looked at, unless a newer one of its camera comes first."""
        if not self._loader.ready.is_set():
            return
        with self._offered:
            self._waiting[frame.camera] = frame
            self._offered.notify()

    def close(self) -> None:
        """Stop the thread and free the engine."""
        with self._offered:
            self._closed = True
            self._offered.notify()
        self._thread.join(GRACE)
        self._loader.close()

    def _run(self) -> None:
        while (frame := self._next()) is not None:
            try:
                if facts := self._engine.look(frame):
                    self._on_facts(frame, facts)
                self._error = ""
            except Exception as error:  # noqa: BLE001 - whatever it raises, the node stays up
                self._error = f"{type(error).__name__}: {error}"

    def _next(self) -> Frame | None:
        """Wait for the frame that has waited longest; None when closed."""
        with self._offered:
            self._offered.wait_for(lambda: self._waiting or self._closed)
            return None if self._closed else self._waiting.pop(next(iter(self._waiting)))
