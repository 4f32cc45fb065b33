"""Checks for /diagnostics, with messages that say what to do."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from ..core.clock_offset import LARGE, ClockOffset
from ..core.stamp import to_seconds

if TYPE_CHECKING:  # it imports OpenCV, which a speaker does not need
    from .image_topic import ImageTopic

SILENT_AFTER = 2.0
"""Seconds without an image after which a camera counts as away."""
CHANGED_WITHIN = 8.0
"""The same where the way of its delivery is being changed, which takes a few seconds."""
FROZEN_AFTER = 10.0
"""Seconds after which a picture that stays exactly the same is reported."""

LARGEST_MESSAGE = "largest message"
"""Key in /diagnostics for the size of what a camera's node sends at once."""


@dataclass(frozen=True)
class Check:
    """One entry of /diagnostics. `trouble` says what is wrong and what to do; empty if well."""

    name: str
    trouble: str
    fatal: bool
    values: Mapping[str, object]


def diagnostic(node: str, check: Check) -> DiagnosticStatus:
    """Return a check as a message: OK, or if there is trouble, WARN, or ERROR if it is fatal."""
    level = DiagnosticStatus.OK
    if check.trouble:
        level = DiagnosticStatus.ERROR if check.fatal else DiagnosticStatus.WARN
    return DiagnosticStatus(
        level=level,
        name=f"{node}: {check.name}",
        message=check.trouble or "ok",
        hardware_id=node,
        values=[KeyValue(key=key, value=str(value)) for key, value in check.values.items()],
    )


class Rates:
    """The images a second of each camera, measured between calls of `update`."""

    def __init__(self, cameras: Sequence[ImageTopic[Any]]) -> None:
        self._cameras = cameras
        self._counts = [camera.received for camera in cameras]
        self._at = time.monotonic()
        self.fps = [0.0 for _ in cameras]

    def update(self) -> None:
        """Measure again."""
        now, counts = time.monotonic(), [camera.received for camera in self._cameras]
        passed = max(now - self._at, 1e-6)
        self.fps = [(new - old) / passed for new, old in zip(counts, self._counts, strict=True)]
        self._counts, self._at = counts, now


def camera_check(camera: ImageTopic[Any], fps: float) -> Check:
    """Return the check of a camera."""
    values = {
        "fps": f"{fps:.1f}",
        "publishers": camera.publishers,
        "images": camera.received,
        "dropped": camera.dropped,
        "missing": f"{camera.missing:.0%}",
        "same picture for": f"{camera.frozen_for:.1f} s",
        "frame_id": camera.frame_id,
    }
    trouble = camera_trouble(camera) or frozen_trouble(camera)
    return Check(f"camera {camera.full_topic}", trouble, False, values)


def clock_check(topic: str, clock: ClockOffset) -> Check:
    """Return the check of the clock that the stamps of `topic` are from."""
    offset = clock.smallest
    values = {} if offset is None else {"stamp to arrival, smallest": f"{offset:.3f} s"}
    trouble = clock_trouble(topic, to_seconds(clock.correction))
    return Check(f"clock of {topic}", trouble, False, values)


def clock_trouble(topic: str, correction: float) -> str:
    """Return what to do about stamps that are `correction` seconds behind our clock, if much."""
    if abs(correction) < LARGE:
        return ""
    side = "behind" if correction > 0 else "ahead of"
    return (
        f"the stamps of {topic} are {abs(correction):.1f} s {side} this machine's clock. Delays "
        "are corrected for it; to set the clocks, install chrony on both machines, with one as the "
        "server of the other. For a recording, use_sim_time:=true and `ros2 bag play --clock`"
    )


def camera_trouble(camera: ImageTopic[Any]) -> str:
    """Return what is wrong with a camera and what to do; empty if images arrive."""
    topic = camera.full_topic
    patience = CHANGED_WITHIN if camera.changing else SILENT_AFTER
    away = camera.seen_at is None or time.monotonic() - camera.seen_at > patience
    if not away:
        return f"{topic}: {camera.trouble}" if camera.trouble else ""
    if not camera.publishers:
        return f"nobody publishes {topic}: start the camera, or set {camera.parameter} to its topic"
    lately = "yet" if camera.seen_at is None else f"for {SILENT_AFTER:g} s"
    return f"no image on {topic} {lately}, though it has a publisher: check the camera"


def frozen_trouble(camera: ImageTopic[Any]) -> str:
    """Return what to check about a picture that stays exactly the same; empty if it changes."""
    if camera.frozen_for < FROZEN_AFTER:
        return ""
    return (
        f"the picture on {camera.full_topic} has been exactly the same for over "
        f"{FROZEN_AFTER:g} s, though images arrive with new stamps: a camera's noise would change "
        "it. Check the camera and its driver; a still image or a video that stands still looks "
        "the same"
    )
