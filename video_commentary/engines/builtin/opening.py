"""The first sentence about a scene: what is there, how many, and where."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ...core.facts import Claim, Observation
from .camera_moves import CameraMove
from .claims import Sentence, present
from .labels import ROAD_VEHICLES, ROOM_FURNITURE, counted, plural
from .languages.english import AT_LEAST, PLACES, VERBS, said, ways
from .phrases import course_phrase, joined
from .scene_state import SceneObject
from .scene_store import SceneHistory
from .styles import PLAIN, Style
from .summary import common_noun
from .topics import TopicFilter

_MIN_SECONDS = 0.9  # of a scene, before it is described
_CALM_SECONDS = 1.7  # the same while nothing moves, so there is no hurry, or not all has a name
_MAX_SECONDS = 5.0  # after which a scene is no longer new
_STABLE_STATES = 3  # in which a number must be the same to be said as exact
_MAX_KINDS = 3  # of things that one sentence lists
_MAX_WALKER = 0.5  # image heights; who is larger only shifts before the camera
_MAX_NUMBER = 6  # that is said as exact; the detector misses some of a crowd
_ORDER = ("people", "animals", "vehicles", "things")
_ON_ROADS = ROAD_VEHICLES | {"vehicle"}
_TABLE = "dining table"
_FURNITURE = ROOM_FURNITURE | {"chair", "bench"}
_ON_TABLES = frozenset(
    ("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "orange")
    + ("sandwich", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "book", "vase")
    + ("scissors", "laptop", "mouse", "remote", "keyboard", "cell phone", "potted plant")
)
"""What stands on a table rather than beside it."""


def opening(
    stamp: float,
    history: SceneHistory,
    topics: TopicFilter,
    rng: random.Random,
    style: Style = PLAIN,
) -> Sentence:
    """Return how things stand in a scene that has just begun; empty if it is too early or late."""
    objects = _worth_naming(history, topics)
    age = stamp - history.scene_age_from
    if not objects or not _MIN_SECONDS <= age <= _MAX_SECONDS:
        return Sentence()
    moving = any(thing.heading for thing in objects)
    unclear = any(history.states[-1].unnamed.get(group) for group in _ORDER[:-1])
    if age < _CALM_SECONDS and (unclear or not moving):
        return Sentence()
    if all(thing.group == "vehicles" and thing.stationary for thing in objects):
        return Sentence()
    if all(thing.name in _FURNITURE for thing in objects):
        return Sentence()
    others = [thing for thing in objects if thing.name not in _FURNITURE]
    kinds = _by_name(others)[:_MAX_KINDS]
    if history.states[-1].camera_move is CameraMove.FORWARD and _road_users(objects):
        return _drive(_road_users(objects), history)
    indoors = any(thing.name in ROOM_FURNITURE for thing in objects)
    if len(kinds) == 1 and len(kinds[0]) == 1 and not indoors:
        return _single(kinds[0][0], history, rng, style)
    return _several(kinds, history, rng, style)


def _road_users(objects: Sequence[SceneObject]) -> list[SceneObject]:
    return [thing for thing in objects if thing.name in _ON_ROADS]


def _drive(vehicles: Sequence[SceneObject], history: SceneHistory) -> Sentence:
    """Say that we drive, and what is ahead."""
    name = common_noun(vehicles)
    exact = _is_stable(history, vehicles)
    amount = counted(1, name) if len(vehicles) == 1 else _number(vehicles, exact, name)
    side = _common_side(vehicles)
    where = f" {PLACES[side][0]}" if side and side != "middle" else ""
    road = Claim(kind="present", who="road", evidence=_seen_now(history))
    ahead = present(vehicles, history, name=name, at_least=not exact, where=side)
    return Sentence(said("drive", amount=amount, where=where), (road, ahead))


def _seen_now(history: SceneHistory) -> tuple[Observation, ...]:
    return (Observation(camera=history.camera, stamp=history.states[-1].frame_stamp),)


def _worth_naming(history: SceneHistory, topics: TopicFilter) -> list[SceneObject]:
    """Return the objects in view that are wanted and have a name; furniture only with things."""
    wanted = [t for t in history.objects if topics.allows(t.group, t.name)]
    return [t for t in wanted if t.group in _ORDER and t.name != _TABLE]


def _by_name(objects: Sequence[SceneObject]) -> list[list[SceneObject]]:
    """Return the objects in lists of one name each, the most telling first."""
    names = dict.fromkeys(thing.name for thing in objects)
    lists = [[thing for thing in objects if thing.name == name] for name in names]
    return sorted(lists, key=lambda those: (_ORDER.index(those[0].group), -len(those)))


def _single(
    thing: SceneObject, history: SceneHistory, rng: random.Random, style: Style
) -> Sentence:
    subject = described(thing)
    where = _place(thing.side, style)
    claim = present([thing], history, where=thing.side)
    course = course_phrase(thing.heading, rng)
    if course and thing.group != "things" and thing.box.height < _MAX_WALKER:
        verb = VERBS.get(thing.name, VERBS["other"])[0]
        claims = [claim]
        if thing.group == "vehicles" and thing.heading == "closer":
            claims.append(present([thing], history, kind="approaches", where=thing.side))
        text = said("goes", subject=subject, where=where, verb=verb, course=course)
        return Sentence(text, tuple(claims))
    table = _table_phrase([thing], history)
    table_claims = (_table_claim(history),) if table else ()
    verb = "is" if thing.group in {"people", "animals"} else "stands"
    text = rng.choice(ways(verb, subject=subject, where=table or where))
    return Sentence(text, (claim, *table_claims))


def _several(
    kinds: Sequence[Sequence[SceneObject]],
    history: SceneHistory,
    rng: random.Random,
    style: Style,
) -> Sentence:
    claims, parts = [], []
    for those in kinds:
        exact = _is_stable(history, those)
        where = _common_side(those) if len(kinds) == 1 else ""
        claims.append(present(those, history, at_least=not exact, where=where))
        parts.append(described(those[0]) if len(those) == 1 else _number(those, exact))
    everything = [thing for those in kinds for thing in those]
    subject = joined(parts)
    table = _table_phrase(everything, history)
    if table:
        claims.append(_table_claim(history))
    room = any(thing.name in ROOM_FURNITURE for thing in history.objects) and not table
    if room and not any(thing.group == "vehicles" for thing in history.objects):
        claims.append(Claim(kind="present", who="room", evidence=_seen_now(history)))
        return Sentence(said("room", things=subject), tuple(claims))
    if table and not any(thing.group == "people" for thing in everything):
        text = said("on_it", several=len(everything) > 1, things=subject, where=table)
        return Sentence(text, tuple(claims))
    side = _common_side(everything)
    place = f" {table}" if table else f" {_place(side, style)}" if side else ""
    texts = ways("there_is", several=len(kinds[0]) > 1, things=subject + place)
    return Sentence(rng.choice(texts), tuple(claims))


def _place(side: str, style: Style) -> str:
    return style.places.get(side, PLACES[side])[0]


def described(thing: SceneObject) -> str:
    """Return a noun with its article and what is known of its looks: "a person in red"."""
    return f"{counted(1, thing.name)} {thing.clothes}".strip()


def _number(those: Sequence[SceneObject], exact: bool, name: str = "") -> str:
    name = name or those[0].name
    if not exact and len(those) > _MAX_NUMBER:
        return said("many", things=plural(name))
    amount = counted(len(those), name)
    return amount if exact else AT_LEAST.format(amount=amount)


def _is_stable(history: SceneHistory, those: Sequence[SceneObject]) -> bool:
    """Return whether their number was the same in the last states, and none is still unnamed."""
    states = history.states[-_STABLE_STATES:]
    names = {thing.name for thing in those}
    counts = {sum(thing.name in names for thing in state.objects) for state in states}
    group = those[0].group
    unnamed = group != "things" and bool(states[-1].unnamed.get(group))
    return len(counts) == 1 and not unnamed and len(those) <= _MAX_NUMBER


def _common_side(objects: Sequence[SceneObject]) -> str:
    sides = {thing.side for thing in objects}
    return sides.pop() if len(sides) == 1 else ""


def _tables(history: SceneHistory) -> list[SceneObject]:
    return [thing for thing in history.objects if thing.name == _TABLE]


def _table_phrase(objects: Sequence[SceneObject], history: SceneHistory) -> str:
    """Return "on a table" if one is in view and what is listed may stand on it."""
    things = [thing for thing in objects if thing.group == "things"]
    on_it = things and all(thing.name in _ON_TABLES for thing in things)
    return said("on_a_table") if on_it and _tables(history) else ""


def _table_claim(history: SceneHistory) -> Claim:
    return present(_tables(history)[:1], history, name="table")
