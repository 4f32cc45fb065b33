"""What happens: events, told from how tracks come, move and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .scene import Seen, extent, touching
from .track import Track

_ENTRY = 2.5  # seconds after which something seen at the border did not just come in


@dataclass(frozen=True)
class Event:
    """Something happened at `stamp`.

    `kind`: enters, appears, leaves, crosses, closer, away, stops, starts, together, gathers,
    passes, moves, cut, brighter, darker, camera, rests. `where`: a side; for enters and leaves the
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


@dataclass
class _Story:
    """What was noticed about a track."""

    entered: bool = False
    moved_since: float | None = None
    rested: bool = False
    nearer: float = 0.0
    farther: float = 0.0


class EventFinder:
    """Compares what is seen with what was noticed before."""

    def __init__(self) -> None:
        """Start with no history."""
        self._stories: dict[int, _Story] = {}
        self._sides: dict[frozenset[int], tuple[float, float]] = {}

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
        events += self._pairs_of(stamp, [t for t in seen.values() if t.group == "people"])
        return events

    def lost(self, tracks: Iterable[Track], aspect: float) -> list[Event]:
        """Return who left: lost at the border, on the way out."""
        events = []
        for track in tracks:
            self._stories.pop(track.number, None)
            border = touching(track.box, aspect)
            if not (track.name and track.steady and border) or track.name == "thing":
                continue
            across, down = (speed / extent(track) for speed in track.velocity(1.2))
            outward = {"left": -across, "right": across, "bottom": down, "top": -down}[border]
            if outward > 0.2 and track.seen - track.born > 1.0:
                events.append(
                    Event(track.seen, "leaves", track.group, track.name, border,
                          tracks=(track.number,))
                )
        return events

    def forget(self) -> None:
        """Begin anew: another scene."""
        self._stories.clear()
        self._sides.clear()

    def _alone(
        self, stamp: float, track: Track, thing: Seen, story: _Story, aspect: float
    ) -> list[Event]:
        events = []

        def event(kind: str, where: str = "", towards: str = "") -> None:
            events.append(
                Event(stamp, kind, track.group, thing.name, where or thing.side, towards,
                      thing.depth, (track.number,))
            )

        if not story.nearer:
            story.nearer = story.farther = track.box.height
        if not track.steady:
            return events
        if stamp - track.born < _ENTRY and not story.entered:
            border = touching(track.origin, aspect)
            if border and _came_in(track, border):
                story.entered = True
                event("enters", border, thing.heading)
        self._pace(stamp, thing, story, event)
        if not touching(track.box, aspect):
            self._distance(track, thing, story, event)
        return events

    @staticmethod
    def _pace(stamp: float, thing: Seen, story: _Story, event: Callable[..., None]) -> None:
        if thing.heading:
            if story.rested:
                event("starts", towards=thing.heading)
                story.rested = False
            story.moved_since = story.moved_since or stamp
        elif thing.resting:
            walked = story.moved_since is not None
            if walked and not story.rested:
                event("stops")
            story.rested = True
            story.moved_since = None

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
        for index, one in enumerate(people):
            for other in people[index + 1 :]:
                pair = frozenset((one.number, other.number))
                if self._pass(stamp, pair, one, other):
                    events.append(_both(stamp, "passes", one, other))
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
        if before is not None and stamp - before[0] < 4 and rightward > 0.3 * size:
            del self._sides[pair]
            return True
        return False


def _came_in(track: Track, border: str) -> bool:
    """Return whether it has moved away from the border it was first seen at."""
    first, box = track.origin, track.box
    inward = {
        "left": box.right - first.right,
        "right": first.left - box.left,
        "bottom": first.top - box.top,
        "top": box.bottom - first.bottom,
    }[border]
    return inward > 0.3 * extent(track)


def _both(stamp: float, kind: str, one: Seen, other: Seen) -> Event:
    pair = one.number, other.number
    return Event(stamp, kind, one.group, one.name, one.side, "", one.depth, pair, 2)
