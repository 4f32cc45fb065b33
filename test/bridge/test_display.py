from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from video_commentary.bridge import display as module
from video_commentary.bridge.display import Display
from video_commentary.bridge.items import JpegFrame
from video_commentary.bridge.ring import Ring

FPS = 20


def scene(
    act: Callable[[Display], Coroutine[Any, Any, None]],
    filled: float = 6.0,
    kept: float = 30.0,
) -> None:
    """Run `act` on a display whose ring holds the last seconds and goes on to be filled."""

    async def run() -> None:
        began = time.monotonic()
        ring = Ring(kept, 1_000_000)
        display = Display(ring, lambda: 1000.0 + time.monotonic() - began)

        async def film() -> None:
            index = -round(filled * FPS)
            while True:
                while 1000.0 + index / FPS <= display.now():
                    ring.add(JpegFrame(b"%d" % index, 1000.0 + index / FPS))
                    index += 1
                await asyncio.sleep(0.005)

        camera = asyncio.create_task(film())
        await asyncio.sleep(0.05)
        await act(display)
        camera.cancel()

    asyncio.run(run())


def wanted(display: Display) -> int:
    return int(display.wanted)


def test_shows_every_frame_delayed_by_the_display_delay() -> None:
    async def act(display: Display) -> None:
        viewer = display.watch()
        await viewer.next()
        stamps = []
        for _ in range(20):
            frame = await viewer.next()
            stamps.append(frame.stamp)
            assert display.now() - frame.stamp == pytest.approx(5.0, abs=0.05)
        assert stamps == pytest.approx([stamps[0] + i / FPS for i in range(20)])
        assert (viewer.skipped, display.skipped) == (0, 0)

    scene(act)


def test_a_slow_viewer_skips_to_what_is_due_and_is_counted() -> None:
    async def act(display: Display) -> None:
        viewer = display.watch()
        await viewer.next()
        await asyncio.sleep(1.0)
        frame = await viewer.next()
        assert display.now() - frame.stamp == pytest.approx(5.0, abs=0.06)
        assert viewer.skipped == display.skipped == pytest.approx(FPS - 1, abs=2)

    scene(act)


def test_who_hears_later_sees_later_gently() -> None:
    async def act(display: Display) -> None:
        viewer, other = display.watch(), display.watch()
        viewer.behind = 0.2
        await viewer.next()
        before = (await viewer.next()).stamp
        for _ in range(25):
            frame = await viewer.next()
            assert frame.stamp - before < 2.1 / FPS
            before = frame.stamp
        await other.next()
        assert viewer.delay - other.delay == pytest.approx(0.2, abs=0.01)

    scene(act)


def test_a_ring_shorter_than_the_delay_shows_the_oldest_it_has() -> None:
    async def act(display: Display) -> None:
        viewer = display.watch()
        await viewer.next()
        before = (await viewer.next()).stamp
        for _ in range(FPS):
            frame = await asyncio.wait_for(viewer.next(), 1)
            assert frame.stamp - before < 2.1 / FPS
            assert display.now() - frame.stamp == pytest.approx(1.0, abs=0.15)
            before = frame.stamp
        assert viewer.delay == pytest.approx(1.0, abs=0.15)
        assert display.held == pytest.approx(1.0, abs=0.15)

    scene(act, kept=1.0)


def test_before_anything_is_old_enough_the_oldest_picture_stands_still() -> None:
    async def act(display: Display) -> None:
        viewer = display.watch()
        first = await asyncio.wait_for(viewer.next(), 1)
        assert first.stamp == pytest.approx(1000.0, abs=0.2)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(viewer.next(), 0.5)

    scene(act, filled=0.1)


def test_a_bag_that_starts_again_is_shown_again() -> None:
    async def run() -> None:
        began = time.monotonic()
        ring = Ring(30.0, 1_000_000)
        viewer = Display(ring, lambda: 1000.0 + time.monotonic() - began).watch()
        for stamp, jpeg in ((1000.0, b"first"), (3.0, b"again"), (3.0, b"once more")):
            ring.add(JpegFrame(jpeg, stamp))
            assert (await asyncio.wait_for(viewer.next(), 10)).jpeg == jpeg

    asyncio.run(run())


def test_one_picture_asked_for_wakes_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(display: Display) -> None:
        assert wanted(display) == 0
        asked = display.now()
        fresh = await display.fresh()
        assert fresh is not None
        assert fresh.stamp > asked - 1 / FPS
        assert wanted(display) == 1
        monkeypatch.setattr(module, "_ALSO_WANTED", 0.0)
        assert wanted(display) == 0
        viewer = display.watch()
        assert wanted(display) == 1
        viewer.close()
        assert wanted(display) == 0

    scene(act)


def test_without_a_camera_there_is_no_picture() -> None:
    display = Display(Ring(1.0, 1), time.time)
    assert asyncio.run(display.fresh(0.05)) is None
