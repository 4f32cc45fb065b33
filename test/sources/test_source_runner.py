from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from test.videos import write_video
from video_commentary.core.backoff import Backoff
from video_commentary.sources import source_runner
from video_commentary.sources.file import FileReader
from video_commentary.sources.mjpeg import MjpegReader
from video_commentary.sources.reader import Reader, SourceError, SourceFrame
from video_commentary.sources.source_runner import SourceHealth, SourceRunner, SourceState

Script = list[Any]
"""Times of frames, errors to raise, and functions to wait in."""


class FakeReader:
    """Follows a script of frames' times, errors and waits."""

    description = "a script"

    def __init__(self, script: Script, live: bool) -> None:
        self.live = live
        self._script = iter(script)

    def open(self) -> None:
        pass

    def read(self) -> SourceFrame | None:
        for step in self._script:
            if isinstance(step, Exception):
                raise step
            if not callable(step):
                return SourceFrame(step, np.zeros((2, 2, 3), np.uint8))
            step()
        return None

    def close(self) -> None:
        pass


class Watched:
    """A runner and what it delivered: (arrival, frame, lateness)."""

    def __init__(self, create: Callable[[], Reader], freeze_timeout: float = 5.0) -> None:
        self.got: list[tuple[float, SourceFrame, float]] = []
        self.runner = SourceRunner(create, self._take, freeze_timeout=freeze_timeout)
        self.runner.start()

    def _take(self, frame: SourceFrame, late: float) -> None:
        self.got.append((time.monotonic(), frame, late))

    def wait(self, done: Callable[[SourceHealth], bool], seconds: float = 10.0) -> SourceHealth:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.runner.supervise()
            health = self.runner.health()
            if done(health):
                return health
            time.sleep(0.01)
        raise AssertionError(f"still {self.runner.health()}")


Start = Callable[..., Watched]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return a starter of runners that lose no time waiting."""
    monkeypatch.setattr(source_runner, "Backoff", lambda: Backoff(0.05, 0.1))
    started: list[Watched] = []

    def start(create: Callable[[], Reader], **options: float) -> Watched:
        started.append(Watched(create, **options))
        return started[-1]

    yield start
    for watched in started:
        watched.runner.stop()


def test_plays_a_file_in_real_time(watch: Start, tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", frames=11, fps=20)
    watched = watch(lambda: FileReader(path, loop=False))
    health = watched.wait(lambda h: h.state is SourceState.ENDED)
    assert health.frames == len(watched.got) == 11
    arrivals = np.array([at - late for at, _, late in watched.got])
    np.testing.assert_allclose(np.diff(arrivals), 0.05, atol=0.03)
    assert "the end of" in health.reason


def test_a_slow_source_goes_on_slower_instead_of_rushing(watch: Start) -> None:
    script: Script = [0.0, lambda: time.sleep(0.8), 0.1, 0.2, 0.3]
    watched = watch(lambda: FakeReader(script, live=False))
    watched.wait(lambda h: h.state is SourceState.ENDED)
    gaps = np.diff([at - late for at, _, late in watched.got])
    assert gaps[0] > 0.7
    np.testing.assert_allclose(gaps[1:], 0.1, atol=0.04)


def test_opens_again_after_errors_of_every_kind(watch: Start) -> None:
    scripts: Iterator[Script] = iter(
        [[SourceError("no")], [0.0, RuntimeError("driver")], [0.0], [0.0, 0.1]]
    )
    hold = threading.Event()
    watched = watch(lambda: FakeReader([*next(scripts), hold.wait], live=False))
    watched.wait(lambda h: h.frames >= 1)
    hold.set()
    watched.wait(lambda h: h.state is SourceState.ENDED)


def test_says_why_and_when_it_tries_again(watch: Start) -> None:
    watched = watch(lambda: FileReader(Path("/no/such.mp4"), loop=True))
    health = watched.wait(lambda h: h.state is SourceState.FAILED)
    assert "no such file" in health.reason and "trying again in" in health.reason


@pytest.mark.parametrize("path", ["cut", "hang", "page"])
def test_a_failing_camera_is_opened_again_and_again(watch: Start, camera: str, path: str) -> None:
    opened: list[float] = []

    def create() -> Reader:
        opened.append(time.monotonic())
        return MjpegReader(f"{camera}/{path}", timeout=0.3)

    watched = watch(create, freeze_timeout=0.3)
    watched.wait(lambda _: len(opened) >= 3)
    if path == "page":
        assert not watched.got
    else:
        watched.wait(lambda _: any(at > opened[1] for at, _, _ in watched.got))


def test_a_camera_that_comes_back_is_live_again(watch: Start, camera: str) -> None:
    paths = iter(["nothing", "cut"])
    watched = watch(lambda: MjpegReader(f"{camera}/{next(paths, 'good')}", timeout=1))
    health = watched.wait(lambda h: h.state is SourceState.LIVE and h.frames >= 10 and h.fps > 5)
    assert health.reason == ""


def test_a_frozen_stream_is_noticed_and_a_stuck_reader_replaced(watch: Start) -> None:
    stuck = threading.Event()
    scripts: Iterator[Script] = iter([[0.0, stuck.wait], [0.0, 0.1, stuck.wait]])
    watched = watch(lambda: FakeReader(next(scripts, [stuck.wait]), live=True), freeze_timeout=0.5)
    watched.wait(lambda h: h.state is SourceState.FROZEN and "no new frame" in h.reason)
    watched.wait(lambda h: h.frames == 3)
    stuck.set()


def test_stops_at_once_in_a_long_wait(watch: Start) -> None:
    watched = watch(lambda: FakeReader([0.0, 60.0], live=False))
    watched.wait(lambda h: h.frames == 1)
    watched.runner.stop()
    assert not watched.runner._thread.is_alive()
    assert len(watched.got) == 1
