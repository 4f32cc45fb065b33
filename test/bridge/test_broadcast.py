from __future__ import annotations

import asyncio
import threading

from test.bridge.serving import WELL, comment, sound
from video_commentary.bridge.broadcast import CAPACITY, Broadcast, Item
from video_commentary.bridge.items import Cut, Situation, Sound
from video_commentary.core.comment import Comment


def test_every_listener_gets_what_it_listens_to_in_order() -> None:
    async def scene() -> None:
        broadcast = Broadcast()
        all_of, words = broadcast.subscribe(Comment, Sound, Situation), broadcast.subscribe(Comment)
        items: list[Item] = [comment("one"), sound(0, 1.0), WELL, comment("two")]
        for item in items:
            broadcast.publish(item)
        assert [await all_of.next() for _ in items] == items
        assert [await words.next() for _ in range(2)] == [items[0], items[3]]
        assert words.poll() is None
        assert broadcast.newest(Situation) is WELL

    asyncio.run(scene())


def test_a_listener_that_waits_is_woken_from_another_thread() -> None:
    async def scene() -> None:
        broadcast = Broadcast()
        subscriber = broadcast.subscribe(Comment)
        for one in (comment("first"), comment("second")):
            thread = threading.Timer(0.05, broadcast.publish, [one])
            thread.start()
            assert await asyncio.wait_for(subscriber.next(), 5) is one
            thread.join()

    asyncio.run(scene())


def test_a_slow_listener_loses_the_oldest_of_each_kind_and_holds_up_nobody() -> None:
    async def scene() -> None:
        broadcast = Broadcast()
        slow, quick = broadcast.subscribe(Sound, Comment), broadcast.subscribe(Sound)
        said = comment()
        broadcast.publish(said)
        for index in range(CAPACITY[Sound] + 30):
            broadcast.publish(sound(index, float(index), samples=1))
            assert quick.poll() is not None
        assert slow.poll() is said, "sound pushes out no words"
        first = slow.poll()
        assert isinstance(first, Sound)
        assert first.index == 30
        assert (slow.dropped, quick.dropped, broadcast.dropped) == (30, 0, 30)
        slow.close()
        assert (broadcast.dropped, broadcast.subscribers) == (30, 1)
        broadcast.publish(said)
        while (item := slow.poll()) is not None:
            assert item is not said

    asyncio.run(scene())


def test_a_cut_takes_the_place_of_the_sound_that_waits() -> None:
    async def scene() -> None:
        broadcast = Broadcast()
        subscriber = broadcast.subscribe(Sound, Cut)
        for index in range(5):
            broadcast.publish(sound(index, float(index)))
        broadcast.publish(Cut(3.0))
        after = sound(9, 9.0)
        broadcast.publish(after)
        assert [subscriber.poll(), subscriber.poll(), subscriber.poll()] == [Cut(3.0), after, None]
        assert subscriber.dropped == 0

    asyncio.run(scene())
