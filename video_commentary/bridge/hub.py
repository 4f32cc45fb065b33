"""From one sender to many listeners: each has its own bounded queue, and none waits for another."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from itertools import count
from typing import TypeVar

from ..core.comment import Comment
from .items import Cut, Situation, Sound

Item = Comment | Sound | Cut | Situation
T = TypeVar("T", bound=Item)

CAPACITY: dict[type, int] = {Comment: 200, Sound: 250, Cut: 1, Situation: 1}
"""Items of each kind that wait for one listener; of sound, 10 s. Beyond, the oldest is dropped."""


class Listener:
    """One listener's queues. Made and read on one event loop, filled on any thread.

    `dropped`: how many items it was too slow for.
    """

    def __init__(self, hub: Hub, kinds: tuple[type, ...]) -> None:
        """Listen to `kinds`; call `Hub.listen` for one."""
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._asleep = False
        self._lock = threading.Lock()
        self._arrivals = count()
        self._queues = {kind: deque[tuple[int, Item]](maxlen=CAPACITY[kind]) for kind in kinds}
        self.dropped = 0

    def offer(self, item: Item) -> None:
        """Add `item` if it is of a kind listened to; a Cut empties the sound that waits."""
        queue = self._queues.get(type(item))
        if queue is None:
            return
        with self._lock:
            if isinstance(item, Cut) and Sound in self._queues:
                self._queues[Sound].clear()
            self.dropped += len(queue) == queue.maxlen and queue.maxlen > 1
            queue.append((next(self._arrivals), item))
            wake, self._asleep = self._asleep, False
        if wake and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ready.set)

    def take(self) -> Item | None:
        """Return the oldest item that waits, None where none does."""
        with self._lock:
            waiting = [queue for queue in self._queues.values() if queue]
            if not waiting:
                return None
            return min(waiting, key=lambda queue: queue[0][0]).popleft()[1]

    async def next(self) -> Item:
        """Wait for the next item."""
        while (item := self.take()) is None:
            self._ready.clear()
            with self._lock:
                self._asleep = not any(self._queues.values())
            if self._asleep:
                await self._ready.wait()
        return item

    def close(self) -> None:
        """Listen no more."""
        self._hub.forget(self)


class Hub:
    """Gives every item to every listener. `newest` remembers the last of each kind."""

    def __init__(self) -> None:
        """Begin without listeners."""
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._newest: dict[type, Item] = {}
        self._lost = 0

    @property
    def dropped(self) -> int:
        """How many items listeners were too slow for, past ones counted in."""
        with self._lock:
            return self._lost + sum(listener.dropped for listener in self._listeners)

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._listeners)

    def listen(self, *kinds: type) -> Listener:
        """Return a new listener to `kinds`; call on the event loop that reads it."""
        listener = Listener(self, kinds)
        with self._lock:
            self._listeners += (listener,)
        return listener

    def forget(self, listener: Listener) -> None:
        """Give `listener` nothing more."""
        with self._lock:
            if listener in self._listeners:
                self._listeners = tuple(x for x in self._listeners if x is not listener)
                self._lost += listener.dropped

    def publish(self, item: Item) -> None:
        """Give `item` to every listener; on any thread, never waits."""
        with self._lock:
            self._newest[type(item)] = item
            listeners = self._listeners
        for listener in listeners:
            listener.offer(item)

    def newest(self, kind: type[T]) -> T | None:
        """Return the newest item of a kind."""
        with self._lock:
            item = self._newest.get(kind)
        return item if isinstance(item, kind) else None
