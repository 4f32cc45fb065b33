from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from test.fakes import FORMAT, FakeEngine, Schedule, frame, tone
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.clock import VirtualClock
from video_commentary.core.comment import Comment
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.engine import EngineError, Request
from video_commentary.core.frames import Frame
from video_commentary.core.pacing import Playout
from video_commentary.core.prompting import Profile
from video_commentary.core.scene_monitor import SceneMonitor, Use
from video_commentary.core.silence import SILENCE
from video_commentary.core.stamp import Stamp, from_seconds, to_seconds

PROFILES = {name: Profile(name, f"You are a {name}.", ()) for name in ("commentator", "sports")}
TOPIC = "/camera/image_raw"


class Stage:
    """A commentator with a camera of 2 fps, run on a virtual clock."""

    def __init__(self, engine: FakeEngine, still: bool = False, **settings: Any) -> None:
        self.engine = engine
        self.settings = replace(CommentatorSettings(), **settings)
        self.schedule = Schedule()
        self.start = 1000.0
        self.clock = VirtualClock(self.start, self.schedule)
        self.control = Control(self.settings, PROFILES)
        self.playout = Playout(OUTPUT_FORMAT)
        self.scene = SceneMonitor(self.settings, engine)
        self.published: list[tuple[float, Comment]] = []
        self.commentator = Commentator(
            engine, self.scene, self.control, self.playout, self.clock, self._publish
        )
        self.still = still
        self.stop = threading.Event()

    def _publish(self, comment: Comment) -> None:
        self.published.append((self.clock.now() - self.start, comment))

    def film(self, seconds: float) -> None:
        for i in range(round(seconds * 2)):
            self.at(i / 2, self._seeing(self.start + i / 2))

    def _seeing(self, stamp: float) -> Callable[[], None]:
        return lambda: self.see(stamp)

    def see(self, stamp: float) -> None:
        use = self.scene.use(TOPIC, from_seconds(stamp))
        self.scene.add(TOPIC, frame(stamp, seed=0 if self.still else None), use)
        if use is Use.KEEP:
            self.commentator.on_frame()

    def at(self, when: float, action: Callable[[], object]) -> None:
        self.schedule.at(self.start + when, action)

    def tune(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)
        self.control.tune(self.settings)

    def steer(self, instruction: str) -> None:
        self.tune(instruction=instruction)

    def seconds(self, stamp: Stamp | None) -> float:
        """Return a stamp as seconds since the start."""
        assert stamp is not None
        return to_seconds(stamp) - self.start

    def end(self) -> None:
        self.stop.set()
        self.control.interrupt()

    def run(self, seconds: float) -> None:
        self.film(seconds)
        self.at(seconds, self.end)
        self.commentator.run(self.stop)

    @property
    def final(self) -> list[tuple[float, Comment]]:
        return [(when, comment) for when, comment in self.published if comment.final]

    @property
    def texts(self) -> list[str]:
        return [comment.text for _, comment in self.final if not comment.silent]


def speaking(text: str, seconds: float) -> FakeEngine:
    return FakeEngine(lambda _: [f"{text} ", tone(seconds)], voice=FORMAT)


def test_words_come_one_by_one_and_then_the_whole() -> None:
    stage = Stage(FakeEngine())
    stage.run(1.0)
    texts = [(comment.text, comment.final) for _, comment in stage.published[:3]]
    assert texts == [("Hello ", False), ("Hello there.", False), ("Hello there.", True)]


def test_a_comment_carries_the_stamps_of_its_frames() -> None:
    stage = Stage(FakeEngine(), max_tokens=50)
    stage.run(6.0)
    _, last = stage.final[-1]
    request = stage.engine.requests[-1]
    assert [f.stamp for f in request.frames] == sorted(f.stamp for f in request.frames)
    assert (last.oldest, last.newest) == (request.frames[0].stamp, request.frames[-1].stamp)
    assert last.newest - last.oldest == from_seconds(3.0)
    assert request.limits.max_tokens == 50


def test_the_next_comment_waits_for_the_sound_and_the_pause() -> None:
    stage = Stage(speaking("Four seconds.", 4.0), breathing_pause=1.0)
    stage.run(14.0)
    begins = [stage.seconds(c.first_words) for _, c in stage.final if c.first_words]
    assert begins[0] == pytest.approx(0.0, abs=0.1)
    assert begins[1] == pytest.approx(5.0, abs=0.51)
    assert begins[1] >= 5.0


