"""How many came so far, and how many are there now: sentences for a pause after a busy time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ...core.facts import Claim
from .claims import Sentence, present
from .event_kinds import EventKind
from .labels import GENERIC, number, plural
from .languages import english
from .phrases import count_phrase
from .scene_store import KEPT_SECONDS, SceneHistory
from .summary import count_is_certain
from .topics import TopicFilter

MAX_COUNT = len(english.NUMBERS) - 1
"""The highest total that is said as a number; above it, it is "more than" one."""

_MIN_CAME = 4  # since the last total, before it is said again
_TOTAL_SECONDS = 40.0  # between two totals
_CERTAIN_SHARE = 0.8  # of a higher total: who was lost from sight may have been counted twice
_START_SECONDS = 2.5  # in which those in view were there before
_COUNTED = ("people", "vehicles", "animals")
_MIN_SAID_COUNT = 2  # below it "a person is there" is no news


def certainly_exceeded(count: int) -> int:
    """Return a round number that a total above those with words surely exceeds, 0 if none does."""
    certain = int(_CERTAIN_SHARE * count)
    if certain < MAX_COUNT:
        return 0
    return max(MAX_COUNT, certain // 10 * 10)


def more_than(least: int, things: str) -> str:
    """Return the sentence that there were more than `least` of `things` so far."""
    amount = number(least) if least <= MAX_COUNT else str(least)
    return english.said("more_so_far", number=amount, things=things)


@dataclass
class _Arrivals:
    count: int = 0
    since_total: int = 0
    last_total: float = float("-inf")
    exceeded: int = 0  # the highest "more than" that was said
    seen: set[tuple[float, int]] = field(default_factory=set)


class Totals:
    """Counts who came in at one camera, and what number was last said."""

    def __init__(self) -> None:
        """Start at nobody."""
        self._arrivals = {group: _Arrivals() for group in _COUNTED}
        self._said: dict[str, int | None] = {}
        self._at_start: dict[str, int] = {}
        self._start: float | None = None

    def observe(self, stamp: float, history: SceneHistory) -> None:
        """Count who is there at the start, and arrivals; each once however often it is given."""
        self._start = stamp if self._start is None else self._start
        if stamp - self._start < _START_SECONDS and not history.events:
            self._at_start = {g: sum(t.group == g for t in history.objects) for g in _COUNTED}
        for event in history.events:
            arrivals = self._arrivals.get(event.group)
            if event.kind is not EventKind.ENTERS or arrivals is None:
                continue
            if arrivals.last_total == float("-inf"):
                arrivals.last_total = stamp
            marks = {(event.stamp, track_id) for track_id in event.track_ids} - arrivals.seen
            arrivals.seen |= marks
            arrivals.count += len(marks)
            arrivals.since_total += len(marks)
        if history.states:
            self._forget(history.states[-1].stamp - KEPT_SECONDS)

    def _forget(self, oldest: float) -> None:
        """Drop the marks of events that no history will contain again."""
        for arrivals in self._arrivals.values():
            arrivals.seen = {mark for mark in arrivals.seen if mark[0] >= oldest}

    def arrivals(self, group: str) -> int:
        """Return how many of a group came in so far."""
        return self._arrivals[group].count if group in self._arrivals else 0

    def seen_so_far(self, group: str) -> int:
        """Return how many of a group there were so far: at the start, and those who came in."""
        return self._at_start.get(group, 0) + self.arrivals(group)

    def note(self, claims: Iterable[Claim]) -> None:
        """Remember the numbers that were said."""
        for claim in claims:
            if claim.kind == "present":
                self._said[claim.who] = None if claim.at_least else claim.count

    def so_far(self, stamp: float, topics: TopicFilter) -> list[Sentence]:
        """Return how many came so far, if enough did since it was said."""
        said = []
        for group, arrivals in self._arrivals.items():
            due = stamp - arrivals.last_total >= _TOTAL_SECONDS
            if group not in topics.topics or not due or arrivals.since_total < _MIN_CAME:
                continue
            count = self.seen_so_far(group)
            if count > MAX_COUNT and certainly_exceeded(count) <= arrivals.exceeded:
                continue
            arrivals.last_total, arrivals.since_total = stamp, 0
            arrivals.exceeded = certainly_exceeded(count)
            said.append(self._total(group, count))
        return said

    def _total(self, group: str, count: int) -> Sentence:
        who, least = GENERIC[group], certainly_exceeded(count)
        if least:
            return Sentence(
                more_than(least, plural(who)),
                (Claim(kind="total", who=who, count=least, at_least=True),),
            )
        name = "in_all" if self._at_start.get(group) else "so_far"
        text = english.said(name, amount=f"{number(count)} {plural(who)}")
        return Sentence(text, (Claim(kind="total", who=who, count=count),))

    def now(self, history: SceneHistory, topics: TopicFilter) -> list[Sentence]:
        """Return how many are in view, if it is certain and not what was said last."""
        said = []
        for group in _COUNTED:
            objects = history.states[-1].in_group(group) if history.states else []
            name = GENERIC[group]
            if group not in topics.topics or len(objects) < _MIN_SAID_COUNT:
                continue
            known = self._said.get(name)
            if len(objects) != known and count_is_certain(history.states, group):
                amount = count_phrase(len(objects), name, True)
                claim = present(objects, history, name=name)
                said.append(Sentence(english.said("in_view_now", amount=amount), (claim,)))
        return said
