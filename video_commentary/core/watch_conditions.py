"""What a watch can be for: predicates over facts, with the words for what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .facts import Claim, FrameFacts, Observation, clothes_words

EVENT_WORDS = {
    "enters": ("comes into view", "come into view"),
    "leaves": ("goes out of view", "go out of view"),
    "stops": ("stops", "stop"),
    "starts": ("starts to move", "start to move"),
    "crosses": ("crosses the picture", "cross the picture"),
    "passes": ("passes", "pass"),
    "overtakes": ("overtakes", "overtake"),
    "turns": ("turns", "turn"),
    "approaches": ("comes closer", "come closer"),
    "recedes": ("moves away", "move away"),
    "picks_up": ("is taken", "are taken"),
    "puts_back": ("is put down", "are put down"),
    "crouches": ("crouches", "crouch"),
    "jumps": ("jumps", "jump"),
    "leans": ("leans over", "lean over"),
    "moves": ("moves", "move"),
}
"""Kinds of events of things that can be watched for, in words for one and for several."""
PICTURE_WORDS = {
    "cut": "the picture changes to another scene",
    "light": "the light changes",
    "camera_pans": "the camera turns",
    "camera_tilts": "the camera tilts",
    "camera_zooms": "the camera zooms",
}
"""Kinds of events of the picture as a whole, in words."""
MOTION = frozenset(EVENT_WORDS)
PLACE_WORDS = {
    "left": "on the left",
    "middle": "in the middle",
    "right": "on the right",
    "near": "in the foreground",
    "far": "in the background",
}
_STILL = 0.02
"""Of the picture's width or height that the middle of a thing at rest may move in a second."""


