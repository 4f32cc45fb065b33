"""The cycle: look, decide, comment, pace; cancelled and steered in mid-sentence."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ..config.settings import CommentatorSettings
from .audio import OUTPUT_FORMAT, Pcm
from .backoff import Backoff
from .change import Intensity
from .clock import Clock
from .comment import Comment, GrowingComment
from .control import Answer, Control, Orders
from .engine import Engine, EngineError, Limits, Request
from .lookout import STALE, Lookout, View
from .pacing import Average, Gate, Playout
from .prompting import build_prompt
from .resample import Resampler

NOTHING = "no picture has come from the camera yet: check image_topics and ask again"
MAX_DELAY = 60.0
"""Seconds; a longer delay means that camera and node disagree about the time of day."""


@dataclass
class Stats:
    """Counts since activation, and averages in seconds."""

    comments: int = 0
    silent: int = 0
    cancelled: int = 0
    engine_errors: int = 0
    cycle_time: float = 0.0
    words_delay: float = 0.0
    sound_delay: float = 0.0


class Commentator:
    """Comments on what the lookout sees, as control orders, at the pace of the playout.

    `run` is the one commentary thread; `step` is one turn of it, for those who keep time
    themselves. `error` says what is wrong with the engine and what to do; empty when it works.
    """

    def __init__(
        self,
        engine: Engine,
        lookout: Lookout,
        control: Control,
        playout: Playout,
        clock: Clock,
        publish: Callable[[Comment], None],
    ) -> None:
        """Wire the parts; `publish` gets every partial and final comment, on `run`'s thread."""
        self._engine = engine
        self._lookout = lookout
        self._control = control
        self._playout = playout
        self._clock = clock
        self._publish = publish
        self._gate = Gate(playout)
        self._backoff = Backoff(1.0, 30.0)
        self._retry_at = float("-inf")
        self._captured = False
        self._noticed_at: float | None = None
        self._sequence = 0
        self._recent: deque[str] = deque(maxlen=16)
        self._ready_after = Average(0.2, 0.0)
        self._words_delay = Average(0.2, 0.0)
        self._sound_delay = Average(0.2, 0.0)
        self.stats = Stats()
        self.error = ""
        self.commenting = False

    def on_frame(self) -> None:
        """Say that the lookout has kept a new frame."""
        self._noticed_at = self._clock.now()
        self._captured = True
        self._control.wake.set()

    def reset(self) -> None:
        """Forget what was counted and kept before a pause; while `run` doesn't."""
        self.stats = Stats()
        self._captured = False
        self._noticed_at = None

    def run(self, stop: threading.Event) -> None:
        """Comment until `stop` is set (and the control's `wake`, for this to be seen at once)."""
        while not stop.is_set():
            self._control.wake.clear()
            wait = self.step()
            if wait != 0.0 and not stop.is_set():
                self._clock.wait(self._control.wake, wait)
        self._playout.clear(self._clock.now())
        self._control.refuse_questions("the commentator was stopped: activate it and ask again")

    def step(self) -> float | None:
        """Do what is due; return seconds until something may be, None for not before a wake."""
        now = self._clock.now()
        if self._control.take_interruption():
            self._fall_silent(now)
        settings = self._control.settings
        self._lookout.tune(settings)
        waiting = self._control.waiting()
        if not settings.enabled and not self._control.asked():
            return None
        if now < self._retry_at:
            return self._retry_at - now
        begin_at = self._gate.opens_at(now, settings.breathing_pause) - self._ready_after.value
        if not waiting and now < begin_at:
            # Only a frame that comes once it is time is fresh enough.
            self._captured = False
            return begin_at - now
        if not waiting and not self._captured:
            return None
        self._captured = False
        self._cycle(self._control.begin())
        return max(0.0, self._retry_at - self._clock.now())

    def _fall_silent(self, now: float) -> None:
        self._playout.clear(now)
        self._gate.open()
        self._retry_at = float("-inf")

    def _cycle(self, orders: Orders) -> None:
        if orders.interrupted:
            self._fall_silent(self._clock.now())
        if orders.steered:
            self._lookout.mark_changed()
        blind = self._blind(orders.settings)
        # What has changed is still to be said when a question is answered, or nothing is seen.
        view = self._lookout.view(spend=not (blind or orders.question))
        if blind or not view.frames:
            if orders.question:
                orders.question.answer.set_result(Answer(False, blind or NOTHING))
            return
        watches_itself = self._engine.look_fps > 0
        if not orders.question and view.intensity is Intensity.NONE and not watches_itself:
            return
        self.commenting = True
        comment = self._begin(orders, view)
        try:
            self._comment(orders, self._request(orders, view), comment)
        except EngineError as error:
            self._failed(orders, error, comment)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the node stays up
            self._failed(orders, EngineError(f"{type(error).__name__}: {error}"), comment)
        finally:
            self.commenting = False

    def _blind(self, settings: CommentatorSettings) -> str:
        """Return why there is nothing to look at now, and what to do; empty when there is."""
        if self._noticed_at is None:
            return NOTHING
        age = self._clock.now() - self._noticed_at
        if age > max(STALE, 2.5 / settings.capture_fps):
            return f"no picture has come for {age:.0f} s: check the camera and ask again"
        return ""

    def _begin(self, orders: Orders, view: View) -> GrowingComment:
        self._sequence += 1
        newest, oldest = view.frames[-1], view.frames[0]
        question = orders.question.text if orders.question else ""
        start = Comment(
            sequence=self._sequence,
            camera=newest.camera,
            newest=newest.stamp,
            oldest=oldest.stamp,
            instruction=orders.instruction,
            question=question,
            requested=self._clock.stamp(),
            newest_ns=newest.stamp_ns,
            oldest_ns=oldest.stamp_ns,
        )
        return GrowingComment(start, self._publish)

    def _request(self, orders: Orders, view: View) -> Request:
        settings, question = orders.settings, orders.question
        recent = list(self._recent)[-settings.context_comments :]
        prompt = build_prompt(
            orders.profile,
            orders.instruction,
            question.text if question else "",
            recent if settings.context_comments else (),
            view.frames,
        )
        brief = view.intensity is Intensity.BRIEF and not question
        tokens = settings.max_tokens_brief if brief else settings.max_tokens
        speak = self._engine.voice is not None and not (question and question.quiet)
        return Request(view.frames, prompt, Limits(tokens), speak)

    def _comment(self, orders: Orders, request: Request, comment: GrowingComment) -> None:
        asked_at = self._clock.now()
        opens_at = self._opens_at(orders, asked_at)
        resampler = Resampler(self._engine.voice, OUTPUT_FORMAT) if self._engine.voice else None
        ready = False
        for delta in self._engine.comment(request, orders.cancel):
            words = bool(delta.text) and comment.takes(delta.text)
            if (words or delta.pcm) and not ready:
                ready = True
                self._ready_after.add(self._clock.now() - asked_at)
                self._hold(opens_at, orders.cancel)
            if orders.cancel.is_set():
                break
            if words:
                comment.release(self._clock.stamp())
            if delta.pcm and resampler:
                self._sound(resampler.push(delta.pcm), opens_at, comment)
        cancelled = orders.cancel.is_set()
        if resampler and not cancelled:
            self._sound(resampler.flush(), opens_at, comment)
        self._finished(orders, comment.finish(cancelled), self._clock.now() - asked_at)

    def _opens_at(self, orders: Orders, now: float) -> float:
        """Return when the first word may come: at once for whoever waits for it."""
        if orders.steered or orders.question:
            return now
        return self._gate.opens_at(now, orders.settings.breathing_pause)

    def _hold(self, until: float, cancel: threading.Event) -> None:
        while not cancel.is_set() and (left := until - self._clock.now()) > 0:
            self._clock.wait(cancel, left)

    def _sound(self, pcm: Pcm, not_before: float, comment: GrowingComment) -> None:
        if not len(pcm.samples):
            return
        now = self._clock.now()
        start = self._playout.push(pcm, now, not_before)
        comment.sounds(self._clock.stamp() + start - now)

    def _finished(self, orders: Orders, comment: Comment, took: float) -> None:
        self.error = ""
        self._backoff.reset()
        stats = self.stats
        stats.cycle_time = took
        if comment.cancelled:
            stats.cancelled += 1
        elif comment.silent:
            stats.silent += 1
        else:
            stats.comments += 1
            self._recent.append(comment.text)
        if not comment.silent:
            self._gate.said(comment.text, comment.first_sound is not None, self._clock.now())
        self._measure(comment)
        if orders.question and comment.cancelled:
            self._control.ask_again(orders.question)
        elif orders.question:
            answered = Answer(True, comment.text, comment.newest, comment.newest_ns)
            orders.question.answer.set_result(answered)

    def _measure(self, comment: Comment) -> None:
        stats = self.stats
        if comment.first_words is not None:
            stats.words_delay = _add(self._words_delay, comment.first_words - comment.newest)
        if comment.first_sound is not None:
            stats.sound_delay = _add(self._sound_delay, comment.first_sound - comment.newest)

    def _failed(self, orders: Orders, error: EngineError, comment: GrowingComment) -> None:
        self.error = str(error)
        self.stats.engine_errors += 1
        if orders.question:
            orders.question.answer.set_result(Answer(False, self.error, comment.comment.newest))
        else:
            self._lookout.mark_changed()  # what was to be said still is, in a still scene too
        self._retry_at = self._clock.now() + self._backoff.failed()
        comment.finish(cancelled=True)


def _add(average: Average, delay: float) -> float:
    """Return the average with one more delay; the first counts whole, absurd ones don't."""
    if 0 <= delay < MAX_DELAY:
        average.value = average.value or delay
        average.add(delay)
    return average.value
