from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from video_commentary.core.cancel import CancelToken
from video_commentary.engines.server.loop_runner import CommentCancelled, LoopRunner


class Work:
    """Takes `seconds`; knows whether it was begun and cancelled."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begun = self.cancelled = False

    async def run(self) -> str:
        self.begun = True
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return "done"


@pytest.fixture
def loop() -> Iterator[LoopRunner]:
    it = LoopRunner()
    yield it
    it.close()


def test_a_result_comes_back(loop: LoopRunner) -> None:
    assert loop.until(Work(0.0).run(), CancelToken(), 10.0) == "done"


def test_an_error_comes_back(loop: LoopRunner) -> None:
    async def fail() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        loop.until(fail(), CancelToken(), 10.0)


@pytest.mark.parametrize("seconds", [0.01, 0.0, -1.0])
def test_time_that_is_up_cancels_it(loop: LoopRunner, seconds: float) -> None:
    work = Work(20.0)
    with pytest.raises(TimeoutError):
        loop.until(work.run(), CancelToken(), seconds)
    assert not work.begun or work.cancelled


def test_a_cancel_from_another_thread_ends_it_at_once(loop: LoopRunner) -> None:
    work, cancel = Work(20.0), CancelToken()
    threading.Timer(0.05, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(CommentCancelled):
        loop.until(work.run(), cancel, 20.0)
    assert time.monotonic() - began < 5  # the work takes 20
    assert work.cancelled


def test_what_is_cancelled_before_is_not_begun(loop: LoopRunner) -> None:
    work, cancel = Work(0.0), CancelToken()
    cancel.cancel()
    with pytest.raises(CommentCancelled):
        loop.until(work.run(), cancel, 20.0)
    assert not work.begun


def test_a_cancel_after_the_result_harms_nobody(loop: LoopRunner) -> None:
    cancel = CancelToken()
    assert loop.until(Work(0.0).run(), cancel, 10.0) == "done"
    loop.close()
    cancel.cancel()
    assert loop.until(Work(0.0).run(), CancelToken(), 10.0) == "done"
