"""Chooses the next comment: the most important event that is wanted, new and not yet commented."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from .camera_moves import DRIVES
from .claims import Sentence, each_present, event_claim, event_claims, present, together
from .comment_memory import CommentMemory
from .event_rules import is_lively
from .event_traits import SIDEWAYS
from .events import SceneEvent
from .moment import Moment
from .opening import opening
from .scene_store import SceneHistory
from .sentences import sentences, shortened
from .styles import PLAIN, Style
from .summary import instruction_summary, moving, scene_contents, summaries
from .topics import TopicFilter
from .totals import Totals

_PAUSE_SECONDS = 2.0  # without a comment, after which a total may follow
_QUIET_SECONDS = 5.0  # the same for numbers
_SCENE_SECONDS, _EMPTY_SCENE_SECONDS = 0.7, 1.4  # to look at a new scene, with and without objects

_BODIES = frozenset(("people", "animals"))
_OPENING_WEIGHT = 8.2  # an event of more weight comes before what a new scene shows
_LOOK_ROUND = 1.8  # seconds of a drive, before it is reported that we drive
_DRIVES = frozenset(move.name for move in DRIVES)
_SECOND_WEIGHT = 5.3  # of a kind that is mentioned with a weightier one
_SECOND_SECONDS = 1.5  # since an event, in which it may be mentioned with another
_PRESSING_WEIGHT = 5.0  # of a kind that does not wait for the pause after a comment to end


class CommentSelector:
    """Chooses comments for one engine, and remembers them to avoid repetition."""

    def __init__(self, seed: int) -> None:
        """Vary the wording by `seed`: the same images give the same comments."""
        self._rng = random.Random(seed)
        self.memory = CommentMemory()
        self._totals: dict[str, Totals] = {}
        self._opened: dict[str, float] = {}

    def next_comment(
        self,
        stamp: float,
        history: SceneHistory,
        topics: TopicFilter,
        recent: Sequence[str],
        style: Style = PLAIN,
        *,
        pressing: bool = False,
    ) -> Sentence:
        """Return the next comment on a camera, empty if there is nothing new.

        `recent`: comments that must not be repeated either. `style`: how it is said. `pressing`:
        only what can't wait.
        """
        self._expire(stamp)
        totals = self._totals.setdefault(history.camera, Totals())
        totals.observe(stamp, history)
        now = Moment(stamp, history, topics, recent, style, self.memory)
        if pressing:
            return self._pressing(now)
        if "counts" in topics.asked and history.states:
            said = self._first_new(now, summaries(history, topics, self._rng))
            if said:
                return said
        for event in now.ranked():
            if now.weight(event) < _OPENING_WEIGHT:
                said = self._opening(now)
                if said:
                    return said
            if event.heading in _DRIVES and stamp - history.scene_age_from < _LOOK_ROUND:
                return Sentence()  # what is ahead is said with it, once it has a name
            if event.kind.traits.shows_scene:
                return self._new_scene(now, event)
            said = self._event(now, event, brief=now.is_minor(event))
            if said:
                return said
        said = self._opening(now)
        quiet_for = self.memory.quiet_for(stamp)
        if said or not _PAUSE_SECONDS <= quiet_for < float("inf"):
            return said
        ways = totals.so_far(stamp, topics)
        if quiet_for > _QUIET_SECONDS and is_lively(history):
            ways += totals.now(history, topics)
        return self._first_new(now, ways)

    def _pressing(self, now: Moment) -> Sentence:
        """Return a sentence about a weighty event that will soon be over; empty without one."""
        for event in now.ranked():
            if now.own_weight(event) < _PRESSING_WEIGHT or now.is_late(event):
                continue
            if event.heading in _DRIVES and now.stamp - now.history.scene_age_from < _LOOK_ROUND:
                return Sentence()
            if event.kind.traits.shows_scene:
                return self._new_scene(now, event)
            said = self._event(now, event, brief=True)
            if said:
                return said
        return Sentence()

    def _event(self, now: Moment, event: SceneEvent, *, brief: bool = False) -> Sentence:
        """Return a new sentence about an event, and about another one that could not wait."""
        said = next(self._ways(now, event, brief=brief, new=True), Sentence())
        if not said:
            return said
        other = self._second(now, event)
        if other is None:
            self.memory.record(now.stamp, said.text, event)
            return said
        if not brief:
            said = next(self._ways(now, event, brief=True, new=False))
        second = next(self._ways(now, other, brief=True, new=False))
        first_comes_later = other.stamp < event.stamp
        both = together(second, said) if first_comes_later else together(said, second)
        self.memory.record(now.stamp, both.text, event)
        self.memory.record(now.stamp, both.text, other)
        return both

    def _second(self, now: Moment, first: SceneEvent) -> SceneEvent | None:
        """Return another weighty event that is as new, of somebody else; None if there is none."""
        for event in now.ranked(beside=True):
            late = now.is_late(event, beside=True)
            waits = now.own_weight(event) < _SECOND_WEIGHT or late
            old = now.stamp - event.stamp > _SECOND_SECONDS
            same = event is first or set(event.track_ids) & set(first.track_ids)
            if not (waits or old or same or event.kind.traits.shows_scene):
                return event
        return None

    def _ways(
        self, now: Moment, event: SceneEvent, *, brief: bool, new: bool
    ) -> Iterator[Sentence]:
        """Yield sentences about an event; with `new` none of the recent ones."""
        event = shortened(event) if brief else event
        another = now.mentioned_another(event)
        arrivals = self._totals[now.history.camera].arrivals(event.group)
        late = bool(event.kind.traits.late) and now.is_late(event)
        style = now.style
        for way in sentences(event, another, self._rng, late=late, style=style, brief=brief):
            text = style.finish(way, event, arrivals)
            if not new or self.memory.is_new(now.stamp, text, now.recent):
                yield Sentence(text, event_claims(event, now.history))

    def _opening(self, now: Moment) -> Sentence:
        """Say how things stand in a scene, once."""
        camera, begin = now.history.camera, now.history.scene_age_from
        if self._opened.get(camera) == begin:
            return Sentence()
        said_of_scene = self.memory.since(begin)
        if any(past.event is None or past.event.track_ids for past in said_of_scene):
            return Sentence()  # where we are looking is known by what was said already
        said = opening(now.stamp, now.history, now.topics, self._rng, now.style)
        if said:
            self._opened[camera] = begin
            self.memory.record(now.stamp, said.text, None)
            self._totals[camera].note(said.claims)
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
            self.memory.record(stamp, said.text, None)
            return said
        now = Moment(stamp, history, topics, recent, PLAIN, self.memory)
        return self._first_new(now, summaries(history, topics, self._rng))

    def _new_scene(self, now: Moment, event: SceneEvent) -> Sentence:
        """Comment on a cut and the objects of the new scene, once there was time to detect them."""
        history = now.history
        objects = [t for t in history.objects if now.topics.allows(t.group, t.name)]
        objects = [t for t in objects if t.group not in {"things", "motion"}]
        if now.stamp - event.stamp < (_SCENE_SECONDS if objects else _EMPTY_SCENE_SECONDS):
            return Sentence()
        movers = [t for t in objects if t.heading in SIDEWAYS and t.group in _BODIES]
        claims = (event_claim(event, history), *each_present(objects, history))
        contents = scene_contents(objects) if objects else ""
        if len(movers) == 1:
            contents = moving(movers[0], self._rng)
            claims = (claims[0], present(movers, history, kind="moves"))
        for sentence in sentences(event, False, self._rng, brief=True):
            text = sentence
            self._opened[history.camera] = history.scene_age_from
            if objects:
                text = f"{sentence[:-1]}: {contents}."
            if self.memory.is_new(now.stamp, text, ()):
                self.memory.record(now.stamp, text, event)
                return Sentence(text, claims)
        return Sentence()

    def _first_new(self, now: Moment, ways: Sequence[Sentence]) -> Sentence:
        for said in ways:
            if self.memory.is_new(now.stamp, said.text, now.recent):
                self.memory.record(now.stamp, said.text, None)
                for totals in self._totals.values():
                    totals.note(said.claims)
                return said
        return Sentence()

    def _expire(self, stamp: float) -> None:
        """Forget what is old, and everything if the stamps went back (a recording in a loop)."""
        if self.memory.expire(stamp):
            self._totals.clear()
            self._opened.clear()
