"""Waiting for a server on the thread of a comment, until a deadline or until it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ...core.cancel import CancelToken

T = TypeVar("T")


class CommentCancelled(Exception):  # noqa: N818 - not an error: the comment was to stop
    """The comment was cancelled while it waited."""


class LoopRunner:
    """Runs one awaitable at a time on an event loop, to which all connections belong.

    The loop runs only while the caller waits.
    """

    def __init__(self) -> None:
        self._made: asyncio.AbstractEventLoop | None = None

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        self._made = self._made or asyncio.new_event_loop()
        return self._made

    def close(self) -> None:
        """Close the loop; connections must be closed before. The next wait makes another loop."""
        loop, self._made = self._made, None
        if loop is not None:
            # The client's generators, left in the middle, are finalized by tasks of the loop.
            loop.run_until_complete(_finalize())
            loop.close()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Return its result, however long it takes."""
        return self._loop.run_until_complete(awaitable)

    def until(self, awaitable: Awaitable[T], cancel: CancelToken, seconds: float) -> T:
        """Return its result. Raise TimeoutError after `seconds`, CommentCancelled at `cancel`.

        In both cases the awaitable is cancelled, which closes its connection.
        """
        return self._loop.run_until_complete(_until(awaitable, cancel, seconds))


async def _finalize() -> None:
    await asyncio.get_running_loop().shutdown_asyncgens()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


async def _until(awaitable: Awaitable[T], cancel: CancelToken, seconds: float) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(awaitable)
    cancelled = loop.create_future()

    def wake() -> None:
        if not cancelled.done():
            cancelled.set_result(None)

    unsubscribe = cancel.on_cancel(lambda: loop.call_soon_threadsafe(wake))
    try:
        if not cancel.cancelled:
            await asyncio.wait(
                {task, cancelled}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        unsubscribe()
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if cancel.cancelled:
        raise CommentCancelled
    # asyncio.TimeoutError became the built-in one only in Python 3.11.
    raise TimeoutError
