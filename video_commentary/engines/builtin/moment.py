"""One moment in which a comment may be made: which events may be reported, and their worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .comment_memory import CommentMemory
from .event_kinds import EventKind
from .event_rules import is_late, is_superseded, is_wanted
from .events import SceneEvent, merged
from .scene_store import SceneHistory
from .styles import Style
from .topics import TopicFilter

_TOPIC_PENALTY = 0.5  # of weight, for each topic before the event's in the instruction
_MINOR_WEIGHT = 4.0  # of a kind; less is reported only after some silence
_MIN_WEIGHT = 3.0  # of a kind; less is reported only on request
_LOST_SECONDS = 4.0  # between two arrivals that may be one and the same
_REPEAT_PENALTY = 0.5  # of weight, for each recent comment on an event of the same kind
_MAX_REPEATS = 2  # that count: in a busy street the same goes on and stays worth a word
_AGE_PENALTY = 0.3  # of weight, a second
_SETTLING_SECONDS = 0.35  # in which a move of the camera may turn out to be another


@dataclass(frozen=True)
class Moment:
    """What a comment is chosen by.

    `recent`: comments that must not be repeated. `memory`: what was said before.
    """

    stamp: float
    history: SceneHistory
    topics: TopicFilter
    recent: Sequence[str]
    style: Style
    memory: CommentMemory

    def ranked(self, *, beside: bool = False) -> list[SceneEvent]:
        """Return the events that may be reported now, the one of most weight first.

        `beside`: in one comment with another event.
        """
        events = self.history.events
        wanted = [
            event
            for event in events
            if is_wanted(event, self.topics)
            and not self.memory.is_reported(event)
            and not self._is_the_same_again(event)
            and not is_superseded(event, events)
            and (event.kind.traits.late or not self.is_late(event, beside=beside))
            and self._is_due(event)
        ]
        return sorted(merged(wanted), key=lambda event: -self.weight(event))

    def is_late(self, event: SceneEvent, *, beside: bool = False) -> bool:
        """Return whether an event is over, or too long ago to be reported as current."""
        return is_late(self.stamp, event, self.history.objects, beside=beside)

    def own_weight(self, event: SceneEvent) -> float:
        """Return what an event is worth in itself, to this style."""
        styled = self.style.weights.get(event.kind.name, 0.0)
        return event.kind.traits.weight_for(event.group) + styled

    def is_minor(self, event: SceneEvent) -> bool:
        """Return whether an event is reported only because nothing else happens."""
        return self.own_weight(event) < _MINOR_WEIGHT

    def weight(self, event: SceneEvent) -> float:
        """Return what an event is worth now: less if it is old or much like others."""
        order = self.topics.topics
        rank = order.index(event.topic) if event.topic in order else len(order)
        repeats = sum(past.kind is event.kind for past in self.memory.events(self.stamp))
        penalty = _TOPIC_PENALTY * rank + _REPEAT_PENALTY * min(repeats, _MAX_REPEATS)
        return self.own_weight(event) - penalty - _AGE_PENALTY * (self.stamp - event.stamp)

    def mentioned_another(self, event: SceneEvent) -> bool:
        """Return whether the same of somebody else was reported a moment ago: "another person"."""
        return event.kind.traits.says_another and any(
            (past.kind, past.name, past.where) == (event.kind, event.name, event.where)
            and not set(past.track_ids) & set(event.track_ids)
            for past in self.memory.events(self.stamp)
        )

    def _is_the_same_again(self, event: SceneEvent) -> bool:
        """Return whether somebody who came in and was lost from sight is taken for another."""
        in_view = {thing.track_id for thing in self.history.objects}
        return event.kind is EventKind.ENTERS and any(
            (past.kind, past.name, past.where) == (event.kind, event.name, event.where)
            and abs(event.stamp - past.stamp) < _LOST_SECONDS
            and not set(past.track_ids) & in_view
            for past in self.memory.events(event.stamp)
        )

    def _is_due(self, event: SceneEvent) -> bool:
        """Return whether an event is worth the floor: a minor one only after some silence."""
        if event.kind is EventKind.CAMERA_MOVES and self.stamp - event.stamp < _SETTLING_SECONDS:
            return False
        weight = self.own_weight(event)
        if event.topic in self.topics.asked or weight >= _MINOR_WEIGHT:
            return True
        return weight >= _MIN_WEIGHT and self.memory.quiet_for(self.stamp) >= self.style.patience
