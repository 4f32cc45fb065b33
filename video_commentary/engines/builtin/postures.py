"""What a body does on the spot: bending down, jumping, leaning, shifting, turning round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .event_kinds import EventKind
from .events import SceneEvent, object_event
from .kinematics import StampedBox
from .scene_state import SceneObject
from .track import Track

_WINDOW = 2.0  # seconds before, with which a posture is compared
_MIN_POINTS = 5
_BENT, _STOOD = 0.8, 0.92  # of its usual height, below and above which somebody bends and stands
_JUMP = 0.35  # of its height, by which an animal's back rises within `_JUMP_SECONDS`
_JUMP_SECONDS = 0.65
_MAX_JUMPER = 0.45  # image heights
_PORTRAIT = 0.35  # image heights, above which somebody with the feet out of view is close
_SHIFT = 0.2  # of its width, within `_SHIFT_SECONDS`
_SHIFT_SECONDS = 1.2
_LOWERED = 0.05  # of its height, by which a head that leans sinks
_PAUSE = 2.0  # seconds before the same is reported again
_MIN_COURSE, _MAX_TURN = 1.0, 2.5  # seconds one way, and to the first step the other way
_MIN_HEIGHT = 0.3  # image heights, of somebody whose posture can be recognised


@dataclass
class _Body:
    """What was noticed about one body."""

    bent: bool = False
    jumped_at: float = float("-inf")
    shifted_at: float = float("-inf")
    shifted_to: str = ""
    heading: str = ""
    heading_since: float = 0.0
    heading_until: float = 0.0


class PostureDetector:
    """Compares the box of each person and animal with what it was a moment ago."""

    def __init__(self) -> None:
        """Start without bodies."""
        self._bodies: dict[int, _Body] = {}

    def forget(self, track_id: int) -> None:
        """Discard what is known of a track that is lost."""
        self._bodies.pop(track_id, None)

    def observe(self, stamp: float, track: Track, thing: SceneObject) -> Iterator[SceneEvent]:
        """Yield what the body of one track does, seen at `stamp`."""
        if thing.group not in {"people", "animals"}:
            return
        body = self._bodies.setdefault(track.track_id, _Body())
        points = track.steadily_since(stamp - _WINDOW)
        if len(points) < _MIN_POINTS:
            return
        if thing.group == "animals":
            if stamp - body.jumped_at > _PAUSE and _jumps(points):
                body.jumped_at = stamp
                yield object_event(stamp, EventKind.JUMPS, thing)
            return
        if _bends(track, points, body):
            yield object_event(stamp, EventKind.BENDS_DOWN, thing)
        yield from _shifts(stamp, points, thing, body)
        if not points[-1].cut and _turns_round(stamp, thing, body):
            yield object_event(stamp, EventKind.TURNS_ROUND, thing, heading=thing.heading)


def _bends(track: Track, points: Sequence[StampedBox], body: _Body) -> bool:
    """Return whether somebody has just bent down: lower, no narrower, feet where they were."""
    usual = float(np.percentile([p.box.height for p in track.trajectory], 80))
    height = float(np.median([p.box.height for p in points[-2:]]))
    if height > _STOOD * usual:
        body.bent = False
    if body.bent or points[-1].cut or usual < _MIN_HEIGHT or height > _BENT * usual:
        return False
    feet, width = (
        [p.box.bottom for p in track.trajectory],
        [p.box.width for p in track.trajectory],
    )
    stays = abs(points[-1].box.bottom - float(np.median(feet))) < 0.08 * usual
    body.bent = stays and points[-1].box.width > 1.05 * float(np.median(width))
    return body.bent


def _jumps(points: Sequence[StampedBox]) -> bool:
    """Return whether an animal's back has just risen by much, without coming closer."""
    recent = [p for p in points if p.stamp >= points[-1].stamp - _JUMP_SECONDS]
    if any(p.cut for p in recent) or len(recent) < 3:
        return False
    first, last = recent[0].box, recent[-1].box
    if first.height > _MAX_JUMPER:
        return False  # so close by, it need only lift its head
    return first.top - last.top > _JUMP * first.height and last.bottom < first.bottom + 0.05


def _shifts(
    stamp: float, points: Sequence[StampedBox], thing: SceneObject, body: _Body
) -> Iterator[SceneEvent]:
    """Yield that somebody close by, whose feet are out of view, leans or moves aside."""
    recent = [p for p in points if p.stamp >= stamp - _SHIFT_SECONDS]
    if any(p.cut != frozenset({"bottom"}) for p in recent) or len(recent) < 4:
        return
    first, last = recent[0].box, recent[-1].box
    if min(first.height, last.height) < _PORTRAIT:
        return
    moved = last.center_x - first.center_x
    sizes = last.width / first.width
    way = "right" if moved > 0 else "left"
    again = way == body.shifted_to and stamp - body.shifted_at < _PAUSE
    if abs(moved) < _SHIFT * first.width or again or not 0.75 < sizes < 1.33:
        return
    body.shifted_at, body.shifted_to = stamp, way
    leans = last.top - first.top > _LOWERED * first.height
    kind = EventKind.LEANS if leans else EventKind.SHIFTS
    yield object_event(stamp, kind, thing, heading=way)


def _turns_round(stamp: float, thing: SceneObject, body: _Body) -> bool:
    """Return whether somebody walks one way just after having walked the other."""
    if thing.heading not in {"left", "right"}:
        return False
    if thing.heading == body.heading:
        body.heading_until = stamp
        return False
    lasted, since = body.heading_until - body.heading_since, stamp - body.heading_until
    turned = bool(body.heading) and lasted > _MIN_COURSE and since < _MAX_TURN
    body.heading, body.heading_since, body.heading_until = thing.heading, stamp, stamp
    return turned
