"""What arrives from ROS, in the bridge's own words; comments are core's."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.audio import Pcm


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
    """The commentator's, to what was asked of it.

    `stamp`: of the newest frame that an answer is about. `away`: it can't be reached.
    """

    success: bool
    text: str
    stamp: float = 0.0
    away: bool = False
