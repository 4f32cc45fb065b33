"""The kinds of events that the built-in engine comments on: one table of everything about them.

Adding a kind touches two files:

1. Here: a member of `EventKind` with its `EventTraits` (event_traits.py). A missing trait, an
   unknown placeholder, or two kinds with the same traits are errors when this module is imported.
2. Where it is detected, return `SceneEvent(kind=EventKind.<NAME>, ...)`: for what one object does
   `event_detector.py` or `postures.py`, for what several people do `encounters.py`, for what
   becomes of things `things.py`, on the road `drive.py`, for the camera `camera_events.py`.

Choosing (`comment_selector.py`) and wording (`sentences.py`) read the table and need no change.
`tools/evaluation/vocabulary.py` knows the verbs of the sentences, for `make eval`.
"""

from __future__ import annotations

from enum import Enum, unique

from .camera_moves import CameraMove
from .event_traits import SIDEWAYS, EventTraits


@unique
class EventKind(Enum):
    """What can happen in a scene."""

    ENTERS = EventTraits(
        weight=8,
        claim="enters",
        templates=(
            "{Subject} {move} in from {border}.",
            "From {border}, {subject} {move} into view.",
            "{Subject} {come} into view from {border}.",
            "{Subject} enter{s} from {border}.",
        ),
        late=("{Subject} {has} come in from {border}.", "{Subject} {has} entered from {border}."),
        merges=True,
        says_another=True,
    )
    APPEARS = EventTraits(
        weight=6,
        claim="enters",
        templates=("{Subject} {come} into view {place}.", "{Place}, {subject} {come} into view."),
        merges=True,
    )
    LEAVES = EventTraits(
        weight=6.5,
        claim="leaves",
        templates=(
            "{Subject} leave{s} at {border}.",
            "{Subject} {go} out of view at {border}.",
            "At {border}, {subject} leave{s}.",
            "{Subject} {go} out at {border}.",
        ),
        fresh=0.8,
        beside=1.0,
        merges=True,
        says_another=True,
    )
    CLOSER = EventTraits(
        weight=7.5,
        claim="approaches",
        templates=(
            "{Subject} {come} closer.",
            "{Subject} approach{es}.",
            "{Subject} {is} coming closer.",
            "{Place}, {subject} {come} closer.",
        ),
        weights={"people": 1.5},
        merges=True,
        says_another=True,
        still_true=lambda now, _: now.heading not in {"", "away"},  # it may be passing us by now
    )
    AWAY = EventTraits(
        weight=6.5,
        claim="recedes",
        templates=("{Subject} move{s} away.", "{Place}, {subject} move{s} away."),
        weights={"people": 1.5},
        still_true=lambda now, _: now.heading == "away",
    )
    COMES_NEAR = EventTraits(
        weight=7.5,
        claim="approaches",
        templates=("{Subject} {come} closer.", "{Subject} {come} nearer."),
    )
    COMES_TO = EventTraits(
        weight=7,
        claim="approaches",
        templates=("{Subject} approach{es} the person.",),
    )
    DRAWS_BACK = EventTraits(
        weight=7,
        claim="recedes",
        templates=("{Subject} move{s} away.", "{Subject} draw{s} back.", "{Subject} back{s} away."),
        fresh=2.0,
    )
    STOPS = EventTraits(
        weight=5.5,
        claim="stops",
        templates=("{Subject} stop{s} {place}.", "{Subject} {has} stopped {place}."),
        still_true=lambda now, _: not now.heading,
        merges=True,
    )
    STARTS = EventTraits(
        weight=5,
        claim="starts",
        templates=(
            "{Subject} {place} set{s} off again{course}.",
            "{Subject} start{s} again{course}.",
        ),
        still_true=lambda now, _: bool(now.heading),
        courses=SIDEWAYS,
        merges=True,
    )
    SETS_OFF = EventTraits(
        weight=4.5,
        claim="starts",
        templates=(
            "{Subject} {place} start{s} moving{course}.",
            "{Subject} {place} set{s} off{course}.",
        ),
        still_true=lambda now, _: bool(now.heading),
        courses=SIDEWAYS,
    )
    CROSSES = EventTraits(
        weight=4.6,
        claim="crosses",
        templates=(
            "{Subject} cross{es} the view{course}.",
            "{Subject} {has} gone right across{course}.",
        ),
    )
    TAKEN = EventTraits(
        weight=9,
        claim="picks_up",
        templates=("{Subject} {is} taken away{left}.", "{Subject} {is} taken{left}."),
        late=("{Subject} {has} been taken away{left}.",),
    )
    PUT_BACK = EventTraits(
        weight=9,
        claim="puts_back",
        templates=("{Subject} {is} put back{now}.", "{Subject} {is} back{now}."),
        late=("{Subject} {has} been put back{now}.",),
    )
    PUT_DOWN = EventTraits(
        weight=9,
        claim="puts_back",
        templates=("{Subject} {is} put down {place}{now}.",),
        late=("{Subject} {has} been put down{now}.",),
        says_another=True,
    )
    MOVED = EventTraits(
        weight=6,
        claim="moves",
        templates=("{Subject} {is} moved.", "{Subject} {is} moved {place}."),
    )
    CROWD = EventTraits(
        weight=6,
        weights={"people": 3, "vehicles": 3},
        claim="present",
        templates={
            "several": (
                "Several {plural} are in view {place}.",
                "There are several {plural} {place}.",
            ),
            "many": ("Many {plural} are in view {place}.", "There are many {plural} {place}."),
        },
        courses=frozenset(),
    )
    GAINED_ON = EventTraits(
        weight=7.5,
        claim="approaches",
        templates=("We get closer to {subject} {place}.", "{Place}, {subject} {come} closer."),
    )
    PULLS_AWAY = EventTraits(
        weight=4.5,
        claim="recedes",
        templates=("{Subject} ahead pull{s} away.", "{Subject} ahead {is} moving away from us."),
    )
    OVERTAKES = EventTraits(
        weight=8,
        claim="overtakes",
        templates=("{Subject} overtake{s} us {place}.", "{Place}, {subject} overtake{s} us."),
    )
    PASSED = EventTraits(
        weight=4.5,
        claim="passes",
        templates=("We pass {subject} {place}.", "{Place}, we pass {subject}."),
    )
    BENDS_DOWN = EventTraits(
        weight=5.5,
        claim="crouches",
        templates=("{Subject} bend{s} down.", "{Subject} bend{s} down {place}."),
    )
    JUMPS = EventTraits(
        weight=6,
        claim="jumps",
        templates=("{Subject} jump{s} up.", "{Subject} jump{s} up {place}."),
    )
    LEANS = EventTraits(
        weight=4.5,
        claim="leans",
        templates=("{Subject} lean{s} over{course}.", "{Subject} lean{s}{course}."),
        courses=SIDEWAYS,
    )
    SHIFTS = EventTraits(
        weight=4.2,
        claim="moves",
        templates=("{Subject} move{s} over{course}.", "{Subject} {is} moving{course}."),
        courses=SIDEWAYS,
    )
    TURNS_ROUND = EventTraits(
        weight=2.5,
        claim="turns",
        templates=("{Subject} {place} turn{s} round.", "{Subject} turn{s} round {place}."),
    )
    PLAYS = EventTraits(
        weight=8.5,
        claim="moves",
        templates=("A person plays with {subject}.", "{Subject} is in play beside a person."),
    )
    WALK_TOGETHER = EventTraits(
        weight=3.5,
        claim="moves",
        templates=(
            "{Subject} walk together{course}, {place}.",
            "{Subject} are walking together {place}{course}.",
        ),
        still_true=lambda now, heading: now.heading == heading and bool(now.companions),
    )
    STAND_TOGETHER = EventTraits(
        weight=3,
        claim="rests",
        templates=("{Subject} stand together {place}.",),
        still_true=lambda now, _: not now.heading and bool(now.companions),
    )
    PASS_EACH_OTHER = EventTraits(
        weight=3.5,
        claim="passes",
        templates=(
            "Two people pass each other {place}.",
            "Two people walk past each other {place}.",
        ),
    )
    MOVES = EventTraits(
        weight=4.1,
        claim="starts",
        templates=("Something starts moving {place}.", "{Place}, something starts moving."),
    )
    BRIGHTER = EventTraits(
        weight=6,
        claim="light",
        topic="light",
        templates=("It gets brighter.", "The light comes up.", "It is brighter now."),
        late=("It got brighter.", "The light has come up."),
    )
    DARKER = EventTraits(
        weight=6,
        claim="light",
        topic="light",
        templates=("It gets darker.", "The light goes down.", "It is darker now."),
        late=("It got darker.", "The light has gone down."),
    )
    SCENE_CUT = EventTraits(
        weight=15,
        claim="cut",
        topic="camera",
        templates=("New scene.", "New shot.", "The view changes."),
        shows_scene=True,
    )
    CAMERA_MOVES = EventTraits(
        weight=5,
        claim="moves",
        topic="camera",
        templates={move.name: move.texts.comments for move in CameraMove if move.texts.comments},
        courses=frozenset(),  # the templates name the direction
    )
    CAMERA_DRIVES = EventTraits(
        weight=12,
        claim="starts",
        topic="camera",
        templates={
            move.name: (f"The camera starts moving {way}.", f"The camera sets off, {way}.")
            for move, way in ((CameraMove.FORWARD, "forward"), (CameraMove.BACKWARD, "backward"))
        },
        courses=frozenset(),
    )
    CAMERA_STOPS = EventTraits(
        weight=12,
        claim="stops",
        topic="camera",
        templates=("The camera stops.", "The camera has stopped moving."),
    )

    @property
    def traits(self) -> EventTraits:
        """Everything that depends on the kind."""
        return self.value
