"""What arrives from ROS, in the bridge's own words; comments are core's."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.audio import Pcm
from ..core.status import CommentatorStatus


@dataclass(frozen=True, eq=False)
class JpegFrame:
    """A camera image, compressed once for all who watch. `stamp`: seconds, the camera's."""

    jpeg: bytes
    stamp: float


@dataclass(frozen=True, eq=False)
class Sound:
    """A block of speech, handed out just before it is due.

    `heard_at`: seconds of the ROS clock at which its first sample is due to be heard.
    `index`: counts blocks, so that a listener sees what it lost.
    """

    pcm: Pcm
    heard_at: float
    index: int


@dataclass(frozen=True)
class Cut:
    """The sentence was cut off at `stamp`: drop all sound that is still held."""

    stamp: float


AWAY = CommentatorStatus(state="away")
"""Until the commentator has sent its status."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """State of commentator and camera, published once a second.

    `report`: the commentator's newest status. `camera`, `camera_fps`: topic and rate (Hz) of the
    picture shown. A `..._trouble` says what is wrong and what to do; empty if all is well.
    `source`: whose camera is commented on, `robot` or `phone`.
    """

    report: CommentatorStatus = AWAY
    commentator_trouble: str = "the commentator has not been heard of yet"
    camera: str = ""
    camera_fps: float = 0.0
    camera_trouble: str = "no image has come yet"
    source: str = "robot"


@dataclass(frozen=True)
class Reply:
    """The commentator's, to what was asked of it.

    `stamp`: of the newest frame that an answer is about. `away`: it can't be reached.
    """

    success: bool
    text: str
    stamp: float = 0.0
    away: bool = False
