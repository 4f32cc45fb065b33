from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from test.fakes import FakeEngine, frame, tone
from test.tools.narration.recordings import PROFILES, SETTINGS, Recording, speaker
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.clock import LiveClock
from video_commentary.core.comment import Comment
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.engine import EngineError
from video_commentary.core.frames import Frame
from video_commentary.core.pacing import Playout
from video_commentary.core.scene_monitor import SceneMonitor, Use
from video_commentary.core.silence import SILENCE
from video_commentary.core.stamp import from_seconds, to_seconds
from video_commentary.tools.narration.stage import Stage
from video_commentary.tools.narration.track import SpeechFile

Make = Callable[..., Stage]


def texts(it: Stage) -> list[str]:
    return [caption.text for caption in it.captions]


def test_a_recording_is_narrated_to_its_end(stage: Make, tmp_path: Path) -> None:
    it = stage(Recording(20.0), speaker(), tmp_path / "j")
    assert it.run()
    assert it.reached == pytest.approx(19.9)
    assert len(it.captions) >= 7
    starts = [caption.start for caption in it.captions]
    assert starts == sorted(starts)
    for caption in it.captions:
        assert caption.spoken
        assert caption.end - caption.start == pytest.approx(0.7, abs=0.01)
        assert 0 <= caption.start - to_seconds(caption.newest) < 0.5


def test_sound_lies_where_the_captions_say_and_nowhere_else(stage: Make, tmp_path: Path) -> None:
    it = stage(Recording(10.0), speaker(), tmp_path / "j")
    it.run()
    samples = it.track.read(0, it.track.samples)
    loud = np.abs(samples.astype(int)) > 500
    expected = np.zeros(len(samples), bool)
    for caption in it.captions:
        expected[round(caption.start * 48_000) : round(caption.end * 48_000)] = True
    assert not (loud & ~expected).any()
    assert loud[expected].mean() > 0.9


def test_the_same_comments_come_as_in_a_live_run(stage: Make, tmp_path: Path) -> None:
    # A frame a second, and the gate opens half way between two: what comes late changes nothing.
    steady: dict[str, Any] = {"capture_fps": 1.0, "breathing_pause": 0.8}
    it = stage(Recording(7.0), speaker(), tmp_path / "j", **steady)
    it.run()
    assert len(it.captions) >= 3
    assert texts(it) == live(speaker(), 7.0, replace(SETTINGS, **steady))


def live(engine: FakeEngine, seconds: float, settings: CommentatorSettings) -> list[str]:
    """Return what a commentator says with the machine's own clock, on threads, frame by frame."""
    control = Control(settings, PROFILES)
    scene = SceneMonitor(settings, engine)
    said: list[str] = []

    def publish(comment: Comment) -> None:
        if comment.final and comment.text and not comment.cancelled:
            said.append(comment.text)

    it = Commentator(engine, scene, control, Playout(OUTPUT_FORMAT), LiveClock(), publish)
    stop = threading.Event()
    thread = threading.Thread(target=it.run, args=(stop,))
    thread.start()
    began = time.monotonic()
    for i in range(round(seconds * 10)):
        time.sleep(max(0.0, began + i / 10 - time.monotonic()))
        use = scene.use("recording", from_seconds(i / 10))
        if use is not Use.NONE:
            scene.add("recording", frame(i / 10), use)
            it.on_frame()
    stop.set()
    control.interrupt()
    thread.join()
    return said


def test_an_engine_takes_no_time_or_its_own(stage: Make, tmp_path: Path) -> None:
    fast = stage(Recording(6.0), speaker(delay=0.1), tmp_path / "none")
    fast.run()
    slow = stage(Recording(6.0), speaker(delay=0.1), tmp_path / "real", real_time=True)
    slow.run()
    assert fast.captions[0].start == 0.0
    # Words after 0.1 s, sound after 0.2 s.
    assert 0.2 <= slow.captions[0].start < 1.0


def test_nothing_is_said_where_nothing_is_new(stage: Make, tmp_path: Path) -> None:
    it = stage(Recording(5.0), FakeEngine(lambda _: [SILENCE]), tmp_path / "j")
    assert it.run()
    assert it.captions == []
    assert it.track.samples == 0


