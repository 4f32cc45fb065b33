from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from statistics import median
from typing import Any

import pytest

from video_commentary.bridge import display as module
from video_commentary.bridge.display import Display, Viewer
from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import JpegFrame

FPS = 20


def scene(
    act: Callable[[Display], Coroutine[Any, Any, None]],
    filled: float = 6.0,
    kept: float = 30.0,
) -> None:
    """Run `act` on a display whose buffer holds the last seconds and keeps being filled."""

    async def run() -> None:
        began = time.monotonic()
        buffer = FrameBuffer(kept, 1_000_000)
        display = Display(buffer, lambda: 1000.0 + time.monotonic() - began)

        async def film() -> None:
            index = -round(filled * FPS)
            while True:
                while 1000.0 + index / FPS <= display.now():
                    buffer.add(JpegFrame(b"%d" % index, 1000.0 + index / FPS))
                    index += 1
                await asyncio.sleep(0.005)

        camera = asyncio.create_task(film())
        await asyncio.sleep(0.05)
        await act(display)
        camera.cancel()

    asyncio.run(run())


def wanted(display: Display) -> int:
    return int(display.wanted)


async def in_a_row(display: Display, viewer: Viewer, step: float) -> list[tuple[float, float]]:
    """Return a second's stamps and delays, each stamp at most `step` frames after the last.

    A machine that stalls for a moment skips frames: those in a row come then.
    """
    row: list[tuple[float, float]] = []
    for _ in range(20 * FPS):
        frame = await asyncio.wait_for(viewer.next(), 10)
        if row and frame.stamp - row[-1][0] > step / FPS:
            row.clear()
        row.append((frame.stamp, display.now() - frame.stamp))
        if len(row) > FPS:
            return row
    raise AssertionError("frames are left out all the time")


def test_shows_every_frame_delayed_by_the_display_delay() -> None:
    async def act(display: Display) -> None:
        viewer = display.watch()
        begin = (await viewer.next()).stamp
        row = await in_a_row(display, viewer, 1.1)
        first = row[0][0]
        assert [stamp for stamp, _ in row] == pytest.approx(
            [first + i / FPS for i in range(FPS + 1)]
        )
        delays = [delay for _, delay in row]
        assert min(delays) > 4.99
        assert median(delays) == pytest.approx(5.0, abs=0.05)
        missing = round((row[-1][0] - begin) * FPS) + 1 - display.shown
        assert viewer.skipped == display.skipped == missing

    scene(act)


def test_a_slow_viewer_skips_to_what_is_due_and_is_counted() -> None:
    async def act(display: Display) -> None:
        viewer = display.watch()
        first = await viewer.next()
        await asyncio.sleep(1.0)
        begin = display.now()
        frame = await viewer.next()
        assert begin - 1.1 / FPS < frame.stamp + 5.0 < display.now() + 0.001
        missing = round((frame.stamp - first.stamp) * FPS) - 1
        assert viewer.skipped == display.skipped == missing >= FPS - 2

    scene(act)


def test_a_viewer_whose_sound_is_late_sees_later_without_a_jump() -> None:
    async def act(display: Display) -> None:
        viewer, other = display.watch(), display.watch()
        before, at = (await viewer.next()).stamp, display.now()
        viewer.behind = 0.2
        for _ in range(25):
            frame, then, at = await viewer.next(), at, display.now()
            assert 0 < frame.stamp - before < at - then + 1.1 / FPS
            before = frame.stamp
        await other.next()
        apart = [viewer.delay - other.delay for _ in range(5)]
        assert median(apart) == pytest.approx(0.2, abs=0.01)

    scene(act)


def test_a_ring_shorter_than_the_delay_shows_the_oldest_it_has() -> None:
    async def act(display: Display) -> None:
        viewer = display.watch()
        await viewer.next()
        row = await in_a_row(display, viewer, 2.1)
        delays = [delay for _, delay in row]
        assert min(delays) > 0.85
        assert median(delays) == pytest.approx(1.0, abs=0.15)
        said = []
        for _ in range(5):
            await asyncio.sleep(0.02)
            said += [viewer.delay, display.current_delay]
        assert min(said) > 0.85
        assert median(said) == pytest.approx(1.0, abs=0.15)

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
        buffer = FrameBuffer(30.0, 1_000_000)
        viewer = Display(buffer, lambda: 1000.0 + time.monotonic() - began).watch()
        for stamp, jpeg in ((1000.0, b"first"), (3.0, b"again"), (3.0, b"once more")):
            buffer.add(JpegFrame(jpeg, stamp))
            assert (await asyncio.wait_for(viewer.next(), 10)).jpeg == jpeg

    asyncio.run(run())


def test_one_picture_asked_for_wakes_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(display: Display) -> None:
        assert wanted(display) == 0
        asked = display.now()
        fresh = await display.snapshot()
        assert fresh is not None
        assert fresh.stamp > asked - 1 / FPS
        assert wanted(display) == 1
        monkeypatch.setattr(module, "_SNAPSHOT_INTEREST", 0.0)
        assert wanted(display) == 0
        viewer = display.watch()
        assert wanted(display) == 1
        viewer.close()
        assert wanted(display) == 0

    scene(act)


def test_without_a_camera_there_is_no_picture() -> None:
    display = Display(FrameBuffer(1.0, 1), time.time)
    assert asyncio.run(display.snapshot(0.05)) is None
