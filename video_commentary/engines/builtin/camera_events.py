"""Events of the camera itself: it turns, sets off, stops; each reported once."""

from __future__ import annotations

from .camera_moves import DRIVES, CameraMove
from .ego_motion import EgoMotion, center_shift
from .event_kinds import EventKind
from .events import SceneEvent

_REPEAT_SECONDS = 6.0  # in which the same move is one event, whatever came between
_RESTING_SHIFT, _RESTING_SCALE = 0.008, 0.006  # image heights and e-folds an image, at rest
_DRIVEN_SECONDS = 2.5  # of a drive that began before we looked: first what is on the way
_RESTING_IMAGES = 2  # at rest, after which a drive is over


class CameraEventDetector:
    """Compares what the camera does with what was reported of it."""

    def __init__(self) -> None:
        """Start at rest, as far as is known."""
        self._move = CameraMove.STILL
        self._reported: dict[CameraMove, float] = {}
        self._drive: CameraMove | None = None
        self._drive_since = 0.0
        self._drive_reported = False
        self._rested = 0
        self._has_rested = False

    def observe(
        self, stamp: float, move: CameraMove, motion: EgoMotion, aspect: float
    ) -> list[SceneEvent]:
        """Return what the camera has just begun or ended; `motion`: since the last image.

        `aspect`: the image's width / height.
        """
        before, self._move = self._move, move
        self._rested = self._rested + 1 if _rests(motion, aspect) else 0
        self._has_rested = self._has_rested or self._rested >= _RESTING_IMAGES
        if self._rested == _RESTING_IMAGES and self._drive:
            self._drive = None
            return [SceneEvent(stamp=stamp, kind=EventKind.CAMERA_STOPS)]
        if move in DRIVES:
            return self._drives(stamp, move)
        if move is before or not move.texts.comments:
            return []
        last = self._reported.get(move, float("-inf"))
        self._reported[move] = stamp
        if stamp - last < _REPEAT_SECONDS:
            return []
        return [SceneEvent(stamp=stamp, kind=EventKind.CAMERA_MOVES, heading=move.name)]

    def _drives(self, stamp: float, move: CameraMove) -> list[SceneEvent]:
        if self._rested:
            return []
        if move is not self._drive:
            self._drive, self._drive_since, self._drive_reported = move, stamp, False
        if self._drive_reported:
            return []
        if self._has_rested:
            self._drive_reported = True
            return [SceneEvent(stamp=stamp, kind=EventKind.CAMERA_DRIVES, heading=move.name)]
        if stamp - self._drive_since < _DRIVEN_SECONDS:
            return []
        self._drive_reported = True
        return [SceneEvent(stamp=stamp, kind=EventKind.CAMERA_MOVES, heading=move.name)]


def _rests(motion: EgoMotion, aspect: float) -> bool:
    """Return whether the camera stands, give or take a tremor."""
    dx, dy = center_shift(motion, aspect)
    calm = max(abs(dx), abs(dy)) < _RESTING_SHIFT and abs(motion.log_scale) < _RESTING_SCALE
    return motion.known and not motion.travel and calm
