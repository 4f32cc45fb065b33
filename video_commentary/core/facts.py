"""What an engine states as data, with its words: for evaluation, evidence, events and watches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .stamp import Stamp

PLACES = ("left", "middle", "right", "near", "far")
"""Where in the picture: thirds of its width, its lower and its upper part."""

EVENT_KINDS = (
    "opens",
    "enters",
    "leaves",
    "crosses",
    "passes",
    "overtakes",
    "stops",
    "starts",
    "picks_up",
    "puts_back",
    "moves",
    "approaches",
    "recedes",
    "crouches",
    "throws",
    "jumps",
    "turns",
    "leans",
    "gestures",
    "talks",
    "flies",
    "takes_off",
    "cut",
    "camera_pans",
    "camera_tilts",
    "camera_zooms",
    "light",
)
"""Kinds of events. `opens`: how things stand at the start. For `cut`, `camera_*` and `light` the
`who` is "camera"; the `where` of `camera_pans` and `camera_tilts` is the way it turns."""

STATE_KINDS = ("present", "absent", "rests", "total", "quiet")
"""Kinds of claims about what is so now: it is there, none of it is there, it stands still, its
number so far, nothing happens (`who`: "camera")."""


@dataclass(frozen=True, kw_only=True)
class NormalizedBox:
    """Edges as fractions of the picture, 0 at its left and top, 1 at its right and bottom.

    Raise ValueError if an edge lies outside or the box is inverted.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left <= self.right <= 1 and 0 <= self.top <= self.bottom <= 1):
            raise ValueError(f"{self}: left to right and top to bottom must rise from 0 to 1")


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A thing in one frame, or the frame as a whole where `box` is None.

    `stamp`: the frame's, nanoseconds. `camera`: its frame_id. `name`: a noun in the
    singular, such as "traffic light". `track`: the same number for the same thing over time.
    `score`: the detector's confidence, 0 to 1. `colour`: a word, empty if unknown.
    """

    camera: str
    stamp: Stamp
    box: NormalizedBox | None = None
    name: str = ""
    track: int | None = None
    score: float | None = None
    colour: str = ""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One thing that an engine states: an event, or what is so now.

    `kind`: one of `EVENT_KINDS` or `STATE_KINDS`, or a word of the engine's own. `who`: a noun in
    the singular, "camera" for the picture as a whole. `where`: one of `PLACES`, or empty; for
    `enters` and `leaves` the border. `count`: how many, None if not stated; with `at_least` there
    may be more. `colour`: a word, empty if not stated. `evidence`: what it rests on, oldest first.
    """

    kind: str
    who: str
    where: str = ""
    count: int | None = None
    at_least: bool = False
    colour: str = ""
    evidence: tuple[Observation, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError if a field has a value that is not allowed."""
        if self.where and self.where not in PLACES:
            raise ValueError(f"where: {self.where!r} is not one of {', '.join(PLACES)}")
        if self.count is not None and self.count < 0:
            raise ValueError(f"count: {self.count} is below 0")


@dataclass(frozen=True, kw_only=True)
class FrameFacts:
    """What an engine saw in one frame of a camera, as data.

    `camera`, `stamp`: the frame's. `things`: what is in view, each with its box. `events`: what was
    seen to happen, whether or not a comment mentions it.
    """

    camera: str
    stamp: Stamp
    things: tuple[Observation, ...] = ()
    events: tuple[Claim, ...] = ()


def clothes_words(colour: str) -> str:
    """Return a colour of clothes as a sentence says it: "in red", "in dark clothes"."""
    return f"in {colour} clothes" if colour in ("dark", "light") else f"in {colour}"


def evidence_of(claims: Iterable[Claim]) -> tuple[Observation, ...]:
    """Return what claims rest on: each observation once, the oldest first."""
    observations = {observation: None for claim in claims for observation in claim.evidence}
    return tuple(sorted(observations, key=lambda observation: observation.stamp))