def test_an_interrupted_narration_goes_on_as_one(stage: Make, tmp_path: Path) -> None:
    whole = stage(Recording(20.0), speaker(), tmp_path / "whole")
    whole.run()
    folder = tmp_path / "parts"
    engine = speaker()
    first = stage(Recording(20.0), engine, folder)
    script = engine.script

    def stops_at_the_third(request: object) -> list[object]:
        if len(engine.requests) == 3:
            first.stop()
        return script(request)  # type: ignore[arg-type]

    engine.script = stops_at_the_third
    assert not first.run()
    assert texts(first) == texts(whole)[:2]
    again = speaker()
    second = stage(Recording(20.0), again, folder)
    assert second.run()
    assert second.captions == whole.captions
    assert len(again.requests) == len(whole.captions) - 2
    one, other = (s.track.read(0, s.track.samples) for s in (whole, second))
    np.testing.assert_array_equal(one, other)


def test_an_engine_that_watches_says_again_what_it_said(stage: Make, tmp_path: Path) -> None:
    """Its memory of what was said is its own, and is not in the journal."""
    folder = tmp_path / "j"
    stage(Recording(10.0), speaker(look_fps=5.0), folder).run()
    again = speaker(look_fps=5.0)
    stage(Recording(10.0), again, folder).run()
    assert again.requests
    assert not any(request.speak for request in again.requests)


def test_an_engine_that_fails_for_good_ends_the_narration(stage: Make, tmp_path: Path) -> None:
    engine = FakeEngine(lambda _: [EngineError("wrong key: set it", retry=False)])
    it = stage(Recording(10.0), engine, tmp_path / "j")
    assert not it.run()
    assert it.reached < 1.0
    assert it.failure == "wrong key: set it"


def test_an_engine_that_breaks_ends_the_narration(stage: Make, tmp_path: Path) -> None:
    it = stage(Recording(10.0), FakeEngine(lambda _: [ValueError("shapes differ")]), tmp_path / "j")
    assert not it.run()
    assert it.reached < 1.0
    assert it.failure == "ValueError: shapes differ"


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (EngineError("the GPU is full"), "the GPU is full"),
        (KeyError("x"), "KeyError: 'x'"),
        (MemoryError(), "out of memory: end other programs, or choose a smaller model or engine"),
    ],
)
def test_an_engine_that_can_not_look_goes_on(
    error: Exception, trouble: str, stage: Make, tmp_path: Path
) -> None:
    class Blinking(FakeEngine):
        def look(self, frame: Frame) -> None:
            super().look(frame)
            if len(self.looked) == 3:
                raise error

    engine = Blinking(look_fps=5.0)
    it = stage(Recording(10.0), engine, tmp_path / "j")
    assert it.run()
    assert it.trouble == trouble
    assert len(engine.looked) > 40


def test_an_engine_that_fails_once_is_asked_again(stage: Make, tmp_path: Path) -> None:
    engine = speaker()
    failures = [EngineError("busy: wait")]
    script = engine.script
    engine.script = lambda request: [failures.pop()] if failures else script(request)
    it = stage(Recording(5.0), engine, tmp_path / "j")
    assert it.run()
    assert it.captions[0].start == 0.0


def test_stamps_that_jump_back_start_the_window_over(stage: Make, tmp_path: Path) -> None:
    """As from a bag that was recorded while another was played in a loop."""
    stamps = [100 + i / 10 for i in range(50)] * 2
    engine = speaker()
    it = stage(Recording(10.0, stamps), engine, tmp_path / "j")
    assert it.run()
    windows = [[f.stamp for f in request.frames] for request in engine.requests]
    assert all(window == sorted(window) for window in windows)
    assert it.captions[-1].start > 5.0
    assert it.captions[-1].newest < from_seconds(105.0)


def test_a_question_cuts_the_sound_off_and_is_answered_at_once(stage: Make, tmp_path: Path) -> None:
    it = stage(Recording(2.0), speaker(), tmp_path / "j", questions=[(0.5, "What is it?")])
    assert it.run()
    assert it.captions[1].start == pytest.approx(0.5, abs=0.05)
    assert it.answers[0].result().success


def test_what_is_cut_off_a_track_is_silent() -> None:
    with closing(SpeechFile()) as track:
        track.put(0.0, tone(1.0, OUTPUT_FORMAT))
        track.cut(0.25)
        track.put(0.5, tone(0.1, OUTPUT_FORMAT))
        assert track.end == pytest.approx(0.6)
        assert not track.read(12_000, 12_000).any()
        assert track.read(0, 12_000).any()
