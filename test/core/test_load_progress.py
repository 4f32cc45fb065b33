from __future__ import annotations

import threading
import time

import pytest

from video_commentary.core.load_progress import LoadProgress


class Time:
    """A clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def test_phases_are_shown_while_they_run_and_timed(clock: Time) -> None:
    progress = LoadProgress()
    assert progress.running == progress.summary == ""
    with progress.phase("weights"):
        assert progress.running == "weights"
        clock.now += 1.0
        with progress.phase("voice files"):
            assert progress.running == "weights, voice files"
            clock.now += 2.0
    assert progress.running == ""
    assert progress.summary == "voice files 2.0 s, weights 3.0 s"
    progress.restart()
    assert progress.summary == ""


def test_a_phase_that_fails_ends_and_one_entered_again_adds_up(clock: Time) -> None:
    progress = LoadProgress()

    def fail() -> None:
        with progress.phase("voice"):
            clock.now += 1.5
            raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            fail()
    assert progress.running == ""
    assert progress.summary == "voice 3.0 s"


def test_a_phase_that_took_no_time_is_left_out(clock: Time) -> None:
    progress = LoadProgress()
    with progress.phase("tuning"):
        clock.now += 0.04
    assert progress.summary == ""


def test_phases_of_two_threads_overlap() -> None:
    progress = LoadProgress()
    inside, leave = threading.Event(), threading.Event()

    def read() -> None:
        with progress.phase("voice files"):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=read)
    thread.start()
    assert inside.wait(10)
    with progress.phase("weights"):
        assert progress.running == "voice files, weights"
    leave.set()
    thread.join(10)
    assert progress.running == ""
