"""The kinds of events that the built-in engine comments on: one table of everything about them.

Adding a kind touches three files:

1. Here: a member of `EventKind` with its `EventTraits` (event_traits.py). A missing trait, an
   unknown placeholder, or two kinds with the same traits are errors when this module is imported.
2. `languages/en.yaml`: the sentences, in `events`.
3. Where it is detected, return `SceneEvent(kind=EventKind.<NAME>, ...)`: for what one object does
   `event_detector.py` or `postures.py`, for what several people do `encounters.py`, for what
   becomes of things `things.py`, on the road `drive.py`, for the camera `camera_events.py`.

Choosing (`comment_selector.py`) and wording (`sentences.py`) read the table and need no change.
`tools/evaluation/vocabulary.py` knows the verbs of the sentences, for `make eval`.
"""

from __future__ import annotations

from enum import Enum, unique

from .camera_moves import CameraMove
from .event_traits import SIDEWAYS, EventTraits
from .languages.english import EventTexts, event_texts


@unique
class EventKind(Enum):
    """What can happen in a scene."""

    ENTERS = EventTraits(
        weight=8,
        claim="enters",
        texts=event_texts("enters"),
        merges=True,
        says_another=True,
    )
    APPEARS = EventTraits(
        weight=6,
        claim="enters",
        texts=event_texts("appears"),
        merges=True,
    )
    LEAVES = EventTraits(
        weight=6.5,
        claim="leaves",
        texts=event_texts("leaves"),
        fresh=0.8,
        beside=1.0,
        merges=True,
        says_another=True,
    )
    CLOSER = EventTraits(
        weight=7.5,
        claim="approaches",
        texts=event_texts("closer"),
        weights={"people": 1.5},
        merges=True,
        says_another=True,
        still_true=lambda now, _: now.heading not in {"", "away"},  # it may be passing us by now
    )
    AWAY = EventTraits(
        weight=6.5,
        claim="recedes",
        texts=event_texts("away"),
        weights={"people": 1.5},
        still_true=lambda now, _: now.heading == "away",
    )
    COMES_NEAR = EventTraits(
        weight=7.5,
        claim="approaches",
        texts=event_texts("comes_near"),
    )
    COMES_TO = EventTraits(
        weight=7,
        claim="approaches",
        texts=event_texts("comes_to"),
    )
    DRAWS_BACK = EventTraits(
        weight=7,
        claim="recedes",
        texts=event_texts("draws_back"),
        fresh=2.0,
    )
    STOPS = EventTraits(
        weight=5.5,
        claim="stops",
        texts=event_texts("stops"),
        still_true=lambda now, _: not now.heading,
        merges=True,
    )
    STARTS = EventTraits(
        weight=5,
        claim="starts",
        texts=event_texts("starts"),
        still_true=lambda now, _: bool(now.heading),
        courses=SIDEWAYS,
        merges=True,
    )
    SETS_OFF = EventTraits(
        weight=4.5,
        claim="starts",
        texts=event_texts("sets_off"),
        still_true=lambda now, _: bool(now.heading),
        courses=SIDEWAYS,
    )
    CROSSES = EventTraits(
        weight=4.6,
        claim="crosses",
        texts=event_texts("crosses"),
    )
    TAKEN = EventTraits(
        weight=9,
        claim="picks_up",
        texts=event_texts("taken"),
    )
    PUT_BACK = EventTraits(
        weight=9,
        claim="puts_back",
        texts=event_texts("put_back"),
    )
    PUT_DOWN = EventTraits(
        weight=9,
        claim="puts_back",
        texts=event_texts("put_down"),
        says_another=True,
    )
    MOVED = EventTraits(
        weight=6,
        claim="moves",
        texts=event_texts("moved"),
    )
    MOVED_ABOUT = EventTraits(
        weight=8,
        claim="moves",
        texts=event_texts("moved_about"),
        fresh=6.0,  # it goes on for a while
    )
    CROWD = EventTraits(
        weight=6,
        weights={"people": 3, "vehicles": 3},
        claim="present",
        texts=event_texts("crowd"),
        courses=frozenset(),
    )
    GAINED_ON = EventTraits(
        weight=7.5,
        claim="approaches",
        texts=event_texts("gained_on"),
    )
    PULLS_AWAY = EventTraits(
        weight=4.5,
        claim="recedes",
        texts=event_texts("pulls_away"),
    )
    OVERTAKES = EventTraits(
        weight=8,
        claim="overtakes",
        texts=event_texts("overtakes"),
    )
    PASSED = EventTraits(
        weight=4.5,
        claim="passes",
        texts=event_texts("passed"),
    )
    BENDS_DOWN = EventTraits(
        weight=5.5,
        claim="crouches",
        texts=event_texts("bends_down"),
    )
    JUMPS = EventTraits(
        weight=6,
        claim="jumps",
        texts=event_texts("jumps"),
    )
    LEANS = EventTraits(
        weight=4.5,
        claim="leans",
        texts=event_texts("leans"),
        courses=SIDEWAYS,
    )
    SHIFTS = EventTraits(
        weight=4.2,
        claim="moves",
        texts=event_texts("shifts"),
        courses=SIDEWAYS,
    )
    TURNS_ROUND = EventTraits(
        weight=2.5,
        claim="turns",
        texts=event_texts("turns_round"),
    )
    PLAYS = EventTraits(
        weight=8.5,
        claim="moves",
        texts=event_texts("plays"),
    )
    WALK_TOGETHER = EventTraits(
        weight=3.5,
        claim="moves",
        texts=event_texts("walk_together"),
        still_true=lambda now, heading: now.heading == heading and bool(now.companions),
    )
    STAND_TOGETHER = EventTraits(
        weight=3,
        claim="rests",
        texts=event_texts("stand_together"),
        still_true=lambda now, _: not now.heading and bool(now.companions),
    )
    PASS_EACH_OTHER = EventTraits(
        weight=3.5,
        claim="passes",
        texts=event_texts("pass_each_other"),
    )
    MOVES = EventTraits(
        weight=4.1,
        claim="starts",
        texts=event_texts("moves"),
    )
    BRIGHTER = EventTraits(
        weight=6,
        claim="light",
        topic="light",
        texts=event_texts("brighter"),
    )
    DARKER = EventTraits(
        weight=6,
        claim="light",
        topic="light",
        texts=event_texts("darker"),
    )
    SCENE_CUT = EventTraits(
        weight=15,
        claim="cut",
        topic="camera",
        texts=event_texts("scene_cut"),
        shows_scene=True,
    )
    CAMERA_MOVES = EventTraits(
        weight=5,
        claim="moves",
        topic="camera",
        texts=EventTexts(
            {move.name: move.texts.comments for move in CameraMove if move.texts.comments}
        ),
        courses=frozenset(),  # the templates name the direction
    )
    CAMERA_DRIVES = EventTraits(
        weight=12,
        claim="starts",
        topic="camera",
        texts=event_texts("camera_drives"),
        courses=frozenset(),
    )
    CAMERA_STOPS = EventTraits(
        weight=12,
        claim="stops",
        topic="camera",
        texts=event_texts("camera_stops"),
    )

    @property
    def traits(self) -> EventTraits:
        """Everything that depends on the kind."""
        return self.value
