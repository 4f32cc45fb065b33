"""The commentary cycle on a recording: the same parts as live, on a virtual clock."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from operator import itemgetter

from ...config.settings import CommentatorSettings
from ...core.audio import OUTPUT_FORMAT
from ...core.clock import VirtualClock
from ...core.comment import Comment
from ...core.commentator import Commentator
from ...core.control import Control
from ...core.engine import EngineError, unexpected
from ...core.frames import Frame
from ...core.pacing import Playout
from ...core.prompting import Profile
from ...core.questions import Answer
from ...core.scene_monitor import SceneMonitor, Use
from ...core.stamp import to_seconds
from ...recording.captions import Caption
from ...ros.images import shrink
from .footage import Footage, FootageError, Shot
from .recorder import RecordingEngine
from .track import SpeechFile


class Stage:
    """Plays a recording to the commentator; collects `captions`, and the speech on `track`.

    `reached`: seconds of the recording that are narrated. `trouble`: what could not be read of it.
    `failure` says why the engine was given up; else empty. `answers`: to the questions that were
    asked so far, in their order.
    """

    def __init__(
        self,
        footage: Footage,
        engine: RecordingEngine,
        settings: CommentatorSettings,
        profiles: dict[str, Profile],
        track: SpeechFile,
        progress: Callable[[float], None],
        questions: Sequence[tuple[float, str]] = (),
    ) -> None:
        """Wire the parts as a live session does; `progress` is called with `reached`.

        `questions` are asked as by a viewer, each at its time, seconds of the recording, rising.
        """
        self._footage = footage
        self._engine = engine
        self._settings = settings
        self._progress = progress
        self._questions = questions
        self.answers: list[Future[Answer]] = []
        self._topic = settings.image_topics[0]
        self._index = 0
        self._stop = threading.Event()
        self.captions: list[Caption] = []
        self.track = track
        self.reached = 0.0
        self.trouble = ""
        self.failure = ""
        self._playout = Playout(OUTPUT_FORMAT)
        self._control = Control(settings, profiles)
        self._scene = SceneMonitor(settings, engine)
        self._clock = VirtualClock(0.0, self._events())
        engine.clock = self._clock
        self._commentator = Commentator(
            engine, self._scene, self._control, self._playout, self._clock, self._publish
        )

    def stop(self) -> None:
        """End early, from a signal handler or another thread."""
        self._stop.set()
        self._engine.stop.cancel()
        self._control.interrupt()

    def run(self) -> bool:
        """Narrate to the end, or until stopped; return whether the end was reached."""
        wake = self._control.wake
        while self._goes_on() and not self._stop.is_set() and not self.failure:
            wake.clear()
            wait = self._commentator.step()
            self.failure = self._engine.failure or self._commentator.error
            if wait != 0.0 and not self._stop.is_set():
                self._clock.wait(wake, wait)
        self._take_sound(float("inf"))
        return not self._stop.is_set() and not self.failure

    def _goes_on(self) -> bool:
        return not self._clock.ended or self._control.has_question()

    def _events(self) -> Iterator[tuple[float, Callable[[], None]]]:
        asked = ((time, partial(self._ask, question)) for time, question in self._questions)
        return heapq.merge(self._pictures(), asked, key=itemgetter(0))

    def _ask(self, question: str) -> None:
        self.answers.append(self._control.ask(question))

    def _pictures(self) -> Iterator[tuple[float, Callable[[], None]]]:
        try:
            for shot in self._footage.shots():
                yield shot.time, partial(self._see, shot)
        except FootageError as error:
            # What came before is narrated.
            self.trouble = str(error)

    def _see(self, shot: Shot) -> None:
        if self._stop.is_set():
            return
        self.reached = shot.time
        self._take_sound(self._clock.now())
        use = self._scene.use(self._topic, shot.stamp)
        if use is Use.NONE:
            return
        try:
            image = shrink(shot.image(), self._settings.max_image_side)
        except FootageError as error:
            self.trouble = str(error)
            return
        self._look(Frame(image, shot.stamp, shot.camera, self._index), use)
        self._index += 1
        self._commentator.on_frame(use is Use.KEEP)
        if use is Use.KEEP:
            self._progress(shot.time)

    def _look(self, frame: Frame, use: Use) -> None:
        try:
            self._scene.add(self._topic, frame, use)
        except EngineError as error:
            self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, continue as in live commentary
            self.trouble = str(unexpected(error))

    def _take_sound(self, now: float) -> None:
        if (cut_at := self._playout.take_cut()) is not None:
            self.track.cut(cut_at)
        while (block := self._playout.take(now)) is not None:
            self.track.put(*block)

    def _publish(self, comment: Comment) -> None:
        if not comment.final or comment.cancelled or not comment.text:
            return
        spoken = comment.first_sound is not None
        begun = comment.first_sound if spoken else comment.first_words
        assert begun is not None
        start = to_seconds(begun)
        end = self._playout.ends_at(start) if spoken else start
        self.captions.append(
            Caption(
                start=start,
                end=end,
                text=comment.text,
                oldest=comment.oldest,
                newest=comment.newest,
                spoken=spoken,
            )
        )
