"""What is seen and what sentences claim, as data: who did what where, and boxes that show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...core.facts import Claim, FrameFacts, NormalizedBox, Observation
from ...core.stamp import from_seconds
from .event_kinds import EventKind
from .events import SceneEvent, merged
from .geometry import BoundingBox
from .phrases import lower_first
from .scene_state import SceneObject, SceneState
from .scene_store import SceneHistory

_EVIDENCE_SECONDS = 1.5  # before an event, from which its evidence is taken
_MAX_JOINED = 14  # words of two sentences that become one
_MAX_OBSERVATIONS = 4  # of one object in one claim
_BORDERS = {"bottom": "near", "top": "far"}
_SIDES = frozenset(("left", "middle", "right"))
_CAMERA_PLACES = {"LEFT": "left", "RIGHT": "right", "UP": "far", "DOWN": "near"}
CAMERA_KINDS = {"PAN": "camera_pans", "TILT": "camera_tilts", "ZOOM": "camera_zooms"}
"""What a move of the camera is called as an event."""
_COLOUR_ENDING = " clothes"


@dataclass(frozen=True)
class Sentence:
    """What is said, and what it claims; the empty text says nothing.

    `quote`: the words of a sign, if it is about one.
    """

    text: str = ""
    claims: tuple[Claim, ...] = ()
    quote: str = ""

    def __bool__(self) -> bool:
        """Return whether anything is said."""
        return bool(self.text)

    def joined_with(self, other: Sentence) -> Sentence:
        """Return both as one sentence: "a car leaves, and a person comes in"."""
        second = lower_first(other.text)
        who = self.claims[0].who
        if who == other.claims[0].who and second.startswith((f"a {who} ", f"another {who} ")):
            does = second.split(f"{who} ", 1)[1]
            again = self.text.endswith(f"{who} {does}")
            second = "then another." if again else f"another {does}"
        else:
            second = f"and {second}"
        return Sentence(f"{self.text[:-1]}, {second}", self.claims + other.claims)

    def followed_by(self, other: Sentence) -> Sentence:
        """Return both, one after the other."""
        text = f"{self.text} {other.text}".strip()
        return Sentence(text, self.claims + other.claims)


def frame_facts(history: SceneHistory, events: Sequence[SceneEvent]) -> FrameFacts:
    """Return what the newest frame of a history shows; `events`: what was seen to happen in it."""
    state = history.states[-1]
    named = [event for event in events if event.name or not event.track_ids]
    return FrameFacts(
        camera=history.camera,
        stamp=state.frame_stamp,
        things=_observations(history.camera, [state], state.objects),
        events=tuple(event_claim(event, history) for event in merged(named)),
    )


def together(one: Sentence, two: Sentence) -> Sentence:
    """Return two sentences as one if they are short, else one after the other."""
    words = len(one.text.split()) + len(two.text.split())
    plain = ":" not in one.text + two.text and words <= _MAX_JOINED
    return one.joined_with(two) if plain else one.followed_by(two)


def event_claim(event: SceneEvent, history: SceneHistory) -> Claim:
    """Return what a sentence about an event claims."""
    traits = event.kind.traits
    if not event.track_ids and not event.name:
        move, _, way = event.heading.partition("_")
        kind = CAMERA_KINDS.get(move)
        return Claim(
            kind=kind or traits.claim,
            who="camera",
            where=_CAMERA_PLACES.get(way, "") if kind else "",
            evidence=(_whole_frame(event, history),),
        )
    where = _BORDERS.get(event.where, event.where)
    return Claim(
        kind=traits.claim,
        who=event.name,
        where=where if where in _SIDES or where in _BORDERS.values() else "",
        count=event.count,
        at_least=event.at_least,
        colour=_colour(event.clothes),
        evidence=_event_evidence(event, history),
    )


def event_claims(event: SceneEvent, history: SceneHistory) -> tuple[Claim, ...]:
    """Return all that a sentence about an event claims: also how many things are left."""
    claim = event_claim(event, history)
    those = [thing for thing in history.objects if thing.name == event.name]
    players = [thing for thing in history.objects if thing.track_id in event.track_ids]
    if event.kind is EventKind.PLAYS and players:
        return claim, present(players, history)
    if event.group != "things" or not event.in_view or len(those) != event.in_view:
        return (claim,)
    return claim, present(those, history)


def present(
    objects: Sequence[SceneObject],
    history: SceneHistory,
    *,
    name: str = "",
    kind: str = "present",
    at_least: bool = False,
    where: str = "",
) -> Claim:
    """Return the claim that these objects are in view now; `name`: what all of them are called."""
    colours = {_colour(thing.clothes) for thing in objects}
    return Claim(
        kind=kind,
        who=name or objects[0].name,
        where=where,
        count=len(objects),
        at_least=at_least,
        colour=colours.pop() if len(colours) == 1 else "",
        evidence=_observations(history.camera, history.states[-1:], objects),
    )


def each_present(objects: Sequence[SceneObject], history: SceneHistory) -> tuple[Claim, ...]:
    """Return a claim for each name among objects in view: two people, a car."""
    names = dict.fromkeys(thing.name for thing in objects)
    return tuple(
        present([thing for thing in objects if thing.name == name], history) for name in names
    )


def _event_evidence(event: SceneEvent, history: SceneHistory) -> tuple[Observation, ...]:
    """Return where those who take part were seen until the event, the newest few of each."""
    seen = [s for s in history.kept if s.stamp <= event.stamp + 1e-6]
    recent = [s for s in seen if s.stamp >= event.stamp - _EVIDENCE_SECONDS] or seen[-1:]
    found: list[Observation] = []
    for track_id in event.track_ids:
        showing = [s for s in recent if any(thing.track_id == track_id for thing in s.objects)]
        for state in _spread(showing):
            objects = [thing for thing in state.objects if thing.track_id == track_id]
            found += _observations(history.camera, [state], objects)
    if not found:
        found = [_whole_frame(event, history)]
    return tuple(sorted(found, key=lambda o: o.stamp))


def _whole_frame(event: SceneEvent, history: SceneHistory) -> Observation:
    """Return the frame in which an event was seen, without a box."""
    stamps = [s.frame_stamp for s in history.kept if s.stamp == event.stamp and s.frame_stamp]
    stamp = stamps[-1] if stamps else from_seconds(event.stamp)
    return Observation(camera=history.camera, stamp=stamp)


def _spread(states: Sequence[SceneState]) -> Sequence[SceneState]:
    """Return the first, the last and some states between them."""
    if len(states) <= _MAX_OBSERVATIONS:
        return states
    last = len(states) - 1
    return [states[last * n // (_MAX_OBSERVATIONS - 1)] for n in range(_MAX_OBSERVATIONS)]


def _observations(
    camera: str, states: Iterable[SceneState], objects: Iterable[SceneObject]
) -> tuple[Observation, ...]:
    wanted = list(objects)
    return tuple(
        Observation(
            camera=camera,
            stamp=state.frame_stamp or from_seconds(state.stamp),
            box=_normalized(thing.box, state.aspect),
            name=thing.name,
            track=thing.track_id,
            score=thing.score,
            colour=_colour(thing.clothes),
        )
        for state in states
        for thing in wanted
    )


def _normalized(box: BoundingBox, aspect: float) -> NormalizedBox:
    inside = box.clipped(aspect)
    left, right = inside.left / aspect, inside.right / aspect
    return NormalizedBox(
        left=left, top=inside.top, right=max(left, right), bottom=max(inside.top, inside.bottom)
    )


def _colour(clothes: str) -> str:
    """Return the colour in "in red" or "in dark clothes"."""
    return clothes.removeprefix("in ").removesuffix(_COLOUR_ENDING)
