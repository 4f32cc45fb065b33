"""What happens: events, told from how tracks come, move and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .geometry import Box
from .groups import parties
from .scene import Seen, extent, side, touching
from .track import Place, Track

_ACROSS = 0.45  # of the picture's width
_WALK = 0.5  # own sizes that a thing must have gone to be said to stop
_LEFT = 0.3  # own sizes from where it stood that make a new start
_PARTY = 6  # pictures side by side, less those apart, that make a company
_TOLD = 50  # pictures apart after which the same company is told anew
_PASSING = 4.0  # seconds that two may take to pass each other
_ENTRY = 2.5  # seconds after which something seen at the border did not just come in


@dataclass(frozen=True)
class Event:
    """Something happened at `stamp`.

    `kind`: enters, leaves, crosses, closer, away, stops, starts, together, stands, passes, moves,
    cut, brighter, darker, camera, rests. `where`: a side; for enters and leaves the
    border. `heading`: a direction. `tracks`: who takes part.
    """

    stamp: float
    kind: str
    group: str
    name: str = ""
    where: str = ""
    heading: str = ""
    depth: str = ""
    tracks: tuple[int, ...] = ()
    count: int = 1
    clothes: str = ""


@dataclass
class _Story:
    """What was noticed about a track."""

    entered: bool = False
    set_out: Place | None = None
    rested: bool = False
    rested_at: Box | None = None
    nearer: float = 0.0
    farther: float = 0.0
    crossed: bool = False
    noticed: bool = False
    clothes: str = ""


class EventFinder:
    """Compares what is seen with what was noticed before."""

    def __init__(self) -> None:
        """Start with no history."""
        self._stories: dict[int, _Story] = {}
        self._sides: dict[frozenset[int], tuple[float, float]] = {}
        self._parties: dict[frozenset[int], int] = {}

    def observe(
        self, stamp: float, tracks: Iterable[Track], seen: dict[int, Seen], aspect: float
    ) -> list[Event]:
        """Return what happened to the tracks that are in view."""
        events = []
        for track in tracks:
            thing = seen.get(track.number)
            if thing is not None and track.seen == stamp:
                story = self._stories.setdefault(track.number, _Story())
                events += self._alone(stamp, track, thing, story, aspect)
        people = [thing for thing in seen.values() if thing.group == "people"]
        return events + self._pairs_of(stamp, people) + self._parties_of(stamp, people)

    def lost(self, tracks: Iterable[Track], aspect: float) -> list[Event]:
        """Return who left: lost at the border, on the way out."""
        events = []
        for track in tracks:
            story = self._stories.pop(track.number, _Story())
            border = touching(track.box, aspect)
            if not (track.name and track.steady and border) or track.name == "thing":
                continue
            across, down = (speed / extent(track) for speed in track.velocity(1.2))
            outward = {"left": -across, "right": across, "bottom": down, "top": -down}[border]
            if outward > 0.2 and track.seen - track.born > 1.0:
                events.append(
                    Event(
                        track.seen,
                        "leaves",
                        track.group,
                        track.name,
                        border,
                        tracks=(track.number,),
                        clothes=story.clothes,
                    )
                )
        return events

    def forget(self) -> None:
        """Begin anew: another scene."""
        self._stories.clear()
        self._sides.clear()
        self._parties.clear()

    def _alone(
        self, stamp: float, track: Track, thing: Seen, story: _Story, aspect: float
    ) -> list[Event]:
        events = []

        def event(kind: str, where: str = "", towards: str = "") -> None:
            events.append(
                Event(
                    stamp,
                    kind,
                    track.group,
                    thing.name,
                    where or thing.side,
                    towards,
                    thing.depth,
                    (track.number,),
                    clothes=thing.clothes,
                )
            )

        story.clothes = thing.clothes or story.clothes
        if not story.nearer:
            story.nearer = story.farther = track.box.height
        if not track.steady:
            return events
        if stamp - track.born < _ENTRY and not (story.entered or track.slipped):
            border = touching(track.origin, aspect)
            if border and _came_in(track, border, aspect):
                story.entered = True
                event("enters", border, thing.heading)
        if track.group == "motion" and not (story.entered or story.noticed):
            story.noticed = True
            event("moves")
        if not story.crossed and _crossed(track, thing, aspect):
            story.crossed = True
            event("crosses", towards=thing.heading)
        if track.group == "motion":
            return events  # its shape is too loose to tell a step from a stretch
        self._pace(track, thing, story, event)
        if not touching(track.box, aspect):
            self._distance(track, thing, story, event)
        return events

    @staticmethod
    def _pace(track: Track, thing: Seen, story: _Story, event: Callable[..., None]) -> None:
        if thing.heading:
            if story.rested and _apart(track.box, story.rested_at, track) > _LEFT:
                event("starts", towards=thing.heading)
                story.rested = False
            story.set_out = story.set_out or Place(track.seen, track.box)
        elif thing.resting:
            if story.set_out and not story.rested and _walked(track, story.set_out):
                event("stops")
                story.rested, story.rested_at = True, track.box
            story.set_out = None

    @staticmethod
    def _distance(track: Track, thing: Seen, story: _Story, event: Callable[..., None]) -> None:
        height = track.box.height
        story.nearer, story.farther = min(story.nearer, height), max(story.farther, height)
        if thing.heading == "closer" and height > 1.25 * story.nearer:
            event("closer", towards="closer")
            story.nearer = story.farther = height
        elif thing.heading == "away" and height < 0.78 * story.farther:
            event("away", towards="away")
            story.nearer = story.farther = height

    def _pairs_of(self, stamp: float, people: list[Seen]) -> list[Event]:
        events = []
        for pair in [p for p, (since, _) in self._sides.items() if since <= stamp - _PASSING]:
            del self._sides[pair]
        for index, one in enumerate(people):
            for other in people[index + 1 :]:
                pair = frozenset((one.number, other.number))
                if self._pass(stamp, pair, one, other):
                    events.append(_both(stamp, "passes", one, other))
        return events

    def _parties_of(self, stamp: float, people: list[Seen]) -> list[Event]:
        """Return who has been side by side for a while; each company is told once."""
        events = []
        now = {frozenset(p.number for p in company): company for company in parties(people)}
        for who in [who for who in self._parties if who not in now]:
            self._parties[who] -= 1
            if self._parties[who] <= 0:
                del self._parties[who]
        for who, company in now.items():
            self._parties[who] = self._parties.get(who, 0) + 1
            if self._parties[who] == _PARTY:
                self._parties[who] = _TOLD
                events.append(_party(stamp, company))
        return events

    def _pass(self, stamp: float, pair: frozenset[int], one: Seen, other: Seen) -> bool:
        """Return whether two who walk in opposite directions have just changed sides."""
        opposite = {one.heading, other.heading} == {"left", "right"}
        level = abs(one.box.bottom - other.box.bottom) < 0.5 * max(one.box.height, other.box.height)
        gap = one.box.x - other.box.x
        if not (opposite and level):
            return False
        rightward = gap if one.heading == "right" else -gap
        size = max(one.box.height, other.box.height)
        before = self._sides.get(pair)
        if before is None and rightward < -0.3 * size and rightward > -2.5 * size:
            self._sides[pair] = (stamp, rightward)
        if before is not None and rightward > 0.3 * size:
            del self._sides[pair]
            return True
        return False


def _crossed(track: Track, thing: Seen, aspect: float) -> bool:
    """Return whether it came from one side of the picture and has just got to the other."""
    way = track.box.x - track.origin.x
    sides = {side(track.origin, aspect), thing.side}
    return (
        sides == {"left", "right"}
        and thing.heading == thing.side
        and abs(way) > _ACROSS * aspect
        and not touching(track.box, aspect)
    )


def _walked(track: Track, start: Place) -> bool:
    """Return whether it really went somewhere since `start`: boxes also breathe and slip."""
    gone = _apart(track.box, start.box, track)
    return gone > _WALK and track.seen - start.stamp > 1.0


def _apart(one: Box, other: Box | None, track: Track) -> float:
    """Return how far apart the feet of two boxes are, in the track's own sizes."""
    if other is None:
        return 0.0
    across, down = one.x - other.x, one.bottom - other.bottom
    return float((across**2 + down**2) ** 0.5) / extent(track)


def _came_in(track: Track, border: str, aspect: float) -> bool:
    """Return whether it has moved away from the border it was first seen at."""
    first, box = track.origin, track.box
    inward = {
        "left": box.right - first.right,
        "right": first.left - box.left,
        "bottom": first.top - box.top,
        "top": box.bottom - first.bottom,
    }[border]
    size = extent(track)
    return inward > 0.22 * size and (touching(box, aspect) != border or inward > 0.6 * size)


def _party(stamp: float, company: list[Seen]) -> Event:
    first = max(company, key=lambda person: person.box.height)
    kind = "stands" if first.resting else "together"
    numbers = tuple(person.number for person in company)
    return Event(
        stamp,
        kind,
        "people",
        "person",
        first.side,
        first.heading,
        first.depth,
        numbers,
        len(company),
    )


def _both(stamp: float, kind: str, one: Seen, other: Seen) -> Event:
    pair = one.number, other.number
    return Event(stamp, kind, one.group, one.name, one.side, "", one.depth, pair, 2)
