"""English, the language in which everything can be said: its sentences and words, from en.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .tables import ENGLISH, by_number, read_table

Ways = tuple[str, ...]
"""Templates that say the same."""


@dataclass(frozen=True)
class EventTexts:
    """Ways to say an event: as what happens now, by heading if they depend on it, and as over.

    An event that has none in `late` is not said any more once it is over.
    """

    now: Ways | Mapping[str, Ways]
    late: Ways = ()


@dataclass(frozen=True)
class CameraMoveTexts:
    """What is said about a camera move.

    `comments`: ways to say that it begins, () if that is no event. `answer`: what the camera does.
    """

    comments: Ways
    answer: str


def _ways(table: Mapping[str, Sequence[str]]) -> dict[str, Ways]:
    return {name: tuple(ways) for name, ways in table.items()}


def _event_texts(entry: Sequence[str] | Mapping[str, Any]) -> EventTexts:
    if not isinstance(entry, Mapping):
        return EventTexts(tuple(entry))
    now = entry["now"]
    by_heading = isinstance(now, Mapping)
    return EventTexts(_ways(now) if by_heading else tuple(now), tuple(entry.get("late", ())))


_TABLE = read_table(ENGLISH)
_SCENES = {
    name: (ways,) if isinstance(ways, str) else tuple(ways)
    for name, ways in _TABLE["scenes"].items()
}
_EVENTS = {name: _event_texts(entry) for name, entry in _TABLE["events"].items()}

HELP: str = _TABLE["help"]
CAMERA_PREFIX: str = _TABLE["camera_prefix"]
NUMBERS: Ways = tuple(_TABLE["numbers"])
MANY: str = _TABLE["many"]
AT_LEAST: str = _TABLE["at_least"]
CONJUNCTION: str = _TABLE["conjunction"]
PLURALS: Mapping[str, str] = _TABLE["plurals"]
SPOKEN: Mapping[str, str] = _TABLE["spoken"]
VERBS: Mapping[str, Ways] = _ways(_TABLE["verbs"])
PLACES: Mapping[str, Ways] = _ways(_TABLE["places"])
DEPTHS: Mapping[str, Ways] = _ways(_TABLE["depths"])
BORDERS: Mapping[str, str] = _TABLE["borders"]
COURSES: Mapping[str, Ways] = _ways(_TABLE["courses"])
DRIVING_PLACES: Mapping[str, Ways] = _ways(_TABLE["driving"]["places"])
DRIVING_DEPTHS: Mapping[str, Ways] = _ways(_TABLE["driving"]["depths"])
DRIVING_BORDERS: Mapping[str, str] = _TABLE["driving"]["borders"]
CLOCK_PLACES: Mapping[str, Ways] = _ways(_TABLE["clock"]["places"])
CLOCK_DEPTHS: Mapping[str, Ways] = _ways(_TABLE["clock"]["depths"])


def event_texts(name: str) -> EventTexts:
    """Return what is said of a kind of events."""
    return _EVENTS[name]


def camera_move_texts(name: str) -> CameraMoveTexts:
    """Return what is said of a camera move."""
    entry = _TABLE["camera_moves"][name]
    return CameraMoveTexts(tuple(entry.get("comments", ())), entry["answer"])


def ways(name: str, *, several: bool = False, **parts: str) -> list[str]:
    """Return the ways of `scenes` to say something; `{Subject}` is `subject` with a capital."""
    capitals = {part.capitalize(): text[:1].upper() + text[1:] for part, text in parts.items()}
    return [by_number(way, several).format(**parts, **capitals) for way in _SCENES[name]]


def said(name: str, *, several: bool = False, **parts: str) -> str:
    """Return the first way to say something."""
    return ways(name, several=several, **parts)[0]
