"""The kinds of events that the built-in engine comments on: one table of everything about them.

Adding a kind touches two files:

1. Here: a member of `EventKind` with its `EventTraits`. A missing trait, a template with an
   unknown placeholder, or a second kind with the same traits is an error when this module is
   imported, never in a running comment.
2. Where it is detected, return `SceneEvent(kind=EventKind.<NAME>, ...)`: for what one
   object does `event_detector.py`, for what several people do `encounters.py`, for things that are
   taken or put somewhere `things.py`, for the camera and
   the image as a whole `perception.py`.

Choosing (`comment_selector.py`) and wording (`sentences.py`) read the table and need no change.
`tools/evaluation/vocabulary.py` knows the verbs of the sentences, for `make eval`.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, unique

from ...core.facts import EVENT_KINDS, STATE_KINDS
from .camera_moves import CameraMove
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
    `templates`: ways to say it, tried in a random order; by heading if they depend on it.
    `still_true`: whether it still holds, asked for every object that takes part and false if one
    is out of view; None if it stays true once it has happened.
    `late`: ways to say it when it is over or some seconds ago, (): then it is not said any more.
    `fresh`: seconds for which it can be told as what happens now.
    `weights`: by group of the object that takes part, where the weight is another.
    `courses`: headings that `{course}` may name.
    `merges`: whether several at the same place become one sentence ("two people come in").
    `says_another`: whether a second one soon after is "another person".
    `shows_scene`: whether the comment waits until objects are detected, and names them.
    """

    weight: float
    claim: str
    topic: str | None
    templates: tuple[str, ...] | Mapping[str, tuple[str, ...]]
    still_true: StillTrue | None
    late: tuple[str, ...] = ()
    fresh: float = 3.0
    weights: Mapping[str, float] = field(default_factory=dict)
    courses: frozenset[str] = ALL_COURSES
    merges: bool = False
    says_another: bool = False
    shows_scene: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown claim, no templates, or one that can't be filled."""
        templates = self.templates
        ways = [*templates.values()] if isinstance(templates, Mapping) else [templates]
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
        return self.templates[heading] if isinstance(self.templates, Mapping) else self.templates


