"""Camera moves, classified from the ego motion of about a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique

import numpy as np
from numpy.typing import NDArray

from .ego_motion import EgoMotion, center_shift
from .languages.english import CameraMoveTexts, camera_move_texts

_WINDOW = 1.01  # seconds
_MIN_SPAN, _MIN_STEPS = 0.7, 4  # seconds and images before a move is classified
_MIN_KNOWN = 0.75  # of the window's steps
_MIN_CONSTANCY = 0.7  # how much more steps go one way than the other, 0 to 1
_MIN_SHAKE_STEP = 0.006  # image heights an image
_MIN_TRAVEL = 0.006  # e-folds an image
_BLIND_SECONDS = 2.5  # for which a drive goes on while the motion is unknown
_MIN_DRIVING, _STILL_DRIVING = 0.55, 0.15  # of the window's steps, to begin and to go on


@unique
class CameraMove(Enum):
    """What a camera can do, with the texts about it."""

    STILL = camera_move_texts("still")
    UNKNOWN = camera_move_texts("unknown")
    PAN_LEFT = camera_move_texts("pan_left")
    PAN_RIGHT = camera_move_texts("pan_right")
    TILT_UP = camera_move_texts("tilt_up")
    TILT_DOWN = camera_move_texts("tilt_down")
    ZOOM_IN = camera_move_texts("zoom_in")
    ZOOM_OUT = camera_move_texts("zoom_out")
    FORWARD = camera_move_texts("forward")
    BACKWARD = camera_move_texts("backward")
    SHAKE = camera_move_texts("shake")

    @property
    def texts(self) -> CameraMoveTexts:
        """What is said about the move."""
        return self.value


DRIVES = frozenset((CameraMove.FORWARD, CameraMove.BACKWARD))
"""Moves by which near things grow or shrink without moving themselves."""
TURNS = frozenset(
    (CameraMove.PAN_LEFT, CameraMove.PAN_RIGHT, CameraMove.TILT_UP, CameraMove.TILT_DOWN)
)
"""Moves that bring into view what was there before."""

_AXES = (
    (CameraMove.PAN_RIGHT, CameraMove.PAN_LEFT, 0.08),
    (CameraMove.TILT_DOWN, CameraMove.TILT_UP, 0.08),
    (CameraMove.ZOOM_OUT, CameraMove.ZOOM_IN, 0.06),
)
"""For dx, dy and log_scale: the move if it is negative, the move if it is positive, and the least
speed, in image heights or e-folds a second."""


@dataclass(frozen=True)
class _Step:
    stamp: float
    dx: float
    dy: float
    log_scale: float
    known: bool
    travel: float


class CameraMoveClassifier:
    """Classifies what the camera has been doing for about a second."""

    def __init__(self) -> None:
        """Start at rest."""
        self._steps: deque[_Step] = deque()
        self._move = CameraMove.STILL
        self._driven_at = float("-inf")

    def observe(self, stamp: float, motion: EgoMotion, aspect: float) -> CameraMove:
        """Add the next image's ego motion; return the move of the last second."""
        dx, dy = center_shift(motion, aspect)
        self._steps.append(_Step(stamp, dx, dy, motion.log_scale, motion.known, motion.travel))
        while self._steps[0].stamp < stamp - _WINDOW:
            self._steps.popleft()
        self._move = self._classified(stamp)
        return self._move

    def _classified(self, stamp: float) -> CameraMove:
        span = stamp - self._steps[0].stamp
        if span < _MIN_SPAN or len(self._steps) < _MIN_STEPS:
            return CameraMove.STILL
        steps = list(self._steps)[1:]
        driving = _driving(steps, self._move)
        if driving:
            self._driven_at = stamp
            return driving
        if np.mean([step.known for step in steps]) < _MIN_KNOWN:
            drives_on = self._move in DRIVES and stamp - self._driven_at < _BLIND_SECONDS
            return self._move if drives_on else CameraMove.UNKNOWN
        move = _classify(np.array([(s.dx, s.dy, s.log_scale) for s in steps]), span)
        # Far things alone can flow like a zoom while the camera drives on.
        return self._move if _AS_ZOOM.get(self._move) is move else move


def _driving(steps: Sequence[_Step], before: CameraMove) -> CameraMove | None:
    for move, sign in ((CameraMove.FORWARD, 1), (CameraMove.BACKWARD, -1)):
        along = np.mean([sign * step.travel > _MIN_TRAVEL for step in steps])
        against = np.mean([-sign * step.travel > _MIN_TRAVEL for step in steps])
        rests = steps[-1].known and not (steps[-1].dx or steps[-1].dy or steps[-1].log_scale)
        goes_on = before is move and along > _STILL_DRIVING and not rests
        if (along > _MIN_DRIVING or goes_on) and along > 2 * against:
            return move
    return None


_AS_ZOOM = {
    CameraMove.FORWARD: CameraMove.ZOOM_IN,
    CameraMove.BACKWARD: CameraMove.ZOOM_OUT,
}


def _classify(steps: NDArray[np.float64], span: float) -> CameraMove:
    """Return the move of `steps` (N, 3): dx, dy and log_scale of each; `span` in seconds."""
    speed = steps.sum(axis=0) / span
    constancy = np.abs(np.sign(steps).sum(axis=0)) / len(steps)
    strengths = [
        abs(float(v)) / least if constant > _MIN_CONSTANCY else 0.0
        for v, (_, _, least), constant in zip(speed, _AXES, constancy, strict=True)
    ]
    strongest = int(np.argmax(strengths))
    if strengths[strongest] > 1:
        negative, positive, _ = _AXES[strongest]
        return positive if speed[strongest] > 0 else negative
    # A shake: most steps are large and reverse the previous one.
    large = np.abs(steps[:, :2]) > _MIN_SHAKE_STEP
    turns = (steps[1:, :2] * steps[:-1, :2] < 0) & large[1:] & large[:-1]
    shakes = turns.mean(axis=0).max() >= 0.5
    return CameraMove.SHAKE if shakes else CameraMove.STILL
