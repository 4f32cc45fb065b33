"""An engine whose answers are kept, and whose time passes on a virtual clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from ...core.backoff import Backoff
from ...core.cancel import CancelToken
from ...core.clock import VirtualClock
from ...core.engine import Delta, Engine, EngineError, Request
from ...core.engine_wrapper import EngineWrapper
from .journal import AnswerJournal, RecordedAnswer

_TRIES = 6
"""Tries of one comment, with 1, 2, 4, 8 and 16 s between them."""


class RecordingEngine(EngineWrapper):
    """Wraps the engine of a narration.

    Answers that the journal has are given again; after them the engine is asked. After a failure
    it is tried again in real time: on a virtual clock the recording would be over at once.
    `failure` says why the engine was given up; else empty. `stop` ends the waits between tries.
    """

    def __init__(
        self, engine: Engine, journal: AnswerJournal, real_time: bool, report: Callable[[str], None]
    ) -> None:
        """Let the time the engine takes pass on `clock`, to be set later, if `real_time`."""
        super().__init__(engine)
        self._journal = journal
        self._known = iter(journal.answers)
        self._real_time = real_time
        self._report = report
        self.clock: VirtualClock | None = None
        self.stop = CancelToken()
        self.failure = ""

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield a kept answer, or a new one."""
        known = next(self._known, None)
        if known is not None:
            if self.look_fps > 0:
                # It remembers what it has said, so it must say it again, unheard.
                for _ in self.inner.comment(replace(request, speak=False), cancel):
                    pass
            for took, delta in known.deltas:
                self._spend(took)
                yield delta
            return
        kept: list[tuple[float, Delta]] = []
        for took, delta in self._asked(request, cancel):
            self._spend(took)
            kept.append((took, delta))
            yield delta
        if not cancel.cancelled:
            self._journal.add(RecordedAnswer(tuple(kept)))

    def _spend(self, seconds: float) -> None:
        if self._real_time and self.clock is not None:
            self.clock.spend(seconds)

    def _asked(self, request: Request, cancel: CancelToken) -> Iterator[tuple[float, Delta]]:
        backoff = Backoff(1.0, 30.0)
        for tried in range(1, _TRIES + 1):
            begun = False
            try:
                for took, delta in _timed(self.inner.comment(request, cancel)):
                    begun = True
                    yield took, delta
                return
            except EngineError as error:
                if begun or tried == _TRIES or not error.retry or self.stop.cancelled:
                    self.failure = str(error)
                    raise
                wait = backoff.failed()
                self._report(f"{error} (trying again in {wait:.0f} s)")
                self.stop.wait(wait)


def _timed(deltas: Iterator[Delta]) -> Iterator[tuple[float, Delta]]:
    while True:
        began = time.perf_counter()
        delta = next(deltas, None)
        if delta is None:
            return
        yield time.perf_counter() - began, delta
