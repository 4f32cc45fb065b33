"""What the bridge receives from ROS, beside core's comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core.audio import Pcm

Source = Literal["robot", "phone"]
"""Whose camera is commented on."""


@dataclass(frozen=True, eq=False)
class JpegFrame:
    """A camera image, compressed once for all viewers. `stamp`: the camera's, in seconds."""

    jpeg: bytes
    stamp: float


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
class Report:
    """What the commentator says of itself (video_commentary/Status), delays in seconds."""

    state: str = "away"
    detail: str = ""
    engine: str = ""
    voice: str = ""
    speaks: bool = False
    profile: str = ""
    instruction: str = ""
    enabled: bool = False
    cameras: tuple[str, ...] = ()
    comments: int = 0
    silent: int = 0
    cancelled: int = 0
    engine_errors: int = 0
    frames_dropped: int = 0
    words_delay: float = 0.0
    sound_delay: float = 0.0
    cycle_time: float = 0.0


@dataclass(frozen=True)
class Situation:
    """How things are, told once a second. A `..._trouble` says what to do; empty when well.

    `source`: whose camera is commented on, the robot's or a phone's.
    """

    report: Report = Report()
    commentator_trouble: str = "the commentator has not been heard of yet"
    camera: str = ""
    camera_fps: float = 0.0
    camera_trouble: str = "no image has come yet"
    source: str = "robot"


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
