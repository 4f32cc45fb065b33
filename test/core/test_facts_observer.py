"""An engine that watches beside another one, for the facts alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from queue import Queue

import pytest

from test.fakes import FakeEngine, frame
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.engine import EngineError
from video_commentary.core.facts import FrameFacts
from video_commentary.core.facts_observer import OBSERVED_FPS, FactsObserver
from video_commentary.core.frames import Frame
from video_commentary.core.scene_monitor import SceneMonitor, Use
from video_commentary.core.stamp import from_seconds

TOPIC = "/camera/image_raw"
Seen = Queue[tuple[Frame, FrameFacts]]


def stated(shown: Frame) -> FrameFacts:
    return FrameFacts(camera=shown.camera, stamp=shown.stamp)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def looked(engine: FakeEngine, number: int) -> bool:
    return len(engine.looked) == number


@pytest.fixture
def seen() -> Seen:
    return Queue()


@pytest.fixture
def observer(seen: Seen) -> Iterator[FactsObserver]:
    with closing(FactsObserver(FakeEngine(facts=stated), lambda *its: seen.put(its))) as it:
        ready(it, seen)
        yield it


def ready(it: FactsObserver, seen: Seen) -> None:
    """Offer frames until the engine is loaded and has looked at the last one."""

    def looks() -> bool:
        it.offer(frame(0.0))
        return not seen.empty()

    until(looks)
    it.offer(frame(0.5))
    while seen.get(timeout=5)[0].stamp < from_seconds(0.5):
        pass


def test_what_it_sees_is_handed_over_with_its_frame(observer: FactsObserver, seen: Seen) -> None:
    shown = frame(1.0)
    observer.offer(shown)
    assert seen.get(timeout=5) == (shown, stated(shown))


def test_while_it_looks_the_newest_frame_of_each_camera_waits(seen: Seen) -> None:
    looking, go_on = threading.Event(), threading.Event()

    def slow(shown: Frame) -> FrameFacts:
        if shown.stamp >= from_seconds(1.0):
            looking.set()
            go_on.wait(10)
        return stated(shown)

    with closing(FactsObserver(FakeEngine(facts=slow), lambda *its: seen.put(its))) as it:
        ready(it, seen)
        it.offer(frame(1.0))
        assert looking.wait(5)
        for number in range(5):
            it.offer(frame(2.0 + number, "front"))
            it.offer(frame(2.5 + number, "rear"))
        go_on.set()
        shown = [seen.get(timeout=5)[0] for _ in range(3)]
    assert [(f.camera, f.stamp) for f in shown] == [
        ("camera", from_seconds(1.0)),
        ("front", from_seconds(6.0)),
        ("rear", from_seconds(6.5)),
    ]


def test_a_frame_that_fails_is_said_and_the_next_is_looked_at(seen: Seen) -> None:
    def broken(shown: Frame) -> FrameFacts:
        if shown.stamp == from_seconds(1.0):
            raise ValueError("no such colour")
        return stated(shown)

    with closing(FactsObserver(FakeEngine(facts=broken), lambda *its: seen.put(its))) as it:
        ready(it, seen)
        it.offer(frame(1.0))
        until(lambda: it.trouble == "ValueError: no such colour")
        it.offer(frame(2.0))
        until(lambda: it.trouble == "")


def test_an_engine_that_does_not_load_says_why_and_sees_nothing(seen: Seen) -> None:
    engine = FakeEngine(facts=stated)
    engine.loads = [EngineError("no weights: fetch them", retry=False)]
    with closing(FactsObserver(engine, lambda *its: seen.put(its))) as it:
        until(lambda: it.trouble == "no weights: fetch them")
        it.offer(frame(1.0))
    assert engine.looked == []


def test_it_gets_its_own_rate_and_the_engine_what_it_wants(seen: Seen) -> None:
    watching, writing = FakeEngine(facts=stated), FakeEngine()
    settings = replace(CommentatorSettings(), capture_fps=2.0)
    with closing(FactsObserver(watching, lambda *its: seen.put(its))) as it:
        ready(it, seen)
        watching.looked.clear()
        scene = SceneMonitor(settings, writing, it)
        for number in range(60):
            stamp = 10 + number / 30
            if (use := scene.use(TOPIC, from_seconds(stamp))) is not Use.NONE:
                scene.add(TOPIC, frame(stamp), use)
            due = number // round(30 / OBSERVED_FPS) + 1
            until(partial(looked, watching, due))
    assert len(writing.looked) == 2 * settings.capture_fps