def test_comments_are_about_the_freshest_frames_when_the_gate_opens() -> None:
    stage = Stage(speaking("Four seconds.", 4.3), breathing_pause=1.0)
    stage.run(20.0)
    delays = [c.first_words - c.newest for _, c in stage.final if c.first_words]
    assert max(delays) <= from_seconds(0.5)


def test_silence_makes_no_words_no_sound_and_no_delay() -> None:
    stage = Stage(FakeEngine(lambda _: [SILENCE], voice=FORMAT))
    stage.run(2.0)
    assert stage.published
    assert all(
        comment.silent and comment.final and not comment.text for _, comment in stage.published
    )
    assert stage.playout.due_in(0) is None
    assert stage.commentator.stats.words_delay == 0
    assert stage.commentator.stats.silent == len(stage.published)


def test_blanks_before_the_first_word_are_not_published_alone() -> None:
    stage = Stage(FakeEngine(lambda _: [" ", "\n", "Now."]))
    stage.run(0.5)
    assert [comment.text for _, comment in stage.published] == [" \nNow.", "Now."]


@pytest.mark.parametrize("script", [[], [""], [" "]])
def test_an_empty_answer_is_silence(script: list[object]) -> None:
    stage = Stage(FakeEngine(lambda _: script))
    stage.run(1.0)
    assert stage.final[0][1].silent


def test_a_still_scene_is_not_commented_again() -> None:
    stage = Stage(FakeEngine(), still=True)
    stage.run(20.0)
    assert len(stage.engine.requests) == 1


def test_an_engine_with_eyes_of_its_own_is_always_asked() -> None:
    stage = Stage(FakeEngine(lambda _: [SILENCE], look_fps=5.0), still=True)
    stage.run(5.0)
    assert len(stage.engine.requests) >= 9


def test_an_instruction_stops_the_sentence_and_its_sound_at_once() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))

    def script(request: Request) -> list[object]:
        if request.prompt.instruction:
            return ["New."]
        return ["Old ", tone(5.0), "words ", "never said"]

    stage.engine.script = script
    stage.at(2.0, lambda: stage.steer("look at the door"))
    stage.run(4.0)
    when, comment = next((w, c) for w, c in stage.published if c.instruction)
    assert when == pytest.approx(2.0, abs=0.01)
    assert comment.text == "New."
    assert stage.engine.requests[-1].prompt.instruction == "look at the door"


def test_an_instruction_in_mid_generation_cancels_and_says_so() -> None:
    stage = Stage(FakeEngine())
    steered = threading.Event()

    def script(request: Request) -> list[object]:
        if request.prompt.instruction:
            return ["New."]
        return Steering(stage, steered)

    stage.engine.script = script
    stage.run(1.0)
    cancelled, new = stage.final[0][1], stage.final[1][1]
    assert cancelled.cancelled
    assert cancelled.text == "Old"
    assert new.text == "New."
    assert stage.commentator.stats.cancelled == 1


class Steering(list[object]):
    """A script that is steered between its first and second word."""

    def __init__(self, stage: Stage, done: threading.Event) -> None:
        super().__init__()
        self._stage, self._done = stage, done

    def __iter__(self):  # type: ignore[no-untyped-def]
        yield "Old "
        if not self._done.is_set():
            self._done.set()
            self._stage.steer("something else")
        yield "words"


def test_a_question_is_answered_now_and_interrupts() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))
    stage.engine.script = lambda request: (
        ["Two."] if request.prompt.question else ["Talk ", tone(30.0)]
    )
    answers = []
    stage.at(3.0, lambda: answers.append(stage.control.ask("How many?")))
    stage.run(4.0)
    answer = answers[0].result(0)
    assert (answer.success, answer.text) == (True, "Two.")
    assert stage.seconds(answer.stamp) == pytest.approx(3.0, abs=0.51)
    asked = next(c for _, c in stage.final if c.question)
    assert stage.seconds(asked.first_words) == pytest.approx(3.0, abs=0.01)


def test_a_quiet_question_leaves_the_speech_alone() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))
    stage.engine.script = lambda request: (
        ["Two."] if request.prompt.question else ["Talk ", tone(30.0)]
    )
    answers = []
    stage.at(3.0, lambda: answers.append(stage.control.ask("How many?", quiet=True)))
    stage.at(3.9, lambda: ends.append(stage.playout.ends_at(stage.clock.now()) - stage.start))
    ends: list[float] = []
    stage.run(4.0)
    assert answers[0].result(0).text == "Two."
    assert not stage.engine.requests[1].speak
    assert ends[0] == pytest.approx(30.0, abs=0.1)


def test_a_question_without_a_picture_is_answered_with_the_reason() -> None:
    stage = Stage(FakeEngine())
    answer = stage.control.ask("What is there?")
    stage.commentator.step()
    assert not answer.result(0).success
    assert "no picture" in answer.result(0).text


