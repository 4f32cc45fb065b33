"""An engine that can't hang its caller: comments run on their own thread, with time limits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeAlias

from .cancel import CancelToken
from .engine import Delta, Engine, EngineError, Request, unexpected
from .engine_wrapper import EngineWrapper

GRACE = 2.0
"""Seconds a cancelled comment has to stop before it counts as hung."""

_Deltas: TypeAlias = "queue.SimpleQueue[Delta | BaseException | None]"
"""What an engine yields and raises; None when the comment ended or was cancelled."""


class EngineGuard(EngineWrapper):
    """Wraps an engine: raises EngineError if it yields nothing for too long.

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
        if self._idle(GRACE):
            self.inner.close()

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the wrapped engine's deltas; return at once when cancelled."""
        if not self._idle(GRACE):
            raise EngineError(
                "the engine still hangs in an earlier comment; "
                "if it keeps happening, restart the node or choose another engine"
            )
        stop = CancelToken()
        deltas: _Deltas = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=_run, args=(self.inner, request, stop, deltas), name="engine", daemon=True
        )
        self._thread.start()

        def on_cancel() -> None:
            stop.cancel()
            deltas.put(None)

        unsubscribe = cancel.on_cancel(on_cancel)
        try:
            while (delta := self._next(deltas, cancel)) is not None:
                yield delta
        finally:
            unsubscribe()
            stop.cancel()

    def _next(self, deltas: _Deltas, cancel: CancelToken) -> Delta | None:
        """Return the next delta; None at the end, or when cancelled."""
        try:
            item = deltas.get(timeout=self._timeout)
        except queue.Empty:
            raise EngineError(
                f"the engine said nothing for {self._timeout:g} s; "
                "raise engine_timeout if it is only slow"
            ) from None
        if cancel.cancelled:
            return None
        if isinstance(item, BaseException):
            try:
                raise item
            finally:
                del item  # its traceback holds this frame: together they would stay in memory
        return item

    def _idle(self, wait: float) -> bool:
        """Return whether no comment runs, after at most `wait` seconds."""
        if self._thread is not None:
            self._thread.join(wait)
            if self._thread.is_alive():
                return False
            self._thread = None
        return True


def _run(engine: Engine, request: Request, stop: CancelToken, deltas: _Deltas) -> None:
    """Run one comment to its end; what it yields and raises goes into `deltas`, then None."""
    try:
        for delta in engine.comment(request, stop):
            deltas.put(delta)
            if stop.cancelled:
                break
        deltas.put(None)
    except EngineError as error:
        deltas.put(error)
    except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
        deltas.put(unexpected(error))
