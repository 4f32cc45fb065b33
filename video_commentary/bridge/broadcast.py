"""One publisher, many subscribers: each has bounded queues, so none waits for another."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from itertools import count
from typing import TypeVar

from ..core.comment import Comment
from .items import Cut, HeardUtterance, Loudness, Situation, Sound
from .watch_gateway import PublishedAlert

Item = Comment | Sound | Cut | Loudness | Situation | PublishedAlert | HeardUtterance
T = TypeVar("T", bound=Item)

CAPACITY: dict[type, int] = {
    Comment: 200,
    Sound: 250,
    Cut: 1,
    Loudness: 1,
    Situation: 1,
    PublishedAlert: 50,
    HeardUtterance: 50,
}
"""Items of each kind queued for one subscriber; of sound, 10 s. Then the oldest is dropped."""


class Subscriber:
    """The queues of one subscriber. Created and read on one event loop, filled from any thread.

    `dropped` counts the items it was too slow for.
    """

    def __init__(self, broadcast: Broadcast, kinds: tuple[type, ...]) -> None:
        """Take items of `kinds`; `Broadcast.subscribe` creates one."""
        self._broadcast = broadcast
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._asleep = False
        self._lock = threading.Lock()
        self._arrivals = count()
        self._queues = {kind: deque[tuple[int, Item]](maxlen=CAPACITY[kind]) for kind in kinds}
        self.dropped = 0

    def put(self, item: Item) -> None:
        """Queue `item` if it is of a subscribed kind; a Cut first empties the queue of sound."""
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

    def poll(self) -> Item | None:
        """Return the oldest queued item, or None."""
        with self._lock:
            waiting = [queue for queue in self._queues.values() if queue]
            if not waiting:
                return None
            return min(waiting, key=lambda queue: queue[0][0]).popleft()[1]

    async def next(self) -> Item:
        """Wait for the next item."""
        while (item := self.poll()) is None:
            self._ready.clear()
            with self._lock:
                self._asleep = not any(self._queues.values())
            if self._asleep:
                await self._ready.wait()
        return item

    def close(self) -> None:
        """Unsubscribe."""
        self._broadcast.unsubscribe(self)


class Broadcast:
    """Gives every item to every subscriber, and remembers the newest of each kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[Subscriber, ...] = ()
        self._newest: dict[type, Item] = {}
        self._dropped_before = 0

    @property
    def dropped(self) -> int:
        """How many items subscribers were too slow for, former subscribers included."""
        with self._lock:
            return self._dropped_before + sum(each.dropped for each in self._subscribers)

    @property
    def subscribers(self) -> int:
        """The number of subscribers."""
        return len(self._subscribers)

    def subscribe(self, *kinds: type) -> Subscriber:
        """Return a new subscriber to `kinds`; call on the event loop that reads it."""
        subscriber = Subscriber(self, kinds)
        with self._lock:
            self._subscribers += (subscriber,)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Stop giving items to `subscriber`."""
        with self._lock:
            if subscriber in self._subscribers:
                self._subscribers = tuple(x for x in self._subscribers if x is not subscriber)
                self._dropped_before += subscriber.dropped

    def publish(self, item: Item) -> None:
        """Give `item` to every subscriber; may be called on any thread, never waits."""
        with self._lock:
            self._newest[type(item)] = item
            subscribers = self._subscribers
        for subscriber in subscribers:
            subscriber.put(item)

    def newest(self, kind: type[T]) -> T | None:
        """Return the newest item of a kind."""
        with self._lock:
            item = self._newest.get(kind)
        return item if isinstance(item, kind) else None
