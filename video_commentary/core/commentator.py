"""The cycle: look, decide, comment, pace; cancelled and steered in mid-sentence."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from .announcement_queue import SpeechPriority
from .audio import OUTPUT_FORMAT, Pcm
from .change import Intensity
from .clock import Clock, wait_until
from .comment import Comment, CommentBuilder
from .control import Control, Orders
from .cycle_settings import CycleSettings
from .engine import Engine, EngineError, Request, interjects, unexpected
from .hold import Hold
from .pacing import Average, Gate, Playout
from .pause_worker import PauseWorker
from .questions import Answer, PendingQuestion
from .request_builder import build_request, unsaid_comment
from .resample import PcmResampler
from .retry import Retry
from .scene_monitor import STALE, SceneMonitor, View
from .stamp import from_seconds
from .stats import Stats, StatsRecorder

SHORT_PAUSE = 0.25
"""Fraction of the breathing pause that is left before what can't wait for all of it."""
NO_PICTURE = "no picture has come from the camera yet: check image_topics and ask again"


class Commentator:
    """Comments on what the scene monitor sees, as control orders, at the pace of the playout.

    `run` is the one commentary thread; callers that keep time themselves call `step`, one turn of
    it. `error` says what is wrong with the engine and what to do; empty when it works.
    """

    def __init__(
        self,
        engine: Engine,
        scene: SceneMonitor,
        control: Control,
        playout: Playout,
        clock: Clock,
        publish: Callable[[Comment], None],
        pause_worker: PauseWorker | None = None,
    ) -> None:
        """Wire the parts; `publish` gets every partial and final comment, on `run`'s thread.

        `pause_worker` has the engine to itself while no comment is made.
        """
        self._engine = engine
        self._scene = scene
        self._control = control
        self._playout = playout
        self._clock = clock
        self._publish = publish
        self._pause_worker = pause_worker or PauseWorker()
        self._gate = Gate(playout)
        self._retry = Retry()
        self._recorder = StatsRecorder()
        self._new_frame = False
        self._new_look = False
        self._last_frame_at: float | None = None
        self._sequence = 0
        self._recent: deque[str] = deque(maxlen=16)
        self._first_word_after = Average(0.2, 0.0)
        self.error = ""
        self.commenting = False

    @property
    def stats(self) -> Stats:
        """Counts since activation, and averages."""
        return self._recorder.stats

    def on_frame(self, kept: bool = True) -> None:
        """Note that the engine has seen a new frame, and whether the scene monitor has kept it."""
        self._last_frame_at = self._clock.now()
        self._new_look = True
        self._new_frame |= kept
        if kept or interjects(self._engine):
            self._control.wake.set()

    def reset(self) -> None:
        """Forget what was counted and kept before a pause; not while `run` runs."""
        self._recorder.reset()
        self._new_frame = False
        self._last_frame_at = None

    def run(self, stop: threading.Event) -> None:
        """Comment until `stop` is set (and the control's `wake`, for this to be seen at once)."""
        while not stop.is_set():
            self._control.wake.clear()
            wait = self.step()
            if wait != 0.0 and not stop.is_set():
                self._pause_worker.resume(wait)
                self._clock.wait(self._control.wake, wait)
        self._pause_worker.suspend()
        self._playout.clear(self._clock.now())
        self._control.refuse_questions("the commentator was stopped: activate it and ask again")

    def step(self) -> float | None:
        """Do what is due; return seconds until the next turn, None if only a wake brings it."""
        now = self._clock.now()
        if self._control.take_interruption():
            self._fall_silent(now)
        settings = self._control.settings
        self._scene.tune(settings)
        held = self._control.held
        if held is Hold.EVERYTHING:
            return None
        announcement_in = self._announcement_in(now)
        if announcement_in == 0.0:  # it needs neither a picture nor an engine that works
            self._cycle(self._control.begin(announcement=True), pressing=False)
            return 0.0
        urgent = self._control.urgent()
        if not self._control.has_question():
            if announcement_in is not None:
                return announcement_in
            if not settings.enabled or held is Hold.COMMENTS:
                return None
        if (retry_in := self._retry_in(settings)) != 0.0:
            return retry_in
        begin_at = self._begin_at(now, settings, pressing=False)
        pressing = not urgent and (now < begin_at or not self._new_frame)
        if pressing:
            may_interject = interjects(self._engine)
            early = self._begin_at(now, settings, pressing=True) if may_interject else begin_at
            if self._engine.look_fps == 0 and now < begin_at:
                self._new_frame = False  # only one that comes after that is fresh enough
            if now < early or not (may_interject and self._new_look):
                return min((at - now for at in (early, begin_at) if at > now), default=None)
        self._new_look = False
        self._new_frame = pressing and self._new_frame
        self._cycle(self._control.begin(), pressing)
        return self._retry_in(settings)

    def _announcement_in(self, now: float) -> float | None:
        """Return in how many seconds the sentence that waits may begin, None if none waits."""
        announcement = self._control.next_announcement()
        if announcement is None:
            return None
        if announcement.priority is SpeechPriority.ALERT:
            return 0.0
        pause = self._control.settings.breathing_pause * SHORT_PAUSE
        return max(0.0, self._gate.opens_at(now, pause) - now)

    def _begin_at(self, now: float, settings: CycleSettings, pressing: bool) -> float:
        """Return when to ask the engine, so that its first word comes as the gate opens."""
        pause = settings.breathing_pause * (SHORT_PAUSE if pressing else 1.0)
        return self._gate.opens_at(now, pause) - self._first_word_after.value

    def _retry_in(self, settings: CycleSettings) -> float | None:
        """Return seconds until a failed engine is due; None: not before a setting or question."""
        wait = self._retry.due_in(self._clock.now(), settings)
        return 0.0 if wait is None and self._control.has_question() else wait

    def _fall_silent(self, now: float) -> None:
        self._playout.clear(now)
        self._gate.open()
        self._retry.at_once()

    def _cycle(self, orders: Orders, pressing: bool) -> None:
        if orders.interrupted:
            self._fall_silent(self._clock.now())
        if orders.steered:
            self._scene.mark_changed()
        comments = not (orders.question or orders.announcement)
        remembers = orders.question is not None and orders.question.remembered is not None
        pressing = pressing and comments and not orders.steered
        blind = self._why_blind(orders.settings)
        # What has changed is still to be said when a question is answered, or nothing is seen.
        view = self._scene.view(reset_change=comments and not (blind or pressing))
        if blind:
            view = View((), view.intensity)
        if not view.frames and not (orders.announcement or remembers):
            if orders.question:
                orders.question.answer.set_result(Answer(False, blind or NO_PICTURE))
            return
        watches_itself = self._engine.look_fps > 0
        if comments and view.intensity is Intensity.NONE and not watches_itself:
            return
        self._pause_worker.suspend()
        self.commenting = True
        self._sequence += 1
        said = unsaid_comment(orders, view, self._sequence, self._clock.stamp())
        comment = CommentBuilder(said, self._publish)
        request = build_request(
            orders,
            view,
            list(self._recent),
            can_speak=self._engine.voice is not None,
            pressing=pressing,
        )
        try:
            self._comment(orders, request, comment)
        except EngineError as error:
            self._failed(orders, error, comment)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the node stays up
            self._failed(orders, unexpected(error), comment)
        finally:
            self.commenting = False

    def _why_blind(self, settings: CycleSettings) -> str:
        """Return why there is nothing to look at now, and what to do; empty when there is."""
        if self._last_frame_at is None:
            return NO_PICTURE
        age = self._clock.now() - self._last_frame_at
        if age > max(STALE, 2.5 / settings.capture_fps):
            return f"no picture has come for {age:.0f} s: check the camera and ask again"
        return ""

    def _comment(self, orders: Orders, request: Request, comment: CommentBuilder) -> None:
        asked_at = self._clock.now()
        opens_at = self._opens_at(orders, request, asked_at)
        voice = self._engine.voice
        resampler = PcmResampler(voice, OUTPUT_FORMAT) if voice else None
        ready = False
        for delta in self._engine.comment(request, orders.cancel):
            words = bool(delta.text) and comment.add(delta.text)
            comment.add_claims(delta.claims)
            if (words or delta.pcm) and not ready:
                ready = True
                if not (orders.announcement or request.remembered):
                    self._first_word_after.add(self._clock.now() - asked_at)
                wait_until(self._clock, opens_at, orders.cancel)
                self._control.begin_words()
            if orders.cancel.cancelled:
                break
            if words:
                comment.publish_text(self._clock.stamp())
                if orders.question:
                    orders.question.progress(comment.comment.text)
            if delta.pcm and resampler:
                self._play(resampler.push(delta.pcm), opens_at, comment)
        cancelled = orders.cancel.cancelled
        if resampler and not cancelled:
            self._play(resampler.flush(), opens_at, comment)
        if request.pressing and not comment.begun:
            self._succeeded()
            return  # nothing that can't wait; listeners need not know of the look
        self._finished(orders, comment.finish(cancelled), self._clock.now() - asked_at)

    def _opens_at(self, orders: Orders, request: Request, now: float) -> float:
        """Return when the first word may come: at once if a person waits for it."""
        if orders.steered or orders.question or orders.announcement:
            return now
        pause = orders.settings.breathing_pause * (SHORT_PAUSE if request.pressing else 1.0)
        return self._gate.opens_at(now, pause)

    def _play(self, pcm: Pcm, not_before: float, comment: CommentBuilder) -> None:
        if not len(pcm.samples):
            return
        now = self._clock.now()
        start = self._playout.push(pcm, now, not_before)
        comment.set_first_sound(self._clock.stamp() + from_seconds(start - now))

    def _finished(self, orders: Orders, comment: Comment, took: float) -> None:
        if not orders.announcement:
            self._succeeded()
        self._recorder.add(comment, took)
        if not comment.silent:
            self._gate.close_after(comment.text, comment.first_sound is not None, self._clock.now())
            if not comment.cancelled:
                self._recent.append(comment.text)
        if orders.question:
            self._answered(orders.question, comment)
        elif comment.cancelled and orders.announcement:
            self._control.say_again(orders.announcement)
        elif comment.cancelled and comment.first_words is None:
            self._scene.mark_changed()  # it gave way before its first word: it is still to be said

    def _answered(self, question: PendingQuestion, comment: Comment) -> None:
        if comment.cancelled:
            self._control.requeue(question)
            return
        stamp = question.remembered.stamp if question.remembered else 0
        question.answer.set_result(Answer(True, comment.text, stamp or comment.newest))

    def _succeeded(self) -> None:
        self.error = ""
        self._retry.succeeded()

    def _failed(self, orders: Orders, error: EngineError, comment: CommentBuilder) -> None:
        self.error = str(error)
        self._recorder.add_error()
        if orders.question:
            orders.question.answer.set_result(Answer(False, self.error, comment.comment.newest))
        else:
            self._scene.mark_changed()  # what was to be said still is, in a still scene too
        self._retry.failed(error, orders.settings, self._clock.now())
        comment.finish(cancelled=True)
