"""Judging beside comments: it waits for pauses, and every wrapper of an engine passes it on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from test.core.judging import FALL, JudgingFake
from test.core.stage import PROFILES, TOPIC
from test.core.test_engine_guard import REQUEST
from test.fakes import FakeEngine, frame
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.announcing_engine import AnnouncingEngine
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.cancel import CancelToken
from video_commentary.core.clock import LiveClock
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.deferred_engine import DeferredEngine
from video_commentary.core.engine import Engine, EngineError, Judgement, Request, judge
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.load_progress import LoadProgress
from video_commentary.core.pacing import Playout
from video_commentary.core.pause_worker import PauseWorker
from video_commentary.core.scene_monitor import SceneMonitor
from video_commentary.core.stamp import from_seconds
from video_commentary.core.watch_judge import WatchJudge
from video_commentary.core.watches import Alert, WatchList
from video_commentary.wiring import watch_compiler


def test_a_comment_stops_the_judging_and_begins_at_once() -> None:
    """On the real clock and threads: what a comment waits for is the engine's own step."""
    begun, go_on = threading.Event(), threading.Event()
    engine = JudgingFake()
    stopped: list[bool] = []

    def judging(
        request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        begun.set()
        stopped.append(cancel.wait(10))
        yield Judgement(1.0)

    engine.judge = judging  # type: ignore[method-assign]
    guard = EngineGuard(AnnouncingEngine(engine), timeout=20.0)
    settings = CommentatorSettings()
    control = Control(settings, PROFILES)
    scene, clock = SceneMonitor(settings, guard), LiveClock()
    watches = WatchList(watch_compiler(), has_facts=False, engine_judges=True)
    watches.add(FALL)
    alerts: list[Alert] = []
    judge_ = WatchJudge(guard, scene, watches, clock, lambda a, _: alerts.append(a), 0.6)
    said: list[str] = []

    def publish(comment: Any) -> None:
        said.append(comment.text)
        if comment.final:
            go_on.set()

    commentator = Commentator(
        guard,
        scene,
        control,
        Playout(OUTPUT_FORMAT),
        clock,
        publish,
        PauseWorker(judge_.due, judge_.run),
    )
    scene.add(TOPIC, frame(1.0), scene.use(TOPIC, from_seconds(1.0)))
    stop = threading.Event()
    thread = threading.Thread(target=commentator.run, args=(stop,))
    thread.start()
    try:
        assert begun.wait(10), "it does not judge while there is nothing to say"
        begun.clear()
        commentator.on_frame()
        assert go_on.wait(10)
        assert said[-1] == "Hello there."
        assert stopped == [True]
        assert begun.wait(10), "it does not go on in the next pause"
        answer = control.ask("What is it?", quiet=True).result(10)
        assert answer.success, answer.text
        assert stopped == [True, True]
        assert alerts == [], "a judgement that was given up counts"
    finally:
        stop.set()
        control.wake.set()
        thread.join(10)
    assert not thread.is_alive()


def test_work_is_begun_once_and_not_in_a_pause_too_short_for_it() -> None:
    runs: list[CancelToken] = []
    working = threading.Event()

    def work(cancel: CancelToken) -> None:
        runs.append(cancel)
        working.set()
        cancel.wait(10)

    due = [True]
    worker = PauseWorker(lambda: due[0], work)
    worker.suspend()
    worker.resume(0.01)
    assert runs == []
    worker.resume(None)
    assert working.wait(10)
    worker.resume(1.0)
    worker.suspend()
    assert [cancel.cancelled for cancel in runs] == [True]
    due[0] = False
    worker.resume(None)
    assert len(runs) == 1


def test_every_wrapper_passes_judging_on() -> None:
    engine = JudgingFake(lambda condition: 0.25)
    deferred = DeferredEngine("fake", lambda: engine, LoadProgress())
    wrapped: Engine = EngineGuard(AnnouncingEngine(deferred), timeout=5.0)
    with pytest.raises(EngineError, match="not loaded"):
        list(judge(wrapped, REQUEST, ["smoke"], CancelToken()))
    deferred.load()
    assert list(judge(wrapped, REQUEST, ["smoke"], CancelToken())) == [Judgement(0.25)]
    cancelled = CancelToken()
    cancelled.cancel()
    assert list(judge(wrapped, REQUEST, ["smoke"], cancelled)) == []
    writes = EngineGuard(AnnouncingEngine(FakeEngine()), timeout=5.0)
    with pytest.raises(EngineError, match="can't judge") as caught:
        list(judge(writes, REQUEST, ["smoke"], CancelToken()))
    assert not caught.value.retry
    said = [delta.text for delta in writes.comment(REQUEST, CancelToken())]
    assert said == ["Hello ", "there."]
