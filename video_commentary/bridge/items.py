"""What the bridge receives from ROS, beside core's comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core.audio import Pcm
from ..core.status import CommentatorStatus

Source = Literal["robot", "phone"]
"""Whose camera is commented on."""
SayPriority = Literal["normal", "high"]
"""High: before other sentences that wait to be said."""


@dataclass(frozen=True, eq=False)
class JpegFrame:
    """A camera image, compressed once for all viewers. `stamp`: the camera's, in seconds.

    `camera_size`: width and height of the image it was made from; None if it came compressed.
    """

    jpeg: bytes
    stamp: float
    camera_size: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class PictureBox:
    """A thing in a picture; edges in pixels of the camera's own picture.

    `track`: the same for the same thing over time, empty if it has none. `score`: the detector's
    confidence, 0 to 1; 0 if unknown.
    """

    name: str
    track: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, eq=False)
class Sound:
    """A block of speech, published just before it is due.

    `heard_at`: when its first sample is due, in seconds of the ROS clock. `index` counts blocks, so
    that a subscriber can see what it lost.
    """

    pcm: Pcm
    heard_at: float
    index: int


@dataclass(frozen=True)
class Cut:
    """The sentence was cut off at `stamp`: drop all sound that is still queued."""

    stamp: float


@dataclass(frozen=True)
class Loudness:
    """How loud speech is from now on, as a gain: below 1 while somebody speaks to the robot."""

    level: float


@dataclass(frozen=True, kw_only=True)
class HeardUtterance:
    """What somebody said to the robot, as it is recognized; final once it has been acted upon.

    `id`: the same in all of one utterance. `stream`: where it was heard, `speaker`: who said it,
    empty if unknown. `begin`: in seconds. `intent`: what it was taken for, with the listener's
    `confidence` (0 to 1). `outcome`: what was done, or why nothing was.
    """

    id: int
    stream: str
    speaker: str
    begin: float
    text: str
    final: bool
    intent: str
    confidence: float
    outcome: str


AWAY = CommentatorStatus(state="away")
"""Until the commentator has sent its status."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """State of commentator and camera, published once a second.

    `report`: the commentator's newest status. `camera`, `camera_fps`: topic and rate (Hz) of the
    picture shown. A `..._trouble` says what is wrong and what to do; empty if all is well.
    `source`: whose camera is commented on, `robot` or `phone`. `listens`: whether a listener takes
    what microphones hear; `listener_trouble`: why one that is there can't.
    """

    report: CommentatorStatus = AWAY
    commentator_trouble: str = "the commentator has not been heard of yet"
    camera: str = ""
    camera_fps: float = 0.0
    camera_trouble: str = "no image has come yet"
    source: str = "robot"
    listens: bool = False
    listener_trouble: str = ""


@dataclass(frozen=True)
class Reply:
    """The commentator's reply to a request.

    `stamp`: of the newest frame an answer is about, in seconds. `away`: the commentator can't be
    reached; `text` then says what to do.
    """

    success: bool
    text: str
    stamp: float = 0.0
    away: bool = False
