"""Fills the templates of event kinds: from events to sentences."""

from __future__ import annotations

import random
from dataclasses import replace

from .events import SceneEvent
from .labels import UNIDENTIFIED, counted, number, plural
from .phrases import BORDERS, PLACES, course_phrase, first_upper, place_phrase
from .styles import PLAIN, Style

_VERBS: dict[str, tuple[str, str, str, str]] = {
    "person": ("walks", "comes", "walk", "come"),
    "cyclist": ("rides", "comes", "ride", "come"),
    "motorcyclist": ("rides", "comes", "ride", "come"),
}
"""{move} and {come} by the subject's name: of one, then of several."""
_VAGUE_CLOTHES = frozenset(("in dark clothes", "in light clothes"))
_OTHER_VERBS = ("moves", "comes", "move", "come")


def sentences(
    event: SceneEvent,
    another: bool,
    rng: random.Random,
    *,
    late: bool = False,
    style: Style = PLAIN,
    brief: bool = False,
) -> list[str]:
    """Return ways to say an event, in the order to try them.

    `another`: call the subject "another person", because one was mentioned a moment ago.
    `late`: it is over, or some seconds ago. `style`: whose phrases for places are taken. `brief`:
    the shortest first, because other things happen as well.
    """
    traits = event.kind.traits
    templates = traits.late if late else traits.templates_for(event.heading)
    ways = [_filled(template, event, another, rng, style) for template in templates]
    rng.shuffle(ways)
    if style.places:
        placed = {_filled(t, event, another, rng, style) for t in templates if "lace}" in t}
        return sorted(ways, key=lambda way: way not in placed)
    return sorted(ways, key=len) if brief or event.group == "vehicles" else ways


def shortened(event: SceneEvent) -> SceneEvent:
    """Return an event without what a brief sentence leaves out."""
    clothes = "" if event.clothes in _VAGUE_CLOTHES else event.clothes
    return replace(event, clothes=clothes, depth="")


def _filled(
    template: str, event: SceneEvent, another: bool, rng: random.Random, style: Style
) -> str:
    one = event.count == 1
    verbs = _VERBS.get(event.name, _OTHER_VERBS)
    subject = _subject(event, another, rng)
    place = ""
    if event.where in PLACES:
        place = place_phrase(event.where, event.depth, rng, style.places, style.depths)
    named = event.heading in event.kind.traits.courses
    course = course_phrase(event.heading, rng) if named else ""
    text = template.format(
        Subject=first_upper(subject),
        subject=subject,
        border=(BORDERS | dict(style.borders)).get(event.where, ""),
        place=place,
        Place=first_upper(place),
        course=f", {course}" if course else "",
        move=verbs[0 if one else 2],
        come=verbs[1 if one else 3],
        plural=plural(event.name),
        go="goes" if one else "go",
        s="s" if one else "",
        es="es" if one else "",
        left=f", {_number(event.in_view)} left",
        now=f", now there are {number(event.in_view)}" if event.in_view > 1 else "",
        has="has" if one else "have",
        **{"is": "is" if one else "are"},
    )
    text = " ".join(text.replace(",,", ",").split())
    return text.replace(",.", ".").replace(" .", ".")


def _number(count: int) -> str:
    return "none is" if count == 0 else "one is" if count == 1 else f"{number(count)} are"


def _subject(event: SceneEvent, another: bool, rng: random.Random) -> str:
    if event.count > 1:
        return counted(event.count, event.name)
    if event.clothes:
        return f"{counted(1, event.name)} {event.clothes}"
    if another:
        return "something else" if event.name == UNIDENTIFIED else f"another {event.name}"
    if event.name == "person" and rng.random() < 0.35:
        return "someone"
    return counted(1, event.name or UNIDENTIFIED)
