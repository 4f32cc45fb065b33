"""Somebody who plays with a ball: it keeps moving close to a person."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

from .detector import Detection
from .event_kinds import EventKind
from .events import SceneEvent
from .geometry import BoundingBox
from .scene_state import SceneObject
from .thing_names import is_ball

_SECONDS = 2.0  # in which a ball must keep moving
_MIN_SHARE = 0.5  # of the images in which it is detected: it is often blurred
_MIN_PATH = 4.0  # of its own size, in that time
_MIN_SCORE = 0.35
_REACH = 0.6  # of a person's width or height round them
_REPEAT_SECONDS = 15.0


class BallPlayDetector:
    """Detects a ball in play beside a person."""

    def __init__(self) -> None:
        """Start without a ball."""
        self._seen: deque[tuple[float, BoundingBox | None]] = deque()
        self._told_at = float("-inf")

    def observe(
        self, stamp: float, detections: Iterable[Detection], people: Sequence[SceneObject]
    ) -> list[SceneEvent]:
        """Add what was detected in an image; return PLAYS when somebody has begun to play."""
        balls = [d for d in detections if d.score >= _MIN_SCORE and is_ball(d.label, d.box)]
        reached = [(d, p) for d in balls for p in people if d.box.intersection(_reach(p)) > 0]
        ball = max(reached, key=lambda pair: pair[0].score, default=None)
        self._seen.append((stamp, ball[0].box if ball else None))
        while self._seen[0][0] < stamp - _SECONDS:
            self._seen.popleft()
        if ball is None or stamp - self._told_at < _REPEAT_SECONDS or not self._in_play(stamp):
            return []
        self._told_at = stamp
        player = ball[1]
        return [
            SceneEvent(
                stamp=stamp,
                kind=EventKind.PLAYS,
                group=player.group,
                name="sports ball",
                where=player.side,
                track_ids=(player.track_id,),
            )
        ]

    def _in_play(self, stamp: float) -> bool:
        boxes = [box for _, box in self._seen if box is not None]
        long_enough = stamp - self._seen[0][0] > 0.8 * _SECONDS
        if not long_enough or len(boxes) < _MIN_SHARE * len(self._seen) or len(boxes) < 3:
            return False
        path = sum(
            ((b.center_x - a.center_x) ** 2 + (b.center_y - a.center_y) ** 2) ** 0.5
            for a, b in pairwise(boxes)
        )
        size = sorted(box.area**0.5 for box in boxes)[len(boxes) // 2]
        return bool(path > _MIN_PATH * size)


def _reach(person: SceneObject) -> BoundingBox:
    return person.box.expanded(_REACH * person.box.width)
