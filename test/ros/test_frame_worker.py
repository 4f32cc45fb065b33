"""The thread that looks, with a camera and a scene monitor that fail."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from test.fakes import frame
from video_commentary.core.scene_monitor import Use
from video_commentary.ros import frame_worker
from video_commentary.ros.frame_worker import FrameWorker


class Scripted:
    """A camera and a scene monitor at once: gives, and does, what is in the lists."""

    topic = "/camera"

    def __init__(self, frames: list[Any], looks: list[Any]) -> None:
        self._frames = frames
        self._looks = looks
        self.seen = 0

    def next_frame(self) -> Any:
        if not self._frames:
            return None
        given = self._frames.pop(0)
        if isinstance(given, Exception):
            raise given
        return given, Use.KEEP

    def add(self, *_: object) -> None:
        doing = self._looks.pop(0) if self._looks else None
        self.seen += 1
        if isinstance(doing, Exception):
            raise doing
        if isinstance(doing, threading.Event):
            doing.wait(20)


def looking(scripted: Any) -> tuple[FrameWorker, threading.Event]:
    arrived = threading.Event()
    arrived.set()
    return FrameWorker([scripted], scripted, lambda kept: None, lambda *_: None, arrived), arrived


def until(condition: Any) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_frame_that_fails_is_reported_and_the_next_is_looked_at() -> None:
    scripted = Scripted([frame(1.0), MemoryError(), frame(2.0)], [])
    it, arrived = looking(scripted)
    until(lambda: scripted.seen == 2 and it.error == "")
    scripted._frames.append(MemoryError())
    arrived.set()
    until(lambda: it.error.startswith("out of memory: end other programs"))
    it.close()


def test_an_engine_that_hangs_is_reported_and_does_not_block_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frame_worker, "HUNG_AFTER", 0.1)
    monkeypatch.setattr(frame_worker, "GRACE", 0.2)
    let_go = threading.Event()
    it, _ = looking(Scripted([frame(1.0)], [let_go]))
    until(lambda: "restart the node" in it.error)
    began = time.monotonic()
    it.close()
    assert time.monotonic() - began < 1.0
    let_go.set()


def test_it_says_of_each_frame_whether_it_was_kept() -> None:
    kept: list[bool] = []
    scripted: Any = Scripted([], [])
    uses = [Use.KEEP, Use.LOOK]
    scripted.next_frame = lambda: (frame(1.0), uses.pop(0)) if uses else None
    arrived = threading.Event()
    arrived.set()
    it = FrameWorker([scripted], scripted, kept.append, lambda *_: None, arrived)
    until(lambda: len(kept) == 2)
    it.close()
    assert kept == [True, False]
