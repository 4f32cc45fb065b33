"""What is known about a kind of events: how much it is worth, and how it is said."""

from __future__ import annotations

import itertools
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...core.facts import EVENT_KINDS, STATE_KINDS
from .languages.english import EventTexts
from .scene_state import SceneObject

PLACEHOLDERS = frozenset(
    ("Subject", "subject", "move", "come", "go", "has", "is", "s")
    + ("plural", "border", "place", "Place", "course", "left", "now", "es")
)
"""What a template may contain.

`subject`: who does it, such as "a person"; the verb follows it in number: `move` ("walks", by the
subject's kind), `come`, `go`, `has`, `is`, and `s` or `es` for the ending of any
other verb.
`plural`: the noun for several of them, such as "birds".
`border`: where it enters or leaves, such as "the left". `place`: where it is, such as "on the
left". `course`: its direction, with a comma before it, or "" if unknown. `Subject` and `Place`
begin with a capital.
`left`: ", two are left" after something was taken; `now`: ", now there are two" after something
was added.
"""

ALL_COURSES = frozenset(("left", "right", "closer", "away"))
SIDEWAYS = frozenset(("left", "right"))

StillTrue = Callable[[SceneObject, str], bool]
"""From an object as it is now, and the event's heading, to whether the event still holds."""


@dataclass(frozen=True, kw_only=True)
class EventTraits:
    """Everything that depends on an event's kind alone.

    `weight`: how much it is worth a comment; the event with the highest weight is chosen, less
    for its age, its topic's place in the instruction, and recent comments of the same kind.
    `claim`: what its sentences claim, one of `core.facts.EVENT_KINDS`; of a camera move, what is
    claimed if its name says no more.
    `topic`: "camera" or "light"; None for the group of the object that takes part.
    `texts`: ways to say it, tried in a random order.
    `still_true`: whether it still holds, asked for every object that takes part and false if one
    is out of view; None if it stays true once it has happened.
    `fresh`: seconds for which it can be reported as what happens now.
    `beside`: seconds more, in which it can share a comment with another event.
    `weights`: by group of the object that takes part, where the weight is another.
    `courses`: headings that `{course}` may name.
    `merges`: whether several at the same place become one sentence ("two people come in").
    `says_another`: whether a second one soon after is "another person".
    `shows_scene`: whether the comment waits until objects are detected, and names them.
    """

    weight: float
    claim: str
    texts: EventTexts
    topic: str | None = None
    still_true: StillTrue | None = None
    fresh: float = 3.0
    beside: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)
    courses: frozenset[str] = ALL_COURSES
    merges: bool = False
    says_another: bool = False
    shows_scene: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown claim, no templates, or one that can't be filled."""
        now = self.texts.now
        ways = [*now.values()] if isinstance(now, Mapping) else [now]
        ways += [self.late] if self.late else []
        if not ways or not all(ways):
            raise ValueError("an event kind needs templates")
        if self.claim not in (*EVENT_KINDS, *STATE_KINDS):
            raise ValueError(f"claim: {self.claim!r} is no kind of core.facts")
        for template in itertools.chain.from_iterable(ways):
            fields = {field for _, field, _, _ in string.Formatter().parse(template) if field}
            unknown = sorted(fields - PLACEHOLDERS)
            if unknown:
                raise ValueError(f"{template!r}: unknown placeholder {', '.join(unknown)}")

    def weight_for(self, group: str) -> float:
        """Return the weight of an event of an object of this group."""
        return self.weights.get(group, self.weight)

    def templates_for(self, heading: str) -> tuple[str, ...]:
        """Return the templates for an event with this heading."""
        now = self.texts.now
        return now[heading] if isinstance(now, Mapping) else now

    @property
    def late(self) -> tuple[str, ...]:
        """Templates for an event that is over or some seconds ago; () if it is not said then."""
        return self.texts.late
