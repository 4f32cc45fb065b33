"""Watches: conditions that users want to hear of.

They are looked for in the facts of each frame, or judged by the engine's model (`WatchJudge`).
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .facts import FrameFacts, Observation
from .judged_conditions import JudgedCondition, judged_condition
from .stamp import Stamp, to_seconds
from .watch_conditions import Condition, WatchFinding
from .watch_history import CameraHistory
from .watch_language import WatchCompiler, WatchRefusedError

DEFAULT_COOLDOWN = 30.0
MAX_COOLDOWN = 86_400.0
MAX_WATCHES = 100


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What to watch for. `camera`: a frame_id, empty for every camera. `cooldown`: seconds."""

    id: int
    condition: str
    name: str
    camera: str = ""
    cooldown: float = DEFAULT_COOLDOWN
    speak: bool = False


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What a watch was for has been seen; `confidence` 0 to 1, None if unknown."""

    watch: Watch
    camera: str
    stamp: Stamp
    text: str
    confidence: float | None
    evidence: tuple[Observation, ...]


@dataclass(frozen=True, kw_only=True)
class WatchReport:
    """A watch, what it means as understood, how many alerts there were and the newest's stamp."""

    watch: Watch
    meaning: str
    alerts: int = 0
    last_alert: Stamp = 0


@dataclass(frozen=True)
class JudgedWatch:
    """A watch whose condition the model judges. `camera`: a frame_id, empty for every camera."""

    id: int
    camera: str
    condition: JudgedCondition


def alert_json(alert: Alert, thumbnail: bytes) -> dict[str, Any]:
    """Return an alert as it is posted and streamed: stamps in seconds, a JPEG as a data: URL."""
    picture = base64.b64encode(thumbnail).decode()
    return {
        "watch": alert.watch.id,
        "name": alert.watch.name,
        "condition": alert.watch.condition,
        "text": alert.text,
        "camera": alert.camera,
        "stamp": to_seconds(alert.stamp),
        "confidence": alert.confidence,
        "evidence": [asdict(seen) | {"stamp": to_seconds(seen.stamp)} for seen in alert.evidence],
        "thumbnail": f"data:image/jpeg;base64,{picture}" if picture else "",
    }


@dataclass
class _Watched:
    """`condition`: over facts; None, for the reason in `refusal`, if none can be made of it."""

    report: WatchReport
    condition: Condition | None
    judged: JudgedCondition | None
    refusal: str = ""
    cameras: dict[str, CameraHistory] = field(default_factory=dict)


