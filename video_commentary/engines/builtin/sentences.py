"""From events to sentences."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .events import Event
from .names import MOVING, counted
from .words import BORDERS, PLACES, course, first_upper, place

_DOES: dict[str, tuple[str, str, str, str]] = {  # how each kind of thing comes and goes
    "person": ("walks", "comes", "walk", "come"),
    "cyclist": ("rides", "comes", "ride", "come"),
    "motorcyclist": ("rides", "comes", "ride", "come"),
}
_PLAIN = ("moves", "comes", "move", "come")

_TEMPLATES = {
    "enters": (
        "{A} {come} in from {border}.",
        "From {border}, {a} {come} into view.",
        "{A} {come2} into view from {border}.",
        "{A} enter{s} from {border}.",
    ),
    "leaves": (
        "{A} leave{s} at {border}.",
        "{A} {go} out of view at {border}.",
        "{A} {has} gone out of sight at {border}.",
        "At {border}, {a} leave{s} the view.",
    ),
    "closer": (
        "{A} {place} {come2} closer.",
        "{A} {place} {is} coming towards the camera.",
        "{A} {is} getting closer {place}.",
    ),
    "away": (
        "{A} {place} {is} moving away from the camera.",
        "{A} {go} further away {place}.",
        "{A} {place} {is} heading away.",
    ),
    "stops": (
        "{A} stop{s} {place}.",
        "{A} {has} stopped {place}.",
        "{A} {place} {come2} to a standstill.",
    ),
    "starts": (
        "{A} {place} start{s} moving again{course}.",
        "{A} {place} set{s} off again{course}.",
        "{A} {place} {is} on the move again{course}.",
    ),
    "crosses": (
        "{A} {has} crossed the view{course}.",
        "{A} {has} gone right across{course}.",
    ),
    "together": (
        "{A} walk together{course}, {place}.",
        "{A} {place} walk side by side{course}.",
        "{A} are walking together {place}{course}.",
    ),
    "stands": (
        "{A} stand together {place}.",
        "{A} are standing close together {place}.",
    ),
    "passes": (
        "Two people pass each other {place}.",
        "Two people cross paths {place}.",
        "Two people walk past each other {place}.",
    ),
    "moves": (
        "Something is moving {place}.",
        "Something moves {place}.",
        "There is some movement {place}.",
        "{Place}, something moves.",
    ),
    "brighter": ("It gets brighter.", "The light comes up.", "It is brighter now."),
    "darker": ("It gets darker.", "The light goes down.", "It is darker now."),
    "cut": ("The view changes.", "The scene changes.", "Now a different view."),
    "rests": ("The camera is still again.", "The camera has come to rest."),
}
_CAMERA = {
    "left": ("The camera turns to the left.", "The camera pans left."),
    "right": ("The camera turns to the right.", "The camera pans right."),
    "up": ("The camera tilts up.", "The camera looks further up."),
    "down": ("The camera tilts down.", "The camera looks further down."),
    "in": ("The view draws closer.", "The picture zooms in."),
    "out": ("The view widens.", "The picture zooms out."),
    "shake": ("The camera shakes.", "The picture is shaking."),
}


def sentences(event: Event, another: bool, rng: random.Random) -> list[str]:
    """Return ways to tell an event, in the order to be tried; `another`: one more of its kind."""
    if event.kind == "camera":
        ways = list(_CAMERA[event.heading])
    else:
        ways = [_filled(way, event, another, rng) for way in _TEMPLATES[event.kind]]
    rng.shuffle(ways)
    return ways


def _filled(template: str, event: Event, another: bool, rng: random.Random) -> str:
    one = event.count == 1
    manner = _DOES.get(event.name, _PLAIN)
    who = _subject(event, another, rng)
    where = place(event.where, event.depth, rng) if event.where in PLACES else ""
    # Someone's first step tells little of depth.
    sideways = event.kind != "starts" or event.heading in {"left", "right"}
    towards = course(event.heading, rng) if sideways else ""
    text = template.format(
        A=first_upper(who),
        a=who,
        border=BORDERS.get(event.where, ""),
        place=where,
        Place=first_upper(where),
        course=f", {towards}" if towards else "",
        come=manner[0 if one else 2],
        come2=manner[1 if one else 3],
        go="goes" if one else "go",
        s="s" if one else "",
        has="has" if one else "have",
        **{"is": "is" if one else "are"},
    )
    return " ".join(text.replace(",,", ",").replace(",.", ".").split())


def _subject(event: Event, another: bool, rng: random.Random) -> str:
    if event.count > 1:
        return counted(event.count, event.name)
    if event.clothes:
        return f"{counted(1, event.name)} {event.clothes}"
    if another:
        return "something else" if event.name == MOVING else f"another {event.name}"
    if event.name == "person" and rng.random() < 0.35:
        return "someone"
    return counted(1, event.name or MOVING)


def merged(events: Sequence[Event]) -> list[Event]:
    """Make one event of several of the same kind, place and name: two people come in."""
    together: dict[tuple[str, ...], Event] = {}
    for event in events:
        alone = event.kind not in {"enters", "leaves"} or event.name == MOVING
        key = (event.kind, event.name, event.where, f"{event.stamp} {event.tracks}" * alone)
        known = together.get(key)
        if known is None:
            together[key] = event
        elif not set(event.tracks) & set(known.tracks):
            together[key] = Event(
                max(known.stamp, event.stamp),
                event.kind,
                event.group,
                event.name,
                event.where,
                "",
                event.depth,
                known.tracks + event.tracks,
                known.count + event.count,
            )
    return list(together.values())
