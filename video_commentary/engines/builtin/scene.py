"""What a camera's picture shows at one moment, in words' own terms."""

from __future__ import annotations

from dataclasses import dataclass, field

from .clothes import worn
from .geometry import Box
from .track import Track

MOVES = 0.22
"""Own sizes a second from which something moves; a walking person does 0.5 to 0.9."""
RESTS = 0.09
"""Own sizes a second below which something stands still."""

_REST = 2.2  # seconds
_STRAY = 0.3  # own sizes that the box of something still may wander
_EDGE = 0.025  # picture heights from the border that count as touching it


@dataclass(frozen=True)
class Seen:
    """A named thing in view.

    `heading`: left, right, closer, away, "moving" (somewhere) or "" (no movement known).
    `resting`: it has stood still for a while. `side`: left, middle or right; `depth`: front, back
    or "". `age`: seconds since first seen. `clothes`: as in "in red".
    `companions`: people side by side with this one.
    """

    number: int
    name: str
    group: str
    box: Box
    heading: str
    resting: bool
    side: str
    depth: str
    age: float
    clothes: str = ""
    companions: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Moment:
    """All that is known as of `stamp`.

    `unsure`: sightings by group that are no named things (yet); so counts may be short.
    `camera`: what the camera itself does (camera.CameraMoves). `level`: mean grey level, 0 to 255.
    `started`: when this scene began, after a cut. `detecting`: whether there is a detector.
    """

    stamp: float
    seen: tuple[Seen, ...] = ()
    unsure: dict[str, int] = field(default_factory=dict)
    camera: str = ""
    level: float = 128.0
    started: float = float("-inf")
    detecting: bool = True

    def of(self, group: str) -> list[Seen]:
        """Return what is in view of a group."""
        return [thing for thing in self.seen if thing.group == group]


def heading(track: Track, aspect: float) -> str:
    """Return where a track goes, as seen in the picture, over the last two seconds."""
    if not track.steady or track.seen - track.born < 0.55:
        return ""
    size = extent(track)
    across, down = (speed / size for speed in track.velocity(1.6))
    before = track.since(track.seen - 2)[0].box
    whole = not touching(track.box, aspect) and not touching(before, aspect)
    growth = track.growth(2.0) if whole else 1.0
    moves = (across**2 + down**2) ** 0.5 > MOVES
    if abs(across) > MOVES and abs(across) > 1.4 * abs(down):
        return "right" if across > 0 else "left"
    if growth > 1.15 or moves and down > 0.75 * abs(across) and growth > 1.03:
        return "closer" if down > -0.02 else ""
    if growth < 0.86 or moves and -down > 0.75 * abs(across) and growth < 0.99:
        return "away" if down < 0.02 else ""
    if not moves:
        return ""
    if abs(across) > 0.8 * abs(down) and abs(across) > MOVES:
        return "right" if across > 0 else "left"
    return "moving"


def resting(track: Track) -> bool:
    """Return whether a track has stood still for more than two seconds, well seen."""
    if not track.steady or track.seen - track.born < _REST:
        return False
    places, size = track.since(track.seen - _REST), extent(track)
    if len(places) < 0.7 * _REST * 5:
        return False  # hidden in between: it may be somebody else now
    across = [place.box.x for place in places]
    down = [place.box.bottom for place in places]
    strayed = max(max(across) - min(across), max(down) - min(down)) / size
    speed = sum((v / size) ** 2 for v in track.velocity(_REST)) ** 0.5
    return strayed < _STRAY and speed < RESTS


def extent(track: Track) -> float:
    """Return a track's own size: what its speed is measured in."""
    box = track.box
    return max(box.height if track.group == "people" else (box.area**0.5), 1e-3)


def described(stamp: float, track: Track, name: str, aspect: float, level: float = 128.0) -> Seen:
    """Put a track, called `name`, into words' own terms."""
    return Seen(
        track.number,
        name,
        track.group,
        track.box,
        heading(track, aspect),
        resting(track),
        side(track.box, aspect),
        depth(track.box),
        stamp - track.born,
        worn(track.colours, level) if track.group == "people" else "",
    )


def touching(box: Box, aspect: float) -> str:
    """Return the border a box touches: left, right, bottom, top or ""."""
    if box.left < _EDGE:
        return "left"
    if box.right > aspect - _EDGE:
        return "right"
    if box.bottom > 1 - _EDGE:
        return "bottom"
    return "top" if box.top < _EDGE else ""


def side(box: Box, aspect: float) -> str:
    """Return left, middle or right."""
    place = box.x / aspect
    return "left" if place < 0.37 else "right" if place > 0.63 else "middle"


def depth(box: Box) -> str:
    """Return front, back or "" for a thing that stands on the ground."""
    if box.bottom > 0.85 or box.height > 0.55:
        return "front"
    return "back" if box.bottom < 0.42 and box.height < 0.2 else ""
