"""Chooses the next comment: the most important event that is wanted, new and not yet commented."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from .camera_moves import DRIVES
from .claims import Sentence, each_present, event_claim, event_claims
from .event_kinds import EventKind
from .event_rules import is_late, is_lively, is_wanted, marks
from .events import SceneEvent, merged
from .opening import opening
from .scene_store import SceneHistory
from .sentences import sentences
from .styles import PLAIN, Style
from .summary import instruction_summary, scene_contents, summaries
from .topics import TopicFilter
from .totals import Totals

_REPEAT_SECONDS = 20.0  # in which no sentence is repeated
_PAUSE_SECONDS = 2.0  # without a comment, after which a total may follow
_QUIET_SECONDS = 5.0  # the same for minor events and numbers
_SCENE_SECONDS, _EMPTY_SCENE_SECONDS = 0.7, 1.4  # to look at a new scene, with and without objects

_TOPIC_PENALTY = 0.5  # of weight, for each topic before the event's in the instruction
_OPENING_WEIGHT = 8.2  # an event of more weight is told before what a new scene shows
_LOOK_ROUND = 1.8  # seconds of a drive, before it is told that we drive
_DRIVES = frozenset(move.name for move in DRIVES)
_SECOND_WEIGHT = 5.0  # of an event that is told together with a weightier one
_MINOR_WEIGHT = 4.0  # of a kind; less is told only after some silence
_MIN_WEIGHT = 2.0  # of a kind; less is told only if asked for
_LOST_SECONDS = 4.0  # between two arrivals that may be one and the same
_REPEAT_PENALTY = 0.5  # of weight, for each recent comment on an event of the same kind
_AGE_PENALTY = 0.3  # of weight, a second


@dataclass(frozen=True)
class PastComment:
    """A comment, when it was made, and the event that it is about, if any."""

    stamp: float
    text: str
    event: SceneEvent | None


class CommentSelector:
    """Chooses comments for one engine, and remembers them to avoid repetition."""

    def __init__(self, seed: int) -> None:
        """Vary the wording by `seed`: the same images give the same comments."""
        self._rng = random.Random(seed)
        self._comments: deque[PastComment] = deque(maxlen=64)
        self._reported: dict[tuple[str, int], float] = {}
        self._totals: dict[str, Totals] = {}
        self._opened: set[tuple[str, float]] = set()
        self._style = PLAIN

    def next_comment(
        self,
        stamp: float,
        history: SceneHistory,
        topics: TopicFilter,
        recent: Sequence[str],
        style: Style = PLAIN,
    ) -> Sentence:
        """Return the next comment on a camera, empty if there is nothing new.

        `recent`: comments that must not be repeated either. `style`: how it is said.
        """
        self._style = style
        self._expire(stamp)
        totals = self._totals.setdefault(history.camera, Totals())
        totals.observe(stamp, history)
        if "counts" in topics.asked and history.states:
            said = self._first_new(stamp, summaries(history, topics, self._rng), recent)
            if said:
                return said
        for event in self._ranked(stamp, history, topics):
            if self._weight(stamp, event, topics) < _OPENING_WEIGHT:
                said = self._opening(stamp, history, topics)
                if said:
                    return said
            if event.heading in _DRIVES and stamp - history.scene_age_from < _LOOK_ROUND:
                return Sentence()  # what is ahead is said with it, once it has a name
            if event.kind.traits.shows_scene:
                return self._new_scene(stamp, event, history, topics)
            said = self._event(stamp, event, history, recent)
            if said:
                return self._with_second(stamp, event, said, history, topics, recent)
        said = self._opening(stamp, history, topics)
        if said or self._quiet_for(stamp) < _PAUSE_SECONDS or not self._comments:
            return said
        ways = totals.so_far(stamp, topics)
        if self._quiet_for(stamp) > _QUIET_SECONDS and is_lively(history):
            ways += totals.now(history, topics)
        return self._first_new(stamp, ways, recent)

    def _with_second(
        self,
        stamp: float,
        first: SceneEvent,
        said: Sentence,
        history: SceneHistory,
        topics: TopicFilter,
        recent: Sequence[str],
    ) -> Sentence:
        """Return a sentence with one about another event that could not wait, in their order."""
        for event in self._ranked(stamp, history, topics):
            weighty = self._weight(stamp, event, topics) >= _SECOND_WEIGHT
            if weighty and event.kind is not first.kind and not event.kind.traits.shows_scene:
                other = self._event(stamp, event, history, recent)
                before = event.stamp < first.stamp
                return other.followed_by(said) if other and before else said.followed_by(other)
        return said

    def _event(
        self, stamp: float, event: SceneEvent, history: SceneHistory, recent: Sequence[str]
    ) -> Sentence:
        """Return a sentence about an event that is not among the recent ones."""
        late, style = is_late(stamp, event, history.objects), self._style
        another = self._says_another(stamp, event)
        arrivals = self._totals[history.camera].arrivals(event.group)
        for way in sentences(event, another, self._rng, late=late, style=style):
            text = style.finish(way, event, arrivals)
            if self._is_new(stamp, text, recent):
                self._record(stamp, text, event)
                return Sentence(text, event_claims(event, history))
        return Sentence()

    def _opening(self, stamp: float, history: SceneHistory, topics: TopicFilter) -> Sentence:
        """Say how things stand in a scene, once."""
        scene = history.camera, history.scene_age_from
        if scene in self._opened:
            return Sentence()
        said_of_scene = [c for c in self._comments if c.stamp >= history.scene_age_from]
        if any(past.event is None or past.event.track_ids for past in said_of_scene):
            return Sentence()  # where we are looking is known by what was said already
        said = opening(stamp, history, topics, self._rng, self._style)
        if said:
            self._opened = {(c, s) for c, s in self._opened if c != history.camera} | {scene}
            self._record(stamp, said.text, None)
            self._totals[history.camera].note(said.claims)
        return said

    def seen_so_far(self, camera: str, group: str) -> int:
        """Return how many of a group were in view so far, as far as that was counted."""
        return self._totals[camera].seen_so_far(group) if camera in self._totals else 0

    def confirm_instruction(
        self, stamp: float, history: SceneHistory, topics: TopicFilter, recent: Sequence[str]
    ) -> Sentence:
        """Return a comment on what a new instruction asks for, empty if nothing was seen yet."""
        self._expire(stamp)
        if not history.states:
            return Sentence()
        if topics.asked:
            said = instruction_summary(topics.asked, history)
            self._record(stamp, said.text, None)
            return said
        return self._first_new(stamp, summaries(history, topics, self._rng), recent)

    def _new_scene(
        self, stamp: float, event: SceneEvent, history: SceneHistory, topics: TopicFilter
    ) -> Sentence:
        """Comment on a cut and the objects of the new scene, once there was time to detect them."""
        objects = [t for t in history.objects if topics.allows(t.group, t.name)]
        objects = [t for t in objects if t.group not in {"things", "motion"}]
        if stamp - event.stamp < (_SCENE_SECONDS if objects else _EMPTY_SCENE_SECONDS):
            return Sentence()
        claims = (event_claim(event, history), *each_present(objects, history))
        for sentence in sentences(event, False, self._rng):
            text = sentence
            self._opened.add((history.camera, history.scene_age_from))
            if objects:
                text = f"{sentence[:-1]}: {scene_contents(objects, self._rng)}."
            if self._is_new(stamp, text, ()):
                self._record(stamp, text, event)
                return Sentence(text, claims)
        return Sentence()

    def _first_new(self, stamp: float, ways: Sequence[Sentence], recent: Sequence[str]) -> Sentence:
        for said in ways:
            if self._is_new(stamp, said.text, recent):
                self._record(stamp, said.text, None)
                for totals in self._totals.values():
                    totals.note(said.claims)
                return said
        return Sentence()

    def _expire(self, stamp: float) -> None:
        """Forget old events, and everything if the stamps went back (a recording in a loop)."""
        if self._comments and self._comments[-1].stamp > stamp:
            self._comments.clear()
            self._reported.clear()
            self._totals.clear()
            self._opened.clear()
        for mark in [m for m, at in self._reported.items() if at < stamp - _REPEAT_SECONDS]:
            del self._reported[mark]

    def _ranked(self, stamp: float, history: SceneHistory, topics: TopicFilter) -> list[SceneEvent]:
        events = [
            event
            for event in history.events
            if is_wanted(event, topics)
            and not self._is_reported(event)
            and not self._is_the_same_again(event, history)
            and (event.kind.traits.late or not is_late(stamp, event, history.objects))
            and self._is_due(stamp, event, topics)
        ]
        return sorted(merged(events), key=lambda event: -self._weight(stamp, event, topics))

    def _is_the_same_again(self, event: SceneEvent, history: SceneHistory) -> bool:
        """Return whether somebody who came in and was lost from sight is taken for another."""
        in_view = {thing.track_id for thing in history.objects}
        return event.kind is EventKind.ENTERS and any(
            (past.kind, past.name, past.where) == (event.kind, event.name, event.where)
            and abs(event.stamp - past.stamp) < _LOST_SECONDS
            and not set(past.track_ids) & in_view
            for past in self._recent_events(event.stamp)
        )

    def _is_due(self, stamp: float, event: SceneEvent, topics: TopicFilter) -> bool:
        """Return whether an event is worth the floor: a minor one only after some silence."""
        weight = event.kind.traits.weight_for(event.group)
        weight += self._style.weights.get(event.kind.name, 0.0)
        if event.topic in topics.asked or weight >= _MINOR_WEIGHT:
            return True
        return weight >= _MIN_WEIGHT and self._quiet_for(stamp) >= self._style.patience

    def _is_reported(self, event: SceneEvent) -> bool:
        return marks(event) <= self._reported.keys()

    def _weight(self, stamp: float, event: SceneEvent, topics: TopicFilter) -> float:
        order = topics.topics
        rank = order.index(event.topic) if event.topic in order else len(order)
        repeats = sum(past.kind is event.kind for past in self._recent_events(stamp))
        return (
            event.kind.traits.weight_for(event.group)
            + self._style.weights.get(event.kind.name, 0.0)
            - _TOPIC_PENALTY * rank
            - _REPEAT_PENALTY * repeats
            - _AGE_PENALTY * (stamp - event.stamp)
        )

    def _says_another(self, stamp: float, event: SceneEvent) -> bool:
        return event.kind.traits.says_another and any(
            (past.kind, past.name, past.where) == (event.kind, event.name, event.where)
            and not set(past.track_ids) & set(event.track_ids)
            for past in self._recent_events(stamp)
        )

    def _recent_events(self, stamp: float) -> list[SceneEvent]:
        return [c.event for c in self._recent(stamp) if c.event is not None]

    def _recent(self, stamp: float) -> list[PastComment]:
        return [c for c in self._comments if stamp - c.stamp < _REPEAT_SECONDS]

    def _is_new(self, stamp: float, text: str, recent: Sequence[str]) -> bool:
        said = {letters(past.text) for past in self._recent(stamp)}
        return letters(text) not in said | {letters(other) for other in recent}

    def _quiet_for(self, stamp: float) -> float:
        return stamp - self._comments[-1].stamp if self._comments else float("inf")

    def _record(self, stamp: float, text: str, event: SceneEvent | None) -> None:
        self._comments.append(PastComment(stamp, text, event))
        if event is not None:
            self._reported |= dict.fromkeys(marks(event), event.stamp)


def letters(text: str) -> str:
    """Return a text's letters and digits in lower case, to compare sentences by."""
    return "".join(c for c in text.lower() if c.isalnum())