def test_questions_do_not_cut_each_other_off() -> None:
    stage = Stage(FakeEngine(voice=FORMAT))
    answers: list[Any] = []

    def script(request: Request) -> list[object]:
        if request.prompt.question == "First?" and len(answers) == 1:
            return Asking(stage, answers)
        return [f"You asked: {request.prompt.question}"]

    stage.engine.script = script
    stage.at(3.0, lambda: answers.append(stage.control.ask("First?")))
    stage.run(4.0)
    replies = [answer.result(0) for answer in answers]
    assert [(reply.success, reply.text) for reply in replies] == [
        (True, "You asked: First?"),
        (True, "You asked: Second?"),
    ]


class Asking(list[object]):
    """An answer during which somebody else asks."""

    def __init__(self, stage: Stage, answers: list[Any]) -> None:
        super().__init__()
        self._stage, self._answers = stage, answers

    def __iter__(self):  # type: ignore[no-untyped-def]
        yield "You "
        self._answers.append(self._stage.control.ask("Second?"))
        yield "asked"


def test_a_question_leaves_what_has_changed_to_be_said() -> None:
    stage = Stage(FakeEngine(), still=True)
    stage.engine.script = lambda request: ["Two."] if request.prompt.question else ["New."]
    stage.at(5.0, stage.scene.mark_changed)
    stage.at(5.0, lambda: stage.control.ask("How many?"))
    stage.run(12.0)
    assert stage.texts == ["New.", "Two.", "New."]


def test_a_camera_that_died_is_neither_described_nor_commented() -> None:
    stage = Stage(FakeEngine())
    answers = []
    stage.film(3.0)
    stage.at(63.0, lambda: answers.append(stage.control.ask("How many?")))
    stage.at(64.0, lambda: stage.steer("people"))
    stage.at(66.0, stage.end)
    stage.commentator.run(stage.stop)
    assert not answers[0].result(0).success
    assert "no picture has come for 60 s" in answers[0].result(0).text
    assert all(when < 4.0 for when, _ in stage.final)


def test_an_instruction_while_disabled_waits_until_it_is_enabled() -> None:
    stage = Stage(FakeEngine(), enabled=False)
    stage.at(2.0, lambda: stage.steer("people"))
    stage.at(5.0, lambda: stage.tune(enabled=True))
    stage.run(6.0)
    assert stage.final[0][0] == pytest.approx(5.0, abs=0.01)
    assert stage.final[0][1].instruction == "people"


def test_half_a_character_is_published_as_a_question_mark() -> None:
    stage = Stage(FakeEngine(lambda _: ["A \ud83d", " dog."]))
    stage.run(0.6)
    assert stage.texts[0] == "A ? dog."


def test_disabled_it_says_nothing_and_enabled_it_goes_on() -> None:
    stage = Stage(FakeEngine(), enabled=False)
    stage.at(3.0, lambda: stage.tune(enabled=True))
    stage.run(4.0)
    assert stage.final[0][0] == pytest.approx(3.0, abs=0.01)


def test_disabling_stops_the_sound() -> None:
    stage = Stage(speaking("Long.", 30.0))
    ends: list[float] = []
    stage.at(2.0, lambda: stage.tune(enabled=False))
    stage.at(3.0, lambda: ends.append(stage.playout.ends_at(stage.clock.now()) - stage.start))
    stage.run(4.0)
    assert ends[0] <= 3.0
    assert len(stage.final) == 1


def test_a_failing_engine_is_retried_with_growing_waits_and_then_works() -> None:
    stage = Stage(FakeEngine())
    failures: list[object] = [EngineError("no memory: close something")] * 3
    stage.engine.script = lambda _: [failures.pop()] if failures else ["Back."]
    errors: list[str] = []
    stage.at(0.2, lambda: errors.append(stage.commentator.error))
    stage.run(12.0)
    assert errors == ["no memory: close something"]
    assert stage.commentator.error == ""
    assert stage.commentator.stats.engine_errors == 3
    assert stage.texts[0] == "Back."
    assert stage.final[0][0] == pytest.approx(7.0, abs=0.6)


def test_a_failing_engine_is_retried_in_a_still_scene_too() -> None:
    stage = Stage(FakeEngine(), still=True)
    failures: list[object] = [EngineError("the server is away")] * 2
    stage.engine.script = lambda _: [failures.pop()] if failures else ["Back."]
    stage.run(12.0)
    assert stage.texts == ["Back."]
    assert stage.commentator.error == ""


