"""Chooses what to tell: the most telling thing that is wanted, new and not yet said."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .events import Event
from .facts import Known
from .scene import Moment, Seen
from .sentences import merged, sentences
from .summary import about, described, summaries
from .topics import Wishes

_WEIGHTS = {
    "cut": 15,
    "brighter": 12,
    "darker": 12,
    "enters": 8,
    "leaves": 7,
    "crosses": 5.5,
    "together": 6.5,
    "passes": 6,
    "stops": 5.5,
    "stands": 5,
    "starts": 5,
    "camera": 5,
    "closer": 4,
    "away": 3.5,
    "moves": 3,
    "rests": 2,
}
_FRESH = 10.0  # seconds in which nothing is said twice
_QUIET = 4.0  # seconds after which a summary may be told though nothing happened
_GLANCE, _STARE = 0.7, 1.4  # seconds given to a new scene, where there is something, or nothing
_ARRIVED = 1.5  # seconds after which what is seen is no longer just coming in
_AMBIENT = {"camera": "camera", "light": "light"}


@dataclass(frozen=True)
class Said:
    """A sentence told, when, and the event it told, if any."""

    stamp: float
    text: str
    event: Event | None


class Teller:
    """Remembers what was said."""

    def __init__(self, seed: int) -> None:
        """Vary words by `seed`: the same pictures give the same comments."""
        self._rng = random.Random(seed)
        self._said: deque[Said] = deque(maxlen=64)
        self._told: dict[tuple[str, int], float] = {}

    def tell(self, stamp: float, known: Known, wishes: Wishes, recent: Sequence[str]) -> str:
        """Return the next sentence about a camera, "" where nothing is new."""
        self._recall(stamp)
        if "counts" in wishes.asked and known.moments:
            text = self._first_new(stamp, summaries(known.moments, wishes, self._rng), recent)
            if text:
                return text
        for event in self._ranked(stamp, known, wishes):
            if event.kind == "cut":
                return self._new_scene(stamp, event, known, wishes)
            for text in sentences(event, self._another(stamp, event), self._rng):
                if self._is_new(stamp, text, recent):
                    self._note(stamp, text, event)
                    return text
        if not known.moments or self._since(stamp) < _QUIET or not self._lively(known):
            return ""
        return self._first_new(stamp, summaries(known.moments, wishes, self._rng), recent)

    def restate(self, stamp: float, known: Known, wishes: Wishes, recent: Sequence[str]) -> str:
        """Return how things stand with what was just asked for."""
        self._recall(stamp)
        if not known.moments:
            return ""
        if wishes.asked:
            text = about(wishes.asked, known.moments)
            self._note(stamp, text, None)
            return text
        return self._first_new(stamp, summaries(known.moments, wishes, self._rng), recent)

    def _new_scene(self, stamp: float, event: Event, known: Known, wishes: Wishes) -> str:
        """Tell of a cut together with what is there now, which takes a moment to see."""
        seen = [t for t in known.moments[-1].seen if wishes.allow(t.group, t.name)]
        seen = [t for t in seen if t.group not in {"things", "motion"}]
        if stamp - event.stamp < (_GLANCE if seen else _STARE):
            return ""
        for way in sentences(event, False, self._rng):
            text = f"{way[:-1]}: {described(seen, self._rng)}." if seen else way
            if self._is_new(stamp, text, ()):
                self._note(stamp, text, event)
                return text
        return ""

    def _first_new(self, stamp: float, ways: Sequence[str], recent: Sequence[str]) -> str:
        for text in ways:
            if self._is_new(stamp, text, recent):
                self._note(stamp, text, None)
                return text
        return ""

    def _recall(self, stamp: float) -> None:
        """Forget what was told too long ago to be known still, and the future of a bag's loop."""
        if self._said and self._said[-1].stamp > stamp:
            self._said.clear()
            self._told.clear()
        for mark in [m for m, at in self._told.items() if at < stamp - 2 * _FRESH]:
            del self._told[mark]

    def _ranked(self, stamp: float, known: Known, wishes: Wishes) -> list[Event]:
        untold = [
            e
            for e in known.events
            if wanted(e, wishes) and not self._knows(e) and still_true(e, known.moments)
        ]
        return sorted(merged(untold), key=lambda e: -self._weight(stamp, e, wishes))

    def _knows(self, event: Event) -> bool:
        marks = _marks(event)
        return bool(marks) and marks <= self._told.keys()

    def _weight(self, stamp: float, event: Event, wishes: Wishes) -> float:
        topic = _AMBIENT.get(event.group, event.group)
        order = wishes.topics.index(topic) if topic in wishes.topics else len(wishes.topics)
        lately = sum(
            s.event is not None and s.event.kind == event.kind and stamp - s.stamp < 2 * _FRESH
            for s in self._said
        )
        return _WEIGHTS[event.kind] - 0.5 * order - 1.6 * lately - 0.3 * (stamp - event.stamp)

    def _another(self, stamp: float, event: Event) -> bool:
        return event.kind == "enters" and any(
            s.event is not None
            and stamp - s.stamp < 2 * _FRESH
            and (s.event.kind, s.event.name, s.event.where) == (event.kind, event.name, event.where)
            and not set(s.event.tracks) & set(event.tracks)
            for s in self._said
        )

    def _is_new(self, stamp: float, text: str, recent: Sequence[str]) -> bool:
        same = plain(text)
        return all(
            plain(said.text) != same for said in self._said if stamp - said.stamp < 2 * _FRESH
        ) and all(plain(other) != same for other in recent)

    def _since(self, stamp: float) -> float:
        return stamp - self._said[-1].stamp if self._said else float("inf")

    @staticmethod
    def _lively(known: Known) -> bool:
        return any(
            thing.heading or thing.group == "people" and not thing.resting
            for thing in known.moments[-1].seen
            if thing.age > _ARRIVED
        )

    def _note(self, stamp: float, text: str, event: Event | None) -> None:
        self._said.append(Said(stamp, text, event))
        if event is not None:
            self._told |= dict.fromkeys(_marks(event), event.stamp)


def _marks(event: Event) -> set[tuple[str, int]]:
    if not event.tracks:
        return {(event.kind, round(event.stamp * 1000))}
    return {(f"{event.kind} {event.stamp:.3f}", track) for track in event.tracks}


def wanted(event: Event, wishes: Wishes) -> bool:
    """Return whether an event may be told."""
    if event.group in {"camera", "light"}:
        return event.group in wishes.topics
    return bool(event.name) and wishes.allow(event.group, event.name)


def still_true(event: Event, moments: Sequence[Moment]) -> bool:
    """Return whether what goes on now doesn't contradict an event of a moment ago."""
    now = {thing.number: thing for thing in moments[-1].seen} if moments else {}
    things = [now[number] for number in event.tracks if number in now]
    checks: dict[str, Callable[[Seen], bool]] = {
        "stops": lambda t: not t.heading,
        "starts": lambda t: bool(t.heading),
        "closer": lambda t: t.heading == "closer",
        "away": lambda t: t.heading == "away",
        "together": lambda t: t.heading == event.heading and bool(t.companions),
        "stands": lambda t: not t.heading and bool(t.companions),
    }
    check = checks.get(event.kind)
    return check is None or len(things) == len(event.tracks) and all(map(check, things))


def plain(text: str) -> str:
    """Return a text's letters alone, to compare."""
    return "".join(c for c in text.lower() if c.isalnum())
