"""An engine that can't hang its caller: it runs on a thread of its own, with time limits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from .cancel import CancelToken
from .engine import Delta, Engine, EngineError, Judgement, Request, judge, unexpected
from .engine_wrapper import EngineWrapper

GRACE = 2.0
"""Seconds a cancelled comment has to stop before it counts as hung."""

T = TypeVar("T")

_Results: TypeAlias = "queue.SimpleQueue[tuple[T] | BaseException | None]"
"""What an engine yields, each in a tuple, and raises; None when it ended or was cancelled."""


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
        return self._guarded(lambda stop: self.inner.comment(request, stop), cancel)

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        """Yield the wrapped engine's judgements; return at once when cancelled."""
        return self._guarded(lambda stop: judge(self.inner, request, conditions, stop), cancel)

    def _guarded(
        self, work: Callable[[CancelToken], Iterator[T]], cancel: CancelToken
    ) -> Iterator[T]:
        if not self._idle(GRACE):
            raise EngineError(
                "the engine still hangs in an earlier comment; "
                "if it keeps happening, restart the node or choose another engine"
            )
        stop = CancelToken()
        results: _Results[T] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=_run, args=(work, stop, results), name="engine", daemon=True
        )
        self._thread.start()

        def on_cancel() -> None:
            stop.cancel()
            results.put(None)

        unsubscribe = cancel.on_cancel(on_cancel)
        try:
            while (result := self._next(results, cancel)) is not None:
                yield result[0]
        finally:
            unsubscribe()
            stop.cancel()

    def _next(self, results: _Results[T], cancel: CancelToken) -> tuple[T] | None:
        """Return the next result; None at the end, or when cancelled."""
        try:
            item = results.get(timeout=self._timeout)
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


def _run(
    work: Callable[[CancelToken], Iterator[T]], stop: CancelToken, results: _Results[T]
) -> None:
    """Run to the end; what the engine yields and raises goes into `results`, then None."""
    try:
        for result in work(stop):
            results.put((result,))
            if stop.cancelled:
                break
        results.put(None)
    except EngineError as error:
        results.put(error)
    except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
        results.put(unexpected(error))
