"""Watches: conditions that users want to hear of, looked for in the facts of each frame."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .facts import Claim, FrameFacts, Observation
from .stamp import Stamp, from_seconds, to_seconds
from .watch_conditions import Condition, EventCondition, WatchFinding
from .watch_language import WatchCompiler, WatchRefusedError

DEFAULT_COOLDOWN = 30.0
MAX_COOLDOWN = 86_400.0
MAX_WATCHES = 100
_PERIOD = from_seconds(1.0) - 1_000_000
"""Nanoseconds between two looks for a state, less the jitter of a camera."""
_GAP = from_seconds(5.0)
"""Nanoseconds without facts after which nobody knows what was so in between."""


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
class _CameraHistory:
    """What a watch knows of one camera."""

    newest: Stamp = 0
    looked: FrameFacts | None = None
    since: Stamp | None = None
    fired: bool = False
    alerted: Stamp | None = None
    events: list[Claim] = field(default_factory=list)

    def reset(self) -> None:
        """Forget what was so: time went back, or nobody looked for a while."""
        self.looked, self.since, self.fired = None, None, False
        self.events.clear()


@dataclass
class _Watched:
    report: WatchReport
    condition: Condition | None
    cameras: dict[str, _CameraHistory] = field(default_factory=dict)


class WatchList:
    """The watches, and what they find; on any thread.

    An event is found with its frame; a state, such as how many are in view, is looked for once a
    second, and found again only after it was not so in between.
    """

    def __init__(
        self, compiler: WatchCompiler, watches: Iterable[Watch] = (), next_id: int = 1
    ) -> None:
        """Begin with `watches`; `next_id` is that of the next one, if none here has it."""
        self._compiler = compiler
        self._lock = threading.Lock()
        self._watched: dict[int, _Watched] = {}
        for watch in watches:
            self._watched[watch.id] = self._restored(watch)
        self._next_id = max([next_id, *(number + 1 for number in self._watched)])

    @property
    def next_id(self) -> int:
        """The id of the next watch that is added."""
        return self._next_id

    def reports(self) -> list[WatchReport]:
        """Return all watches, the oldest first."""
        with self._lock:
            return [watched.report for watched in self._watched.values()]

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
        compiled = self._compiler.compile(words)
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
            self._next_id = max(self._next_id, watch.id + 1)
            report = WatchReport(watch=watch, meaning=compiled.meaning)
            self._watched[watch.id] = _Watched(report, compiled)
            return report

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
                history = watched.cameras.setdefault(facts.camera, _CameraHistory())
                if finding := _look(watched.condition, history, facts):
                    cooled = history.alerted is None or (
                        facts.stamp - history.alerted >= from_seconds(watch.cooldown)
                    )
                    if cooled:
                        history.alerted = facts.stamp
                        alerts.append(_alert(watched, facts, finding))
        return alerts

    def _restored(self, watch: Watch) -> _Watched:
        try:
            condition = self._compiler.compile(watch.condition)
        except WatchRefusedError as error:
            return _Watched(WatchReport(watch=watch, meaning=f"not watched for: {error}"), None)
        return _Watched(WatchReport(watch=watch, meaning=condition.meaning), condition)


def _look(condition: Condition, history: _CameraHistory, facts: FrameFacts) -> WatchFinding | None:
    """Return what is found in the facts of a frame, in the light of those before."""
    if facts.stamp < history.newest:
        history.reset()
        history.alerted = None
    elif facts.stamp - history.newest > _GAP:
        history.reset()
    history.newest = facts.stamp
    if isinstance(condition, EventCondition):
        return condition.find(facts)
    history.events += facts.events
    if history.looked and facts.stamp - history.looked.stamp < _PERIOD:
        return None
    now = replace(facts, events=tuple(history.events))
    history.events.clear()
    before, history.looked = history.looked, now
    if not condition.holds(now, before):
        history.since, history.fired = None, False
        return None
    if history.since is None:
        history.since = facts.stamp
    if history.fired or facts.stamp - history.since < from_seconds(condition.seconds):
        return None
    history.fired = True
    return condition.finding(now)


def _alert(watched: _Watched, facts: FrameFacts, finding: WatchFinding) -> Alert:
    report = watched.report
    watched.report = replace(report, alerts=report.alerts + 1, last_alert=facts.stamp)
    return Alert(
        watch=report.watch,
        camera=facts.camera,
        stamp=facts.stamp,
        text=finding.text,
        confidence=finding.confidence,
        evidence=finding.evidence,
    )
