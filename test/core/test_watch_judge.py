"""Watches judged by a model: when it is asked, what makes an alert, and what comments see of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from test.core.stage import PROFILES, TOPIC
from test.core.test_engine_guard import REQUEST
from test.core.test_watches import event, facts, thing
from test.fakes import FakeEngine, frame
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.announcing_engine import AnnouncingEngine
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.cancel import CancelToken
from video_commentary.core.clock import LiveClock, VirtualClock
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.deferred_engine import DeferredEngine
from video_commentary.core.engine import Engine, EngineError, Judgement, Request, judge
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.frames import Frame
from video_commentary.core.load_progress import LoadProgress
from video_commentary.core.pacing import Playout
from video_commentary.core.pause_worker import PauseWorker
from video_commentary.core.scene_monitor import SceneMonitor
from video_commentary.core.stamp import from_seconds
from video_commentary.core.watch_judge import WatchJudge
from video_commentary.core.watch_language import WatchRefusedError
from video_commentary.core.watches import Alert, Watch, WatchList
from video_commentary.wiring import watch_compiler

FALL, WAVE = "tell me when a person falls", "somebody waves"


class JudgingFake(FakeEngine):
    """Judges each condition as `opinion` says of it: probability, None or an exception."""

    def __init__(self, opinion: Callable[[str], object] = lambda _: 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.opinion = opinion
        self.judged: list[tuple[Request, list[str]]] = []

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        assert self.inside == 0, "engines are not reentrant"
        self.judged.append((request, list(conditions)))
        for condition in conditions:
            if cancel.cancelled:
                return
            said = self.opinion(condition)
            if isinstance(said, Exception):
                raise said
            assert said is None or isinstance(said, (float, Judgement))
            yield Judgement(said) if isinstance(said, float) else said


class Scene:
    """Cameras of 2 fps, watches and their judge, on a clock that the pictures move."""

    def __init__(
        self, *conditions: str, cameras: Sequence[str] = (TOPIC,), cooldown: float = 0.0
    ) -> None:
        self.engine = JudgingFake(self.opinion)
        self.said: dict[str, object] = {}
        self.clock = VirtualClock(100.0, iter(()))
        settings = CommentatorSettings(image_topics=tuple(cameras))
        self.monitor = SceneMonitor(settings, self.engine)
        self.watches = WatchList(watch_compiler(), has_facts=False, engine_judges=True)
        for condition in conditions:
            self.watches.add(condition, cooldown=cooldown)
        self.alerts: list[tuple[Alert, Frame]] = []
        self.judge = WatchJudge(
            self.engine,
            self.monitor,
            self.watches,
            self.clock,
            lambda alert, frame: self.alerts.append((alert, frame)),
            threshold=0.6,
        )

    def opinion(self, condition: str) -> object:
        return self.said.get(condition, 0.0)

    def see(self, seconds: float, seed: int | None = 0, shift: float = 0.0) -> None:
        """Show pictures for so long; those of one `seed` are alike, None changes with each."""
        for _ in range(round(seconds * 2)):
            self.clock.spend(0.5)
            stamp = self.clock.now() + shift
            for topic in self.monitor._cameras:
                use = self.monitor.use(topic, from_seconds(stamp))
                self.monitor.add(topic, frame(stamp, topic, seed), use)
            if self.judge.due():
                self.judge.run(CancelToken())

    @property
    def asked(self) -> list[list[str]]:
        return [conditions for _, conditions in self.engine.judged]

    @property
    def texts(self) -> list[str]:
        return [alert.text for alert, _ in self.alerts]


def test_all_watches_of_a_camera_are_judged_together_once_a_second() -> None:
    scene = Scene(FALL, WAVE)
    scene.see(5.0, seed=None)
    assert scene.asked == 5 * [["a person falls", "somebody waves"]]
    newest = [request.frames[-1].stamp / 1e9 for request, _ in scene.engine.judged]
    assert newest == [100.5, 101.5, 102.5, 103.5, 104.5]
    request = scene.engine.judged[-1][0]
    assert len(request.frames) > 1
    assert "yes or no" in request.prompt.system
    assert scene.alerts == []


def test_a_picture_that_stays_the_same_is_judged_until_the_change_has_left_the_window() -> None:
    scene = Scene(FALL)
    scene.see(20.0)
    busy = len(scene.asked)
    assert 3 <= busy <= 6, "the frames of a window span 3 s"
    scene.see(30.0)
    assert len(scene.asked) == busy + 3, "once in 10 s"
    scene.see(0.5, seed=1)
    scene.see(1.0, seed=1)
    assert len(scene.asked) == busy + 4 + 1


def test_an_alert_comes_when_the_probability_rises_above_the_threshold() -> None:
    scene = Scene(FALL, WAVE)
    scene.said["a person falls"] = 0.55
    scene.see(2.0, seed=None)
    assert scene.alerts == []
    scene.said["a person falls"] = 0.65
    scene.see(3.0, seed=None)
    [(alert, picture)] = scene.alerts
    assert alert.text == "A person falls."
    assert alert.confidence == pytest.approx(0.65)
    assert alert.stamp == picture.stamp == from_seconds(102.5)
    assert (alert.camera, alert.watch.condition) == (picture.camera, FALL)
    assert [seen.stamp for seen in alert.evidence] == [picture.stamp]
    scene.said["a person falls"] = 0.5
    scene.see(2.0, seed=None)
    scene.said["a person falls"] = 0.9
    scene.see(2.0, seed=None)
    assert len(scene.alerts) == 1, "it wavered, but never ended"
    scene.said["a person falls"] = 0.4
    scene.see(1.0, seed=None)
    scene.said["a person falls"] = 0.9
    scene.see(2.0, seed=None)
    assert len(scene.alerts) == 2
    [fall, wave] = scene.watches.reports()
    assert (fall.alerts, fall.last_alert, wave.alerts) == (2, scene.alerts[1][0].stamp, 0)


def test_the_cooldown_holds_for_each_camera() -> None:
    scene = Scene(FALL, cameras=("/left", "/right"), cooldown=8.0)
    for _ in range(5):
        scene.said["a person falls"] = 1.0
        scene.see(1.0, seed=None)
        scene.said["a person falls"] = 0.0
        scene.see(1.0, seed=None)
    at = [(alert.camera, round(alert.stamp / 1e9 - 100.5)) for alert, _ in scene.alerts]
    assert at == [("/left", 0), ("/right", 0), ("/left", 8), ("/right", 8)]


def test_a_watch_of_one_camera_is_asked_about_that_one() -> None:
    scene = Scene(cameras=("/left", "/right"))
    scene.watches.add(FALL, camera="/right")
    scene.see(1.0, seed=None)
    assert [{f.camera for f in request.frames} for request, _ in scene.engine.judged] == [
        {"/right"}
    ]


def test_a_duration_is_counted_here_and_not_asked() -> None:
    scene = Scene("the door is open for 20 s")
    scene.said["the door is open"] = 0.9
    scene.see(15.0)
    scene.said["the door is open"] = 0.1
    scene.see(1.0, seed=1)
    scene.said["the door is open"] = 0.9
    scene.see(18.0, seed=2)
    assert {*map(tuple, scene.asked)} == {("the door is open",)}
    assert scene.alerts == []
    scene.see(5.0, seed=2)
    [(alert, _)] = scene.alerts
    assert alert.text == "The door is open for 20 s."
    assert alert.stamp == from_seconds(116.5 + 20)
    assert len(scene.asked) < 20, "it was asked about pictures that did not change"


def test_nobody_knows_what_was_so_while_nobody_looked() -> None:
    scene = Scene("the door is open for 20 s")
    scene.said["the door is open"] = 0.9
    scene.see(10.0)
    scene.clock.spend(60.0)
    scene.see(19.0)
    assert scene.alerts == []
    scene.see(3.0)
    assert len(scene.alerts) == 1


def test_a_bag_that_starts_over_is_judged_at_once() -> None:
    scene = Scene(FALL, cooldown=600.0)
    scene.said["a person falls"] = 0.9
    scene.see(20.0)
    scene.see(2.0, shift=-21.0)
    assert len(scene.alerts) == 2


def test_a_judgement_without_a_probability_has_no_confidence() -> None:
    scene = Scene(FALL, WAVE)
    scene.said |= {"a person falls": Judgement(1.0, measured=False), "somebody waves": None}
    scene.see(2.0, seed=None)
    assert [alert.confidence for alert, _ in scene.alerts] == [None]
    assert scene.judge.trouble == ""
    scene.said["a person falls"] = None
    scene.see(1.0, seed=None)
    assert "neither yes nor no" in scene.judge.trouble


def test_failures_are_said_and_tried_again_less_and_less_often() -> None:
    scene = Scene(FALL)
    scene.said["a person falls"] = EngineError("the GPU is gone")
    scene.see(16.0, seed=None)
    assert scene.judge.trouble == "the GPU is gone"
    assert len(scene.asked) == 5, "after 1, 2, 4 and 8 s"
    scene.said["a person falls"] = ValueError("odd")
    scene.see(16.0, seed=None)
    assert scene.judge.trouble == "ValueError: odd"
    scene.said["a person falls"] = 0.9
    scene.see(31.0, seed=None)
    assert (scene.judge.trouble, scene.texts) == ("", ["A person falls."])


def test_what_was_left_out_comes_first() -> None:
    scene = Scene(FALL, WAVE)
    cancel = CancelToken()

    def opinion(condition: str) -> object:
        cancel.cancel()
        return 0.1

    scene.engine.opinion = opinion
    scene.see(0.0)
    use = scene.monitor.use(TOPIC, from_seconds(101.0))
    scene.monitor.add(TOPIC, frame(101.0), use)
    scene.judge.run(cancel)
    scene.clock.spend(1.0)
    scene.monitor.add(TOPIC, frame(102.0), scene.monitor.use(TOPIC, from_seconds(102.0)))
    scene.judge.run(CancelToken())
    assert scene.asked == [
        ["a person falls", "somebody waves"],
        ["somebody waves", "a person falls"],
    ]


@pytest.mark.parametrize(
    ("has_facts", "judges", "watched"),
    [
        (True, False, {"a person enters": "a person comes into view", FALL: None}),
        (
            True,
            True,
            {
                "a person enters": "a person comes into view",
                FALL: "a person falls (judged by the model)",
                "Die Tür steht offen": "Die Tür steht offen (judged by the model)",
            },
        ),
        (
            False,
            True,
            {
                "a person enters": "a person enters (judged by the model)",
                "Warn me if nobody is there for a minute": "nobody is there for a minute "
                "(judged by the model)",
                " ": None,
                "for ten minutes": None,
                "x" * 201: None,
                "the pot boils for 0 s": None,
            },
        ),
        (False, False, {"a person enters": None}),
    ],
)
def test_facts_decide_what_they_can_and_the_model_the_rest(
    has_facts: bool, judges: bool, watched: dict[str, str | None]
) -> None:
    watches = WatchList(watch_compiler(), has_facts=has_facts, engine_judges=judges)
    for words, meaning in watched.items():
        if meaning is None:
            with pytest.raises(WatchRefusedError):
                watches.add(words)
        else:
            assert watches.add(words).meaning == meaning
    assert [report.meaning for report in watches.reports()] == [m for m in watched.values() if m]
    judged = [w for w, m in watched.items() if m and "judged" in m]
    assert len(watches.judged()) == len(judged)


def test_facts_that_come_later_take_over() -> None:
    watches = WatchList(
        watch_compiler(),
        [Watch(id=1, condition="a person enters", name="x"), Watch(id=2, condition=FALL, name="y")],
        has_facts=False,
        engine_judges=True,
    )
    assert [watch.id for watch in watches.judged()] == [1, 2]
    watches.has_facts = True
    assert [watch.id for watch in watches.judged()] == [2]
    enters = event("enters", "person", thing("person"))
    [alert] = watches.observe(facts(0, events=(enters,)))
    assert alert.watch.id == 1


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
