"""What the commentator says of itself: ~/status and /diagnostics."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from video_commentary.msg import Status

from ...core.control import Control
from ...ros.health import Check, camera_check, camera_trouble
from .session import Session


def describe(session: Session | None, control: Control, refused: str, stamp: Time) -> Status:
    """Return ~/status; `session` is None before configure and after cleanup.

    `refused`: why the last configure failed; else empty.
    """
    settings = control.settings
    message = Status(
        stamp=stamp,
        profile=settings.profile,
        instruction=control.instruction,
        enabled=settings.enabled,
    )
    if session is None:
        message.state = "error" if refused else "unconfigured"
        message.detail = refused or "configure and activate the commentator"
        return message
    message.state, message.detail = _state(session, control)
    message.engine = session.assembly.engine.description
    # who speaks is known only then: a model may turn out to have a voice of its own
    message.voice = session.assembly.voice() if session.loader.ready.is_set() else ""
    message.speaks = session.assembly.engine.voice is not None
    message.cameras = [camera.full_topic for camera in session.cameras]
    message.camera_fps = session.rates.fps
    message.frames_dropped = sum(camera.dropped for camera in session.cameras)
    stats = session.commentator.stats
    message.comments, message.silent = stats.comments, stats.silent
    message.cancelled, message.engine_errors = stats.cancelled, stats.engine_errors
    message.words_delay, message.sound_delay = stats.words_delay, stats.sound_delay
    message.cycle_time = stats.cycle_time
    return message


def _state(session: Session, control: Control) -> tuple[str, str]:
    """Return state and detail; what keeps all comments away comes first."""
    if session.error:
        return "error", session.error
    if not session.loader.ready.is_set():
        return "loading", "the engine is being loaded"
    if not session.active:
        return "inactive", "activate the commentator"
    voice = session.assembly.voice_trouble()
    cameras = [trouble for camera in session.cameras if (trouble := camera_trouble(camera))]
    if len(cameras) == len(session.cameras):
        return "waiting", cameras[0]
    detail = "; ".join([*cameras, voice] if voice else cameras)
    return _activity(session, control), detail


def _activity(session: Session, control: Control) -> str:
    if not control.settings.enabled:
        return "paused"
    if session.commentator.commenting:
        return "commenting"
    return "speaking" if session.speaking else "watching"


def diagnose(session: Session | None, told: Status) -> list[Check]:
    """Return what /diagnostics says: engine, voice and each camera."""
    if session is None:
        return [Check("engine", told.detail, told.state == "error", {"state": told.state})]
    engine = {
        "engine": told.engine,
        "state": told.state,
        "comments": told.comments,
        "silent": told.silent,
        "cancelled": told.cancelled,
        "errors": told.engine_errors,
        "words delay": f"{told.words_delay:.3f} s",
        "sound delay": f"{told.sound_delay:.3f} s",
        "cycle time": f"{told.cycle_time:.3f} s",
    }
    return [
        Check("engine", session.error, True, engine),
        Check("voice", session.assembly.voice_trouble(), False, {"voice": told.voice}),
        *map(camera_check, session.cameras, session.rates.fps),
    ]