@unique
class EventKind(Enum):
    """What can happen in a scene."""

    ENTERS = EventTraits(
        weight=8,
        claim="enters",
        topic=None,
        templates=(
            "{Subject} {move} in from {border}.",
            "From {border}, {subject} {move} into view.",
            "{Subject} {come} into view from {border}.",
            "{Subject} enter{s} from {border}.",
        ),
        late=(
            "{Subject} {has} come in from {border}.",
            "{Subject} {has} entered from {border}.",
        ),
        still_true=None,
        merges=True,
        says_another=True,
    )
    APPEARS = EventTraits(
        weight=6,
        claim="enters",
        topic=None,
        templates=(
            "{Subject} {come} into view {place}.",
            "{Place}, {subject} {come} into view.",
        ),
        still_true=None,
        merges=True,
    )
    LEAVES = EventTraits(
        weight=7,
        claim="leaves",
        topic=None,
        templates=(
            "{Subject} leave{s} at {border}.",
            "{Subject} {go} out of view at {border}.",
            "At {border}, {subject} leave{s}.",
        ),
        still_true=None,
        fresh=1.6,
        merges=True,
    )
    CLOSER = EventTraits(
        weight=7.5,
        claim="approaches",
        topic=None,
        templates=(
            "{Subject} {come} closer {place}.",
            "{Subject} {come} towards us {place}.",
            "{Place}, {subject} {come} closer.",
        ),
        weights={"people": 1.5},
        still_true=lambda now, _: now.heading not in {"", "away"},  # it may be passing us by now
        fresh=2.0,
    )
    AWAY = EventTraits(
        weight=6.5,
        claim="recedes",
        topic=None,
        templates=(
            "{Subject} move{s} away {place}.",
            "{Subject} {go} further away {place}.",
            "{Place}, {subject} move{s} away.",
        ),
        weights={"people": 1.5},
        still_true=lambda now, _: now.heading == "away",
    )
    COMES_NEAR = EventTraits(
        weight=7.5,
        claim="approaches",
        topic=None,
        templates=("{Subject} {come} closer.", "{Subject} {come} nearer."),
        still_true=None,
    )
    COMES_TO = EventTraits(
        weight=7,
        claim="approaches",
        topic=None,
        templates=("{Subject} approach{es} the person.",),
        still_true=None,
    )
    DRAWS_BACK = EventTraits(
        weight=7,
        claim="recedes",
        topic=None,
        templates=("{Subject} move{s} away.", "{Subject} draw{s} back.", "{Subject} back{s} away."),
        still_true=None,
        fresh=2.0,
    )
    STOPS = EventTraits(
        weight=5.5,
        claim="stops",
        topic=None,
        templates=(
            "{Subject} stop{s} {place}.",
            "{Subject} {has} stopped {place}.",
            "{Subject} {place} {come} to a standstill.",
        ),
        still_true=lambda now, _: not now.heading,
    )
    STARTS = EventTraits(
        weight=5,
        claim="starts",
        topic=None,
        templates=(
            "{Subject} {place} start{s} moving again{course}.",
            "{Subject} {place} set{s} off again{course}.",
            "{Subject} {place} {is} on the move again{course}.",
        ),
        still_true=lambda now, _: bool(now.heading),
        courses=SIDEWAYS,  # a first step is too short to show a change of distance
    )
    SETS_OFF = EventTraits(
        weight=4.5,
        claim="starts",
        topic=None,
        templates=(
            "{Subject} {place} start{s} moving{course}.",
            "{Subject} {place} set{s} off{course}.",
        ),
        still_true=lambda now, _: bool(now.heading),
        courses=SIDEWAYS,
    )
    CROSSES = EventTraits(
        weight=5.5,
        claim="crosses",
        topic=None,
        templates=(
            "{Subject} {has} crossed the view{course}.",
            "{Subject} {has} gone right across{course}.",
        ),
        still_true=None,
    )
    TAKEN = EventTraits(
        weight=9,
        claim="picks_up",
        topic=None,
        templates=("{Subject} {is} taken away{left}.", "{Subject} {is} taken{left}."),
        still_true=None,
        late=("{Subject} {has} been taken away{left}.",),
    )
    PUT_BACK = EventTraits(
        weight=9,
        claim="puts_back",
        topic=None,
        templates=("{Subject} {is} put back{now}.", "{Subject} {is} back{now}."),
        still_true=None,
        late=("{Subject} {has} been put back{now}.",),
    )
    PUT_DOWN = EventTraits(
        weight=9,
        claim="puts_back",
        topic=None,
        templates=("{Subject} {is} put down {place}{now}.",),
        still_true=None,
        late=("{Subject} {has} been put down{now}.",),
        says_another=True,
    )
    MOVED = EventTraits(
        weight=6,
        claim="moves",
        topic=None,
        templates=("{Subject} {is} moved.", "{Subject} {is} moved {place}."),
        still_true=None,
    )
    CROWD = EventTraits(
        weight=6,
        weights={"people": 3, "vehicles": 3},
        claim="present",
        topic=None,
        templates={
            "several": (
                "Several {plural} are in view {place}.",
                "There are several {plural} {place}.",
            ),
            "many": ("Many {plural} are in view {place}.", "There are many {plural} {place}."),
        },
        still_true=None,
        courses=frozenset(),
    )
    GAINED_ON = EventTraits(
        weight=7.5,
        claim="approaches",
        topic=None,
        templates=("We get closer to {subject} {place}.", "{Place}, {subject} {come} closer."),
        still_true=None,
    )
    PULLS_AWAY = EventTraits(
        weight=4.5,
        claim="recedes",
        topic=None,
        templates=("{Subject} ahead pull{s} away.", "{Subject} ahead {is} moving away from us."),
        still_true=None,
    )
    OVERTAKES = EventTraits(
        weight=8,
        claim="overtakes",
        topic=None,
        templates=("{Subject} overtake{s} us {place}.", "{Place}, {subject} overtake{s} us."),
        still_true=None,
    )
    PASSED = EventTraits(
        weight=4.5,
        claim="passes",
        topic=None,
        templates=("We pass {subject} {place}.", "{Place}, we pass {subject}."),
        still_true=None,
    )
    BENDS_DOWN = EventTraits(
        weight=5.5,
        claim="crouches",
        topic=None,
        templates=(
            "{Subject} {place} bend{s} down.",
            "{Subject} bend{s} down {place}.",
        ),
        still_true=None,
    )
    JUMPS = EventTraits(
        weight=6,
        claim="jumps",
        topic=None,
        templates=("{Subject} {place} jump{s} up.", "{Subject} jump{s} up {place}."),
        still_true=None,
    )
    LEANS = EventTraits(
        weight=4.5,
        claim="leans",
        topic=None,
        templates=("{Subject} lean{s} over{course}.", "{Subject} lean{s}{course}."),
        still_true=None,
        courses=SIDEWAYS,
    )
    SHIFTS = EventTraits(
        weight=4.2,
        claim="moves",
        topic=None,
        templates=("{Subject} move{s} over{course}.", "{Subject} {is} moving{course}."),
        still_true=None,
        courses=SIDEWAYS,
    )
    TURNS_ROUND = EventTraits(
        weight=2.5,
        claim="turns",
        topic=None,
        templates=("{Subject} {place} turn{s} round.", "{Subject} turn{s} round {place}."),
        still_true=None,
    )
    WALK_TOGETHER = EventTraits(
        weight=3.5,
        claim="moves",
        topic=None,
        templates=(
            "{Subject} walk together{course}, {place}.",
            "{Subject} {place} walk side by side{course}.",
            "{Subject} are walking together {place}{course}.",
        ),
        still_true=lambda now, heading: now.heading == heading and bool(now.companions),
    )
    STAND_TOGETHER = EventTraits(
        weight=3,
        claim="rests",
        topic=None,
        templates=(
            "{Subject} stand together {place}.",
            "{Subject} are standing close together {place}.",
        ),
        still_true=lambda now, _: not now.heading and bool(now.companions),
    )
    PASS_EACH_OTHER = EventTraits(
        weight=3.5,
        claim="passes",
        topic=None,
        templates=(
            "Two people pass each other {place}.",
            "Two people cross paths {place}.",
            "Two people walk past each other {place}.",
        ),
        still_true=None,
    )
    MOVES = EventTraits(
        weight=3,
        claim="starts",
        topic=None,
        templates=("Something starts moving {place}.", "{Place}, something starts moving."),
        still_true=None,
    )
    BRIGHTER = EventTraits(
        weight=6,
        claim="light",
        topic="light",
        templates=("It gets brighter.", "The light comes up.", "It is brighter now."),
        late=(
            "It got brighter.",
            "The light has come up.",
        ),
        still_true=None,
    )
    DARKER = EventTraits(
        weight=6,
        claim="light",
        topic="light",
        templates=("It gets darker.", "The light goes down.", "It is darker now."),
        late=(
            "It got darker.",
            "The light has gone down.",
        ),
        still_true=None,
    )
    SCENE_CUT = EventTraits(
        weight=15,
        claim="cut",
        topic="camera",
        templates=("New scene.", "New shot.", "The view changes."),
        still_true=None,
        shows_scene=True,
    )
    CAMERA_MOVES = EventTraits(
        weight=5,
        claim="moves",
        topic="camera",
        templates={move.name: move.texts.comments for move in CameraMove if move.texts.comments},
        still_true=None,
        courses=frozenset(),  # the templates name the direction
    )
    CAMERA_DRIVES = EventTraits(
        weight=12,
        claim="starts",
        topic="camera",
        templates={
            CameraMove.FORWARD.name: (
                "The camera starts moving forward.",
                "The camera sets off, forward.",
            ),
            CameraMove.BACKWARD.name: (
                "The camera starts moving backward.",
                "The camera sets off, backward.",
            ),
        },
        still_true=None,
        courses=frozenset(),
    )
    CAMERA_STOPS = EventTraits(
        weight=12,
        claim="stops",
        topic="camera",
        templates=("The camera stops.", "The camera has stopped moving."),
        still_true=None,
    )

    @property
    def traits(self) -> EventTraits:
        """Everything that depends on the kind."""
        return self.value
