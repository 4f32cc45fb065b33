"""Judges the conditions of watches by the engine's model, and raises their alerts."""

from __future__ import annotations

from collections.abc import Callable

from .backoff import Backoff
from .cancel import CancelToken
from .clock import Clock
from .engine import Engine, EngineError, Limits, Request, judge, unexpected
from .facts import Observation
from .frames import Frame
from .judged_conditions import JudgementHistory
from .prompting import build_judging_prompt
from .scene_monitor import CameraWindow, SceneMonitor
from .watch_conditions import WatchFinding
from .watches import Alert, JudgedWatch, WatchList

_LIMITS = Limits(max_tokens=1)


class WatchJudge:
    """Has the conditions that facts can't decide judged by the engine, each once a second at most.

    Where nothing has changed in a camera's window, the last judgement holds on. `trouble` says why
    there are no judgements and what to do; empty if there are.
    """

    def __init__(
        self,
        engine: Engine,
        scene: SceneMonitor,
        watches: WatchList,
        clock: Clock,
        on_alert: Callable[[Alert, Frame], None],
        threshold: float,
    ) -> None:
        """`threshold`: the probability from which a condition holds.

        `on_alert` gets each alert with its frame, on the thread that calls `run`.
        """
        self._engine = engine
        self._scene = scene
        self._watches = watches
        self._clock = clock
        self._on_alert = on_alert
        self._threshold = threshold
        self._histories: dict[tuple[int, str], JudgementHistory] = {}
        self._backoff = Backoff()
        self._retry_at = 0.0
        self.trouble = ""

    @property
    def count(self) -> int:
        """How many watches the model judges."""
        return len(self._watches.judged())

    def due(self) -> bool:
        """Return whether `run` has something to do."""
        now = self._clock.now()
        return any(
            history.waits(window) or (now >= self._retry_at and history.due(window, now))
            for window, _, history in self._pairs()
        )

    def run(self, cancel: CancelToken) -> None:
        """Judge all that is due, until `cancel`; the cameras and watches left out come first then.

        Failures show in `trouble`, and are tried again after 1 to 30 s.
        """
        try:
            self._run(cancel)
        except EngineError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
            self._failed(unexpected(error))

    def _run(self, cancel: CancelToken) -> None:
        now = self._clock.now()
        rounds: dict[str, tuple[CameraWindow, list[tuple[JudgedWatch, JudgementHistory]]]] = {}
        for window, watch, history in self._pairs():
            if now >= self._retry_at and history.due(window, now):
                rounds.setdefault(_camera(window), (window, []))[1].append((watch, history))
            elif history.waits(window):
                self._look(watch, history, window)
        for window, due in sorted(rounds.values(), key=lambda one: _longest_ago(one[1])):
            if not cancel.cancelled:
                due.sort(key=lambda pair: pair[1].judged_at)
                self._judge(window, due, cancel)

    def _judge(
        self,
        window: CameraWindow,
        due: list[tuple[JudgedWatch, JudgementHistory]],
        cancel: CancelToken,
    ) -> None:
        now = self._clock.now()
        request = Request(window.frames, build_judging_prompt(window.frames), _LIMITS, speak=False)
        conditions = [watch.condition.statement for watch, _ in due]
        unknown = 0
        # not strict: a cancelled engine leaves out the rest
        for (watch, history), judgement in zip(
            due, judge(self._engine, request, conditions, cancel), strict=False
        ):
            history.add(judgement, window, now, self._threshold)
            unknown += judgement is None
            self._look(watch, history, window)
        self._backoff.reset()
        self.trouble = (
            "the model answers neither yes nor no to conditions: choose another model"
            if unknown == len(due)
            else ""
        )

    def _look(self, watch: JudgedWatch, history: JudgementHistory, window: CameraWindow) -> None:
        judgement = history.found(watch.condition, window)
        if judgement is None:
            return
        frame = window.frames[-1]
        finding = WatchFinding(
            text=watch.condition.sentence,
            confidence=judgement.probability if judgement.measured else None,
            evidence=(Observation(camera=frame.camera, stamp=frame.stamp),),
        )
        alert = self._watches.alert(
            watch.id, camera=frame.camera, stamp=frame.stamp, finding=finding
        )
        if alert:
            self._on_alert(alert, frame)

    def _pairs(self) -> list[tuple[CameraWindow, JudgedWatch, JudgementHistory]]:
        """Return each judged watch with each camera that it is for."""
        watches = self._watches.judged()
        windows = self._scene.windows() if watches else []
        pairs = [
            (window, watch)
            for window in windows
            for watch in watches
            if watch.camera in ("", _camera(window))
        ]
        known, self._histories = self._histories, {}
        for window, watch in pairs:
            key = (watch.id, _camera(window))
            self._histories[key] = known.get(key) or JudgementHistory()
        return [
            (window, watch, self._histories[watch.id, _camera(window)]) for window, watch in pairs
        ]

    def _failed(self, error: EngineError) -> None:
        self.trouble = str(error)
        self._retry_at = self._clock.now() + self._backoff.failed()


def _camera(window: CameraWindow) -> str:
    return window.frames[-1].camera


def _longest_ago(due: list[tuple[JudgedWatch, JudgementHistory]]) -> float:
    return min(history.judged_at for _, history in due)