def test_an_engine_that_only_a_setting_can_help_waits_for_one() -> None:
    stage = Stage(FakeEngine())
    wrong = EngineError("the prompt is too long: lower frames_per_request", retry=False)
    stage.engine.script = lambda _: [wrong] if stage.settings.max_tokens == 64 else ["Better."]
    states: list[tuple[int, str]] = []
    stage.at(59.0, lambda: states.append((len(stage.engine.requests), stage.commentator.error)))
    stage.at(60.0, lambda: stage.tune(max_tokens=32))
    stage.run(62.0)
    assert states == [(1, str(wrong))]
    assert stage.commentator.error == ""
    assert stage.final[0][0] == pytest.approx(60.0, abs=0.51)


@pytest.mark.parametrize("quiet", [True, False])
def test_a_question_tries_such_an_engine_too(quiet: bool) -> None:
    wrong = EngineError("the prompt is too long: lower frames_per_request", retry=False)
    stage = Stage(FakeEngine(lambda _: [wrong]))
    answers: list[Any] = []
    for second in (10.0, 10.0, 20.0):
        stage.at(second, lambda: answers.append(stage.control.ask("How many?", quiet)))
    stage.run(30.0)
    assert [answer.result(0).text for answer in answers] == [str(wrong)] * 3


def test_an_instruction_tries_such_an_engine_too() -> None:
    stage = Stage(FakeEngine())
    wrong = EngineError("the prompt is too long: shorten the instruction", retry=False)
    stage.engine.script = lambda request: [] if request.prompt.instruction else [wrong]
    stage.at(10.0, lambda: stage.steer("people"))
    stage.run(12.0)
    assert stage.commentator.error == ""
    assert stage.commentator.stats.engine_errors == 1


def test_a_comment_that_is_wanted_now_comes_in_a_still_scene_too() -> None:
    stage = Stage(FakeEngine(), still=True)
    stage.at(10.0, stage.control.comment_now)
    stage.run(12.0)
    assert [when for when, _ in stage.final] == pytest.approx([0.0, 10.0], abs=0.01)


def test_whatever_an_engine_raises_becomes_its_error() -> None:
    stage = Stage(FakeEngine(lambda _: [KeyError("gone")]))
    stage.run(0.5)
    assert "KeyError" in stage.commentator.error


def test_recent_comments_go_into_the_prompt_but_no_more_than_set() -> None:
    numbers = iter(range(100))
    stage = Stage(FakeEngine(lambda _: [f"Number {next(numbers)}."]), context_comments=2)
    stage.run(12.0)
    assert stage.engine.requests[-1].prompt.recent == tuple(stage.texts[-3:-1])


def test_two_cameras_share_the_frames_of_a_request() -> None:
    settings = replace(CommentatorSettings(), image_topics=("/a", "/b"))
    scene = SceneMonitor(settings, FakeEngine())

    def show(topic: str, seconds: float) -> None:
        scene.add(topic, frame(seconds, topic), scene.use(topic, from_seconds(seconds)))

    for i in range(10):
        for topic in settings.image_topics:
            show(topic, i / 2)
    view = scene.view()
    assert [f.camera for f in view.frames].count("/a") == 2
    assert len(view.frames) == 4
    for i in range(10, 30):
        show("/a", i / 2)
    assert {f.camera for f in scene.view().frames} == {"/a"}


def test_the_threshold_of_change_may_be_set_while_running() -> None:
    stage = Stage(FakeEngine(), breathing_pause=0.0)
    stage.at(5.0, lambda: stage.tune(change_threshold=10.0))
    stage.film(20.0)
    seeds = iter(range(100))
    faint = np.random.default_rng(0).integers(100, 140, (48, 64, 3), np.uint8)

    def see(stamp: float) -> None:
        exact = from_seconds(stamp)
        image = faint + np.uint8(0)
        image[:8, :8] += np.uint8(30 * (next(seeds) % 2))
        stage.scene.add(TOPIC, Frame(image, exact, "camera", 0), stage.scene.use(TOPIC, exact))
        stage.commentator.on_frame()

    stage.see = see  # type: ignore[method-assign]
    stage.at(20.0, stage.end)
    stage.commentator.run(stage.stop)
    times = [when for when, _ in stage.final]
    assert [when for when in times if when < 5.0]
    assert not [when for when in times if when > 6.0]


def test_stopping_refuses_questions_that_wait() -> None:
    stage = Stage(FakeEngine())
    answer = stage.control.ask("Anyone?")
    stage.stop.set()
    stage.commentator.run(stage.stop)
    assert "stopped" in answer.result(0).text
