"""What doctor says of the cameras that it measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.clock_offset import LARGE
from .doctor_finding import Finding, absent, present, tool_command

if TYPE_CHECKING:  # it needs ROS and OpenCV, whose absence doctor reports
    from .camera_probe import CameraProbe, Measurement

LOSSY = 0.05
"""Part of the images missing from which something should be done."""


def cameras(seconds: float) -> Iterator[Finding]:
    """Receive every camera for `seconds` and yield what was found of each."""
    try:
        from .camera_probe import camera_probe
    except ImportError as error:
        yield absent("cameras", f"not checked: {error}", "", needed=False)
        return
    with camera_probe() as probe:
        probe.spin(seconds)
        yield from findings(probe, f"within {seconds:.0f} s")


def findings(probe: CameraProbe, when: str) -> Iterator[Finding]:
    """Yield what was found of each camera since the last call."""
    measured = probe.measure()
    for measurement in measured:
        yield judged(measurement)
    if not measured:
        fix = f"start a camera, or a test scene: {tool_command('run source')}"
        yield absent("cameras", f"no image topic {when}", fix, needed=False)


def judged(camera: Measurement) -> Finding:
    """Return what was measured, and what to do about what is not well."""
    what = f"camera {camera.topic}"
    where = {True: "another machine", False: "this machine", None: "an unknown machine"}
    origin = f"from {where[camera.remote]}"
    if camera.message_size:
        origin += f" (messages of {camera.message_size})"
    if camera.offset is None:
        fix = f"if the camera is on: {_lost(camera)}"
        if camera.remote is False:
            fix += "; or it runs as another user or in a container (docs/containers.md)"
        return absent(what, f"published {origin}, no image arrives", fix, needed=False)
    delivery = "reliable" if camera.reliable else "best effort"
    found = (
        f"{camera.fps:.1f} images/s, {camera.missing:.0%} missing, {camera.mbit:.1f} Mbit/s, "
        f"{camera.offset:.3f} s from stamp to arrival, {delivery}, {origin}"
    )
    fixes = []
    if not camera.fps:
        fixes.append("it has stopped: check the camera and the link")
    elif camera.missing >= LOSSY:
        fixes.append(_lost(camera))
    if abs(camera.correction) >= LARGE:
        fixes.append("set the clocks: install chrony on both machines")
    if fixes:
        return absent(what, found, "; ".join(fixes), needed=False)
    return present(what, found)


def _lost(camera: Measurement) -> str:
    """Return what to do about images that are lost."""
    if camera.remote is False:
        return (
            "start the camera's driver with our Fast DDS profile (README, Troubleshooting), or "
            "publish compressed images"
        )
    return (
        "start the camera's driver with the profile for lossy links and publish compressed "
        "images (docs/network.md)"
    )
