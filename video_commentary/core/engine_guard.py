"""An engine that can't hang its caller: comments run on a thread of their own, with time limits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from .engine import Cancel, Delta, Engine, EngineError, Request
from .engine_wrapper import EngineWrapper

POLL = 0.005
"""Seconds between two looks at `cancel` while no words come."""

GRACE = 2.0
"""Seconds a cancelled comment has to stop before it counts as hung."""


class EngineGuard(EngineWrapper):
    """Wraps an engine: raises EngineError where the engine's words stay away too long.

    While a hung comment has not come back, further comments are refused: an engine is not
    reentrant.
    """

    def __init__(self, engine: Engine, timeout: float) -> None:
        """Wait at most `timeout` seconds for each delta."""
        super().__init__(engine)
        self._timeout = timeout
        self._thread: threading.Thread | None = None

    def close(self) -> None:
        """Free the wrapped engine, unless it hangs."""
        if self._free(GRACE):
            self.inner.close()

    def comment(self, request: Request, cancel: Cancel) -> Iterator[Delta]:
        """Yield the wrapped engine's deltas; return at once when cancelled."""
        if not self._free(GRACE):
            raise EngineError(
                "the engine still hangs in an earlier comment; "
                "if this goes on, restart the node or choose another engine"
            )
        stop = threading.Event()
        deltas: queue.Queue[Delta | BaseException | None] = queue.Queue()
        self._thread = threading.Thread(
            target=_run, args=(self.inner, request, stop, deltas), name="engine", daemon=True
        )
        self._thread.start()
        try:
            while (delta := self._next(deltas, cancel)) is not None:
                yield delta
        finally:
            stop.set()

    def _next(
        self, deltas: queue.Queue[Delta | BaseException | None], cancel: Cancel
    ) -> Delta | None:
        waited = 0.0
        while not cancel.is_set():
            try:
                item = deltas.get(timeout=POLL)
            except queue.Empty:
                waited += POLL
                if waited > self._timeout:
                    raise EngineError(
                        f"the engine said nothing for {self._timeout:g} s; "
                        "raise engine_timeout if it is only slow"
                    ) from None
                continue
            if isinstance(item, BaseException):
                try:
                    raise item
                finally:
                    del item  # its traceback holds this frame: together they would stay in memory
            return item
        return None

    def _free(self, wait: float) -> bool:
        if self._thread is not None:
            self._thread.join(wait)
            if self._thread.is_alive():
                return False
            self._thread = None
        return True


def _run(
    engine: Engine,
    request: Request,
    stop: threading.Event,
    deltas: queue.Queue[Delta | BaseException | None],
) -> None:
    """Run one comment to its end; what it yields and raises goes into `deltas`, then None."""
    try:
        for delta in engine.comment(request, stop):
            deltas.put(delta)
            if stop.is_set():
                break
        deltas.put(None)
    except EngineError as error:
        deltas.put(error)
    except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
        deltas.put(EngineError(f"{type(error).__name__}: {error}"))
