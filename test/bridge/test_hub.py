from __future__ import annotations

import asyncio
import threading

from test.bridge.serving import WELL, comment, sound
from video_commentary.bridge.hub import CAPACITY, Hub, Item
from video_commentary.bridge.items import Cut, Situation, Sound
from video_commentary.core.comment import Comment


def test_every_listener_gets_what_it_listens_to_in_order() -> None:
    async def scene() -> None:
        hub = Hub()
        all_of, words = hub.listen(Comment, Sound, Situation), hub.listen(Comment)
        items: list[Item] = [comment("one"), sound(0, 1.0), WELL, comment("two")]
        for item in items:
            hub.publish(item)
        assert [await all_of.next() for _ in items] == items
        assert [await words.next() for _ in range(2)] == [items[0], items[3]]
        assert words.take() is None
        assert hub.newest(Situation) is WELL

    asyncio.run(scene())


def test_a_listener_that_waits_is_woken_from_another_thread() -> None:
    async def scene() -> None:
        hub = Hub()
        listener = hub.listen(Comment)
        for one in (comment("first"), comment("second")):
            thread = threading.Timer(0.05, hub.publish, [one])
            thread.start()
            assert await asyncio.wait_for(listener.next(), 5) is one
            thread.join()

    asyncio.run(scene())


def test_a_slow_listener_loses_the_oldest_of_each_kind_and_holds_up_nobody() -> None:
    async def scene() -> None:
        hub = Hub()
        slow, quick = hub.listen(Sound, Comment), hub.listen(Sound)
        said = comment()
        hub.publish(said)
        for index in range(CAPACITY[Sound] + 30):
            hub.publish(sound(index, float(index), samples=1))
            assert quick.take() is not None
        assert slow.take() is said, "sound pushes out no words"
        first = slow.take()
        assert isinstance(first, Sound)
        assert first.index == 30
        assert (slow.dropped, quick.dropped, hub.dropped) == (30, 0, 30)
        slow.close()
        assert (hub.dropped, hub.listeners) == (30, 1)
        hub.publish(said)
        while (item := slow.take()) is not None:
            assert item is not said

    asyncio.run(scene())


def test_a_cut_takes_the_place_of_the_sound_that_waits() -> None:
    async def scene() -> None:
        hub = Hub()
        listener = hub.listen(Sound, Cut)
        for index in range(5):
            hub.publish(sound(index, float(index)))
        hub.publish(Cut(3.0))
        after = sound(9, 9.0)
        hub.publish(after)
        assert [listener.take(), listener.take(), listener.take()] == [Cut(3.0), after, None]
        assert listener.dropped == 0

    asyncio.run(scene())