@dataclass(frozen=True, kw_only=True)
class WatchFinding:
    """What a watch was for: a sentence, the detector's confidence (None if unknown), evidence."""

    text: str
    confidence: float | None
    evidence: tuple[Observation, ...]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Who or what a condition is about.

    `labels`: the detector's names for it; empty for anything. `one`, `many`: what to call it.
    `where`: one of `PLACE_WORDS` or empty. `colour`: of a person's clothes, or empty.
    """

    one: str = "thing"
    many: str = "things"
    labels: frozenset[str] = frozenset()
    where: str = ""
    colour: str = ""

    def covers(self, thing: Observation) -> bool:
        """Return whether a thing in a frame is one of these."""
        return (
            (not self.labels or thing.name in self.labels)
            and (not self.where or self.where in places_of(thing))
            and (not self.colour or self.colour in thing.colour.split())
        )

    def takes_part_in(self, claim: Claim) -> bool:
        """Return whether an event happened to one of these."""
        if claim.who == "camera":
            return False
        seen = [thing for thing in claim.evidence if thing.box]
        names = {claim.who, *(thing.name for thing in seen)}
        if self.labels and not self.labels & names:
            return False
        if self.colour and self.colour not in claim.colour.split():
            return False
        # An event that states no place happened where its thing was seen last.
        places = {claim.where} if claim.where else places_of(seen[-1]) if seen else set()
        return not self.where or self.where in places

    def said(self, low: int, high: int | None = None) -> str:
        """Return it with its number in words: "at least 4 people on the left"."""
        name = f"{self.colour} {{}}" if self.colour and not self.is_person else "{}"
        ending = f" {clothes_words(self.colour)}" if self.colour and self.is_person else ""
        ending += f" {PLACE_WORDS[self.where]}" if self.where else ""
        if not self.labels and low <= 1 and high in (None, 0):
            return ("nothing" if high == 0 else "anything") + ending
        return _number(low, high, name.format(self.one), name.format(self.many)) + ending

    @property
    def is_person(self) -> bool:
        """Whether people are meant."""
        return "person" in self.labels


def _number(low: int, high: int | None, one: str, many: str) -> str:
    if high == 0:
        return f"no {one}"
    if high is None:
        article = "an" if one[0] in "aeiou" else "a"
        return f"{article} {one}" if low == 1 else f"at least {low} {many}"
    if low == 0:
        return f"at most {high} {many if high > 1 else one}"
    if low == high:
        return f"exactly {low} {many if low > 1 else one}"
    return f"{low} to {high} {many}"


def places_of(thing: Observation) -> set[str]:
    """Return where in the picture a thing is: its third of the width, its half of the height."""
    if thing.box is None:
        return set()
    across = (thing.box.left + thing.box.right) / 2
    down = (thing.box.top + thing.box.bottom) / 2
    side = "left" if across < 1 / 3 else "right" if across > 2 / 3 else "middle"
    return {side, "near" if down > 0.5 else "far"}


def confidence_of(things: Iterable[Observation]) -> float | None:
    """Return the mean score of things, None if none has one."""
    scores = [thing.score for thing in things if thing.score is not None]
    return min(1.0, max(0.0, sum(scores) / len(scores))) if scores else None


def seconds_said(seconds: float) -> str:
    """Return a duration in words: "a minute", "90 s"."""
    whole = {60: "a minute", 3600: "an hour"}
    if seconds % 60 == 0 and seconds not in whole and seconds:
        return f"{seconds / 60:g} minutes"
    return whole.get(int(seconds), f"{seconds:g} s")


@dataclass(frozen=True, kw_only=True)
class EventCondition:
    """Something happens: one of `kinds`, to `low` or more of `subject`, or to the picture."""

    kinds: frozenset[str]
    subject: Subject | None
    low: int = 1

    @property
    def meaning(self) -> str:
        """What is watched for, in words."""
        if self.subject is None:
            return " or ".join(PICTURE_WORDS[kind] for kind in sorted(self.kinds))
        return f"{self.subject.said(self.low)} {_verbs(self.kinds, self.low > 1)}"

    def find(self, facts: FrameFacts) -> WatchFinding | None:
        """Return what happened in a frame, None if it is nothing of this."""
        claims = [claim for claim in facts.events if self._is_it(claim)]
        if not claims:
            return None
        evidence = tuple(thing for claim in claims for thing in claim.evidence)
        return WatchFinding(
            text=_sentence(claims[0], self.subject),
            confidence=confidence_of(evidence),
            evidence=evidence,
        )

    def _is_it(self, claim: Claim) -> bool:
        if claim.kind not in self.kinds:
            return False
        if self.subject is None:
            return claim.who == "camera"
        tracks = {thing.track for thing in claim.evidence if thing.track is not None}
        many = claim.count if claim.count is not None else max(1, len(tracks))
        return many >= self.low and self.subject.takes_part_in(claim)


def _verbs(kinds: frozenset[str], several: bool) -> str:
    """Return what happens, in words."""
    named = ("moves",) if kinds == MOTION else sorted(kinds)
    return " or ".join(EVENT_WORDS[kind][several] for kind in named)


def _sentence(claim: Claim, subject: Subject | None) -> str:
    if subject is None:
        return f"{PICTURE_WORDS[claim.kind].capitalize()}."
    several = (claim.count or 1) > 1 and bool(subject.labels)
    one = subject.one if subject.labels else claim.who
    who = f"{claim.count} {subject.many}" if several else _number(1, None, one, one)
    if one == "something":
        who = one
    colour = f" {clothes_words(claim.colour)}" if claim.colour and claim.who == "person" else ""
    where = f" {PLACE_WORDS[claim.where]}" if claim.where else ""
    words = f"{who}{colour} {EVENT_WORDS[claim.kind][several]}{where}."
    return words[0].upper() + words[1:]


@dataclass(frozen=True, kw_only=True)
class CountCondition:
    """There are `low` to `high` of `subject` in view, for `seconds`; `high` None: or more."""

    subject: Subject
    low: int
    high: int | None
    seconds: float

    @property
    def meaning(self) -> str:
        """What is watched for, in words."""
        return f"{self.subject.said(self.low, self.high)} in view, for {seconds_said(self.seconds)}"

    def holds(self, facts: FrameFacts, before: FrameFacts | None) -> bool:
        """Return whether it is so in a frame; `before` does not matter."""
        del before
        count = sum(map(self.subject.covers, facts.things))
        return self.low <= count and (self.high is None or count <= self.high)

    def finding(self, facts: FrameFacts) -> WatchFinding:
        """Return what is found in the frame with which it has been so for long enough."""
        things = tuple(filter(self.subject.covers, facts.things))
        count = len(things)
        number = self.subject.said(0, 0) if not count else self.subject.said(count, count)
        number = number.removeprefix("exactly ")
        words = f"There {'is' if count < 2 else 'are'} {number}."
        if self.seconds >= 10:
            words = f"For {seconds_said(self.seconds)} there {'has' if count < 2 else 'have'} been "
            words += f"{number}."
        whole = (Observation(camera=facts.camera, stamp=facts.stamp),)
        return WatchFinding(text=words, confidence=confidence_of(things), evidence=things or whole)


@dataclass(frozen=True, kw_only=True)
class QuietCondition:
    """None of `kinds` happens to any of `subject` for `seconds`; for `MOTION`, none shifts."""

    kinds: frozenset[str]
    subject: Subject
    seconds: float

    @property
    def meaning(self) -> str:
        """What is watched for, in words."""
        words = f"{self.subject.said(0, 0)} {_verbs(self.kinds, several=False)}"
        return f"{words}, for {seconds_said(self.seconds)}"

    def holds(self, facts: FrameFacts, before: FrameFacts | None) -> bool:
        """Return whether it is so in a frame; `before`: the one it was last asked about."""
        happened = any(
            claim.kind in self.kinds and self.subject.takes_part_in(claim) for claim in facts.events
        )
        return not happened and not (
            self.kinds == MOTION and before and self._shifted(facts, before)
        )

    def _shifted(self, facts: FrameFacts, before: FrameFacts) -> bool:
        earlier = {thing.track: thing.box for thing in before.things if thing.track is not None}
        for thing in filter(self.subject.covers, facts.things):
            then = None if thing.track is None else earlier.get(thing.track)
            if thing.box is None or then is None:
                continue
            across = thing.box.left + thing.box.right - then.left - then.right
            down = thing.box.top + thing.box.bottom - then.top - then.bottom
            if max(abs(across), abs(down)) / 2 > _STILL:
                return True
        return False

    def finding(self, facts: FrameFacts) -> WatchFinding:
        """Return what is found in the frame with which it has been so for long enough."""
        whole = (Observation(camera=facts.camera, stamp=facts.stamp),)
        return WatchFinding(
            text=f"{self.meaning[0].upper()}{self.meaning[1:]}.", confidence=None, evidence=whole
        )


Condition = EventCondition | CountCondition | QuietCondition
