"""How profiles differ in what they hear: what weighs more, how places are called, what is added."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from .event_kinds import EventKind
from .events import SceneEvent
from .labels import GENERIC
from .languages.english import (
    CLOCK_DEPTHS,
    CLOCK_PLACES,
    DRIVING_BORDERS,
    DRIVING_DEPTHS,
    DRIVING_PLACES,
    said,
)

_EPOCH = 1e8  # seconds; later stamps are times of day, earlier ones count from a start
_TIMED = frozenset(
    ("ENTERS", "LEAVES", "TAKEN", "PUT_BACK", "PUT_DOWN", "STOPS", "STARTS", "SCENE_CUT")
)
_HAZARDS = frozenset(("CLOSER", "COMES_NEAR", "GAINED_ON"))
_UNSURE = frozenset((GENERIC["animals"], GENERIC["vehicles"]))


@dataclass(frozen=True, kw_only=True)
class Style:
    """What makes the comments of one style sound unlike those of another.

    `weights`: added to the weight of an event, by the name of its kind. `places`, `depths` and
    `borders`: phrases that replace the usual ones, as in phrases.py. `lively`: ends with "!" and
    counts arrivals. `timed`: begins with the time. `careful`: warns of what comes closer and says
    what it can't tell. `patience`: seconds of silence after which minor events are reported.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    depths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    borders: Mapping[str, str] = field(default_factory=dict)
    lively: bool = False
    timed: bool = False
    careful: bool = False
    patience: float = 7.0

    def finish(self, text: str, event: SceneEvent, arrivals: int) -> str:
        """Return a sentence about an event as this style says it; `arrivals`: how many so far."""
        name = event.kind.name
        if self.careful and event.name in _UNSURE and event.count == 1:
            text = said("unsure", sentence=text[:-1])
        if self.careful and name in _HAZARDS and event.group in {"vehicles", "animals"}:
            text = said("careful", sentence=_lower_first(text))
        if self.lively and event.kind is EventKind.ENTERS and arrivals > 1:
            text = said("which", sentence=text[:-1], number=str(arrivals))
        if self.timed and name in _TIMED:
            text = said("at", time=time_of(event.stamp), sentence=_lower_first(text))
        return f"{text[:-1]}!" if self.lively else text


PLAIN = Style()
STYLES = {
    "sports": Style(
        weights={"CROSSES": 2, "STARTS": 2, "STOPS": 1, "SHIFTS": 2, "JUMPS": 3, "PLAYS": 2},
        lively=True,
        patience=2.0,
    ),
    "security": Style(weights={"ENTERS": 2, "LEAVES": 2, "TAKEN": 3, "STOPS": 1}, timed=True),
    "driving": Style(
        weights={"CLOSER": 2, "GAINED_ON": 2, "OVERTAKES": 2, "STOPS": 2, "CAMERA_MOVES": -1},
        places=DRIVING_PLACES,
        depths=DRIVING_DEPTHS,
        borders=DRIVING_BORDERS,
    ),
    "descriptive": Style(
        weights={"CLOSER": 4, "COMES_NEAR": 3, "GAINED_ON": 3, "STOPS": 1, "CROWD": 1},
        places=CLOCK_PLACES,
        depths=CLOCK_DEPTHS,
        careful=True,
    ),
}
"""By the names that a profile's `style` may have."""


def style_of(name: str) -> Style:
    """Return a style by its name; the plain one if there is no such."""
    return STYLES.get(name, PLAIN)


def time_of(stamp: float) -> str:
    """Return a stamp, in seconds, as a time of day, or as minutes and seconds since a start."""
    if stamp >= _EPOCH:
        return time.strftime("%H:%M:%S", time.localtime(stamp))
    minutes, seconds = divmod(int(stamp), 60)
    return f"{minutes}:{seconds:02d}"


def _lower_first(text: str) -> str:
    return text if text.startswith(("I ", "I'")) else text[:1].lower() + text[1:]
