"""Waiting for a server on the thread of a comment, with an eye on the clock and on `cancel`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ...core.engine import Cancel

POLL = 0.01
"""Seconds between two looks at `cancel`."""

T = TypeVar("T")


class CancelledError(Exception):
    """The comment was cancelled while it waited."""


class Waiting:
    """Runs one awaitable at a time. The connections belong to its event loop."""

    def __init__(self) -> None:
        self._made: asyncio.AbstractEventLoop | None = None

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        self._made = self._made or asyncio.new_event_loop()
        return self._made

    def close(self) -> None:
        """Close the loop; everything on it must be closed before. The next wait makes another."""
        loop, self._made = self._made, None
        if loop is not None:
            # The client's generators, left in the middle, are finalized by tasks of the loop.
            loop.run_until_complete(_last_things())
            loop.close()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Return its result, however long it takes."""
        return self._loop.run_until_complete(awaitable)

    def until(self, awaitable: Awaitable[T], cancel: Cancel, seconds: float) -> T:
        """Return its result. Raise TimeoutError, or CancelledError soon after `cancel`.

        Whatever was under way is cancelled then, which closes its connection.
        """
        return self._loop.run_until_complete(_until(awaitable, cancel, seconds))


async def _last_things() -> None:
    await asyncio.get_running_loop().shutdown_asyncgens()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


async def _until(awaitable: Awaitable[T], cancel: Cancel, seconds: float) -> T:
    task = asyncio.ensure_future(awaitable)
    end = asyncio.get_running_loop().time() + seconds
    while not task.done():
        left = end - asyncio.get_running_loop().time()
        if cancel.is_set() or left <= 0:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if cancel.is_set():
                raise CancelledError
            # asyncio.TimeoutError became the built-in one only in Python 3.11.
            raise TimeoutError
        await asyncio.wait({task}, timeout=min(POLL, left))
    return task.result()
