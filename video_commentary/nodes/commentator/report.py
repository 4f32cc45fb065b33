"""The commentator's ~/status and its entries of /diagnostics."""

from __future__ import annotations

from ...core.control import Control
from ...core.status import CommentatorStatus, StatusKind, status_values
from ...ros.health import Check, camera_check, camera_trouble, clock_check, frozen_trouble
from .session import Session


def describe(session: Session | None, control: Control, refused: str) -> CommentatorStatus:
    """Return ~/status; `session` is None before configure and after cleanup.

    `refused`: why the last configure failed; else empty.
    """
    settings = control.settings
    if session is None:
        return CommentatorStatus(
            state="error" if refused else "unconfigured",
            detail=refused or "configure and activate the commentator",
            profile=settings.profile,
            instruction=control.instruction,
            enabled=settings.enabled,
        )
    state, detail = _state(session, control)
    stats = session.commentator.stats
    return CommentatorStatus(
        state=state,
        detail=detail,
        engine=session.assembly.engine.description,
        # Known only once loaded: a model may turn out to have its own voice.
        voice=session.assembly.voice() if session.loader.ready.is_set() else "",
        speaks=session.assembly.engine.voice is not None,
        profile=settings.profile,
        instruction=control.instruction,
        enabled=settings.enabled,
        cameras=tuple(camera.full_topic for camera in session.cameras),
        camera_fps=tuple(session.rates.fps),
        comments=stats.comments,
        silent=stats.silent,
        cancelled=stats.cancelled,
        engine_errors=stats.engine_errors,
        frames_dropped=sum(camera.dropped for camera in session.cameras),
        words_delay=stats.words_delay,
        sound_delay=stats.sound_delay,
        cycle_time=stats.cycle_time,
    )


def _state(session: Session, control: Control) -> tuple[str, str]:
    """Return state and detail; what prevents all comments comes first."""
    if session.error:
        return "error", session.error
    if not session.loader.ready.is_set():
        phase = session.assembly.progress.running
        return "loading", "the engine is being loaded" + (f": {phase}" if phase else "")
    if not session.active:
        return "inactive", "activate the commentator"
    voice = session.assembly.voice_trouble()
    cameras = [trouble for camera in session.cameras if (trouble := camera_trouble(camera))]
    if len(cameras) == len(session.cameras):
        return "waiting", cameras[0]
    frozen = [frozen_trouble(camera) for camera in session.cameras if not camera_trouble(camera)]
    sound = session.sound.trouble if session.sound else ""
    detail = "; ".join(trouble for trouble in [*cameras, *frozen, voice, sound] if trouble)
    return _activity(session, control), detail


def _activity(session: Session, control: Control) -> str:
    if not control.settings.enabled:
        return "paused"
    if session.commentator.commenting:
        return "commenting"
    return "speaking" if session.speaking else "watching"


def diagnose(session: Session | None, status: CommentatorStatus) -> list[Check]:
    """Return the checks of /diagnostics: engine, voice and each camera."""
    if session is None:
        return [Check("engine", status.detail, status.state == "error", {"state": status.state})]
    engine = {
        field.diagnostic: f"{value:.3f} s" if field.kind is StatusKind.SECONDS else value
        for _, field, value in status_values(status)
        if field.diagnostic
    }
    engine["loaded in"] = session.load_time
    observer = session.observer
    facts = (
        [Check("facts", observer.trouble, False, {"engine": observer.description})]
        if observer
        else []
    )
    judged = session.judge.count
    watches = [Check("watches", session.judge.trouble, False, {"judged": judged})] if judged else []
    return [
        Check("engine", session.error, True, engine),
        Check("voice", session.assembly.voice_trouble(), False, {"voice": status.voice}),
        *facts,
        *watches,
        *([session.sound.check()] if session.sound else []),
        *map(camera_check, session.cameras, session.rates.fps),
        *(clock_check(camera.topic, camera.clock) for camera in session.cameras),
    ]
