"""Commentators whose worth is known beforehand, to test the measure: docs/evaluation.md."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, cycle

from ...core.audio import AudioFormat
from ...core.cancel import CancelToken
from ...core.engine import Delta, Request
from ...core.facts import EVENT_KINDS, PLACES, Claim, Observation
from ...core.frames import Frame
from ...core.stamp import from_seconds, to_seconds
from .judging import Statement
from .labels import CANT_TELL, NONE, Clip, LabelledEvent
from .matching import in_time
from .phrases import kind_of

SAYING = 1.0
"""Seconds that a sentence of theirs takes."""
EVERY = 3.0
"""Seconds between two sentences of those that talk by the clock."""
_WORDS = {
    "opens": "{who} can be seen",
    "picks_up": "{who} is picked up",
    "puts_back": "{who} is put down",
    "camera_pans": "the camera pans",
    "camera_tilts": "the camera tilts",
    "cut": "the view changes",
    "light": "it gets brighter",
    "takes_off": "{who} takes off",
}
_EVERYBODY = ("person", "car", "truck", "dog", "bird", "cup", "bottle", "ball", "camera")


def spoken_labels(clip: Clip) -> list[Statement]:
    """Say every label at its time, and claim it."""
    return [_statement(event.t, event) for event in clip.events]


def written_labels(clip: Clip) -> list[Statement]:
    """Say every label at its time, in words alone."""
    return [replace(statement, claims=()) for statement in spoken_labels(clip)]


def shuffled_labels(clip: Clip, seed: int = 0) -> list[Statement]:
    """Say and claim every label, at the time of another."""
    times = [event.t for event in clip.events]
    random.Random(seed).shuffle(times)
    return [_statement(t, event) for t, event in zip(times, clip.events, strict=True)]


def mixed_labels(clips: Sequence[Clip], seed: int = 0) -> dict[str, list[Statement]]:
    """Say and claim every label at the time of another of any clip, in that clip."""
    places = [(clip.name, event.t) for clip in clips for event in clip.events]
    random.Random(seed).shuffle(places)
    said: dict[str, list[Statement]] = {clip.name: [] for clip in clips}
    events = [event for clip in clips for event in clip.events]
    for (name, second), event in zip(places, events, strict=True):
        said[name].append(_statement(second, event))
    return said


def metronome(clip: Clip) -> list[Statement]:
    """Say that a person is there, every 3 s."""
    claim = Claim(kind="present", who="person", count=1)
    return [_said(t, "A person is there.", (claim,)) for t in _ticks(clip)]


def know_all(clip: Clip) -> list[Statement]:
    """Say everything at once, every 3 s."""
    names = ", ".join(_EVERYBODY)
    kinds = ", ".join(map(_plain, EVENT_KINDS))
    where = cycle(PLACES)
    claims = [
        Claim(kind=kind, who=who, where=next(where)) for kind in EVENT_KINDS for who in _EVERYBODY
    ]
    return [_said(t, f"{names}: {kinds}.", tuple(claims)) for t in _ticks(clip)]


def guesser(clip: Clip, seed: int = 0) -> list[Statement]:
    """Say and claim something at random, every 3 s."""
    draw = random.Random(seed)
    found = []
    for t in _ticks(clip):
        claim = Claim(
            kind=draw.choice(EVENT_KINDS), who=draw.choice(_EVERYBODY), where=draw.choice(PLACES)
        )
        found.append(
            _said(t, f"A {claim.who} {_plain(claim.kind)} on the {claim.where}.", (claim,))
        )
    return found


def right_answers(clip: Clip) -> list[str]:
    """Answer every question by its label."""
    plain = {NONE: "No.", CANT_TELL: "I can't tell."}
    return [plain.get(q.accepted[0], f"{q.accepted[0]}.") for q in clip.questions]


def same_answer(clip: Clip, answer: str) -> list[str]:
    """Give the same answer to every question."""
    return [answer] * len(clip.questions)


class LabelEngine:
    """Reports a clip's labels when its turn comes: what the cycle and the voice leave of them.

    Of what is to be reported it takes the most important first, then the newest.
    """

    description = "labels"
    look_fps = 5.0
    voice: AudioFormat | None = None

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._reported: set[int] = set()

    def load(self) -> None:
        """Need nothing."""

    def look(self, frame: Frame) -> None:
        """See nothing."""

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield a sentence about one event."""
        del cancel
        now = to_seconds(request.frames[-1].stamp)
        ready = [
            (event.importance, event.t, index)
            for index, event in enumerate(self._clip.events)
            if index not in self._reported and event.t <= now and in_time(event, now, EVERY)
        ]
        if not ready:
            yield Delta(silent=True)
        else:
            index = max(ready)[2]
            self._reported.add(index)
            statement = _statement(now, self._clip.events[index])
            yield Delta(statement.text, claims=statement.claims)

    def close(self) -> None:
        """Have nothing to free."""


def _statement(second: float, event: LabelledEvent) -> Statement:
    """Word and claim an event, as seen at a time."""
    claim = Claim(
        kind=event.what,
        who=event.who,
        where=event.where if event.where in PLACES else "",
        count=event.count,
        evidence=(Observation(camera="camera", stamp=from_seconds(second)),),
    )
    return _said(second, _sentence(event), (claim,))


def _sentence(event: LabelledEvent) -> str:
    noun = kind_of(event.who)
    who = f"{event.count} {noun}s" if event.count > 1 else f"A {noun}"
    words = _WORDS.get(event.what, "{who} " + _plain(event.what)).format(who=who)
    where = f" on the {event.where}" if event.where else ""
    return f"{words[:1].upper()}{words[1:]}{where}."


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


def _said(second: float, text: str, claims: Sequence[Claim]) -> Statement:
    return Statement(start=second, end=second + SAYING, text=text, claims=tuple(claims))


def _ticks(clip: Clip) -> Iterator[float]:
    for tick in count():
        second = clip.begin + tick * EVERY
        if second > clip.end:
            return
        yield second