class WatchList:
    """The watches, and what they find; on any thread.

    An event is found with its frame; a state, such as how many are in view, is looked for once a
    second, and found again only after it was not so in between. Where there are facts, they decide
    what can be made a predicate over them; an engine that judges decides the rest.
    """

    def __init__(
        self,
        compiler: WatchCompiler,
        watches: Iterable[Watch] = (),
        next_id: int = 1,
        *,
        has_facts: bool = True,
        engine_judges: bool = False,
    ) -> None:
        """Begin with `watches`; `next_id` is that of the next one, if none here has it.

        `has_facts`: whether `observe` will be called; may be set later. `engine_judges`: whether a
        `WatchJudge` asks for `judged`.
        """
        self._compiler = compiler
        self.has_facts = has_facts
        self._engine_judges = engine_judges
        self._lock = threading.Lock()
        self._watched: dict[int, _Watched] = {}
        for watch in watches:
            self._watched[watch.id] = self._compiled(watch)
        self._next_id = max([next_id, *(number + 1 for number in self._watched)])

    @property
    def next_id(self) -> int:
        """The id of the next watch that is added."""
        return self._next_id

    def reports(self) -> list[WatchReport]:
        """Return all watches, the oldest first."""
        with self._lock:
            return [self._report(watched) for watched in self._watched.values()]

    def add(
        self,
        condition: str,
        *,
        name: str = "",
        camera: str = "",
        cooldown: float = DEFAULT_COOLDOWN,
        speak: bool = False,
    ) -> WatchReport:
        """Watch for a condition from now on. Raise WatchRefusedError.

        The same condition for the same camera replaces the watch that has it, under its id.
        """
        words = " ".join(condition.split())
        if not 0 <= cooldown <= MAX_COOLDOWN:
            raise WatchRefusedError(f"cooldown: must be 0 to {MAX_COOLDOWN:g} s")
        with self._lock:
            same = [
                watched.report.watch.id
                for watched in self._watched.values()
                if (watched.report.watch.condition, watched.report.watch.camera) == (words, camera)
            ]
            if not same and len(self._watched) >= MAX_WATCHES:
                raise WatchRefusedError(f"there are {MAX_WATCHES} watches: remove one first")
            watch = Watch(
                id=same[0] if same else self._next_id,
                condition=words,
                name=" ".join(name.split()) or words,
                camera=camera,
                cooldown=cooldown,
                speak=speak,
            )
            watched = self._compiled(watch)
            if not (self._by_facts(watched) or self._by_model(watched)):
                raise WatchRefusedError(watched.refusal or "there are no facts to watch")
            self._next_id = max(self._next_id, watch.id + 1)
            self._watched[watch.id] = watched
            return self._report(watched)

    def remove(self, number: int) -> Watch | None:
        """Watch for this no longer; return it, None if there is none with this id."""
        with self._lock:
            watched = self._watched.pop(number, None)
        return watched.report.watch if watched else None

    def observe(self, facts: FrameFacts) -> list[Alert]:
        """Return the alerts that the facts of a frame give rise to."""
        alerts = []
        with self._lock:
            for watched in self._watched.values():
                watch = watched.report.watch
                if watched.condition is None or watch.camera not in ("", facts.camera):
                    continue
                history = watched.cameras.setdefault(facts.camera, CameraHistory())
                finding = history.look(watched.condition, facts)
                if finding and history.cooled(facts.stamp, watch.cooldown):
                    alerts.append(_alert(watched, facts.camera, facts.stamp, finding))
        return alerts

    def judged(self) -> list[JudgedWatch]:
        """Return the watches that the model is to judge."""
        with self._lock:
            return [
                JudgedWatch(number, watched.report.watch.camera, watched.judged)
                for number, watched in self._watched.items()
                if watched.judged and self._by_model(watched)
            ]

    def alert(
        self, number: int, *, camera: str, stamp: Stamp, finding: WatchFinding
    ) -> Alert | None:
        """Return the alert of a judged watch; None if it is gone or within its cooldown."""
        with self._lock:
            watched = self._watched.get(number)
            if watched is None:
                return None
            history = watched.cameras.setdefault(camera, CameraHistory())
            if not history.cooled(stamp, watched.report.watch.cooldown):
                return None
            return _alert(watched, camera, stamp, finding)

    def _compiled(self, watch: Watch) -> _Watched:
        report = WatchReport(watch=watch, meaning="")
        judged, refusal = None, ""
        try:
            judged = judged_condition(watch.condition)
        except WatchRefusedError as error:
            refusal = str(error)
        try:
            return _Watched(report, self._compiler.compile(watch.condition), judged)
        except WatchRefusedError as error:
            return _Watched(report, None, judged, (self._engine_judges and refusal) or str(error))

    def _by_facts(self, watched: _Watched) -> bool:
        return watched.condition is not None and self.has_facts

    def _by_model(self, watched: _Watched) -> bool:
        return self._engine_judges and watched.judged is not None and not self._by_facts(watched)

    def _report(self, watched: _Watched) -> WatchReport:
        """Return the report with what is watched for, and by what."""
        if watched.judged and self._by_model(watched):
            meaning = watched.judged.meaning
        elif watched.condition:
            meaning = watched.condition.meaning
        else:
            meaning = f"not watched for: {watched.refusal}"
        return replace(watched.report, meaning=meaning)


def _alert(watched: _Watched, camera: str, stamp: Stamp, finding: WatchFinding) -> Alert:
    report = watched.report
    watched.report = replace(report, alerts=report.alerts + 1, last_alert=stamp)
    return Alert(
        watch=report.watch,
        camera=camera,
        stamp=stamp,
        text=finding.text,
        confidence=finding.confidence,
        evidence=finding.evidence,
    )
