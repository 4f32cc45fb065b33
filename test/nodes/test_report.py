"""What the commentator reports, of a session that is not there or in full swing."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.clock_offset import ClockOffset
from video_commentary.core.stats import Stats
from video_commentary.core.status import STATUS_FIELDS, CommentatorStatus, status_values
from video_commentary.nodes.commentator.report import describe, diagnose

CONTROL: Any = SimpleNamespace(settings=CommentatorSettings(), instruction="only cars")


def session() -> Any:
    """Return a session in which nothing is as it was at the start."""
    ready = threading.Event()
    ready.set()
    camera = SimpleNamespace(
        topic="/left",
        full_topic="/left",
        missing=0.0,
        frozen_for=0.0,
        changing=False,
        clock=ClockOffset(),
        dropped=7,
        seen_at=time.monotonic(),
        trouble="",
        publishers=1,
        received=9,
        frame_id="eye",
    )
    stats = Stats(comments=1, silent=2, cancelled=3, engine_errors=4)
    stats.cycle_time, stats.words_delay, stats.sound_delay = 0.5, 0.25, 0.75
    return SimpleNamespace(
        error="",
        active=True,
        speaking=False,
        loader=SimpleNamespace(ready=ready),
        load_time="8.1 s (import 4.1 s)",
        assembly=SimpleNamespace(
            progress=SimpleNamespace(running="weights, voice files"),
            engine=SimpleNamespace(description="fake", voice="any"),
            voice=lambda: "fake voice",
            voice_trouble=lambda: "the voice is hoarse",
        ),
        cameras=[camera],
        rates=SimpleNamespace(fps=[14.5]),
        commentator=SimpleNamespace(stats=stats, commenting=True),
        observer=SimpleNamespace(trouble="no weights", description="built-in"),
        judge=SimpleNamespace(count=2, trouble="neither yes nor no"),
        sound=None,
    )


def test_every_field_is_computed() -> None:
    status = describe(session(), CONTROL, "")
    empty = CommentatorStatus()
    missing = [n for n, _, value in status_values(status) if value == getattr(empty, n)]
    assert missing == [], "not computed in report.py, or without a value in session() here"
    assert (status.state, status.detail) == ("commenting", "the voice is hoarse")
    assert (status.cameras, status.camera_fps) == (("/left",), (14.5,))


def test_a_picture_that_stands_still_is_reported_while_comments_go_on() -> None:
    frozen = session()
    frozen.cameras[0].frozen_for = 30.0
    status = describe(frozen, CONTROL, "")
    assert status.state == "commenting"
    assert "has been exactly the same for over 10 s" in status.detail
    assert status.detail.endswith("; the voice is hoarse")
    camera = next(c for c in diagnose(frozen, status) if c.name.startswith("camera"))
    assert "Check the camera" in camera.trouble
    assert not camera.fatal
    frozen.cameras[0].seen_at -= 60.0
    assert "no image" in describe(frozen, CONTROL, "").detail


def test_while_it_loads_it_says_what_it_does() -> None:
    loading = session()
    loading.loader.ready.clear()
    status = describe(loading, CONTROL, "")
    assert status.detail == "the engine is being loaded: weights, voice files"
    loading.assembly.progress.running = ""
    assert describe(loading, CONTROL, "").detail == "the engine is being loaded"


def test_diagnostics_say_what_took_how_long_to_load() -> None:
    checks = diagnose(session(), describe(session(), CONTROL, ""))
    assert checks[0].values["loaded in"] == "8.1 s (import 4.1 s)"
    voice = next(check for check in checks if check.name == "voice")
    assert voice.trouble == "the voice is hoarse"


def test_without_a_session_it_says_what_to_do() -> None:
    status = describe(None, CONTROL, "")
    assert (status.state, status.instruction) == ("unconfigured", "only cars")
    assert "activate" in status.detail
    refused = describe(None, CONTROL, "no such engine")
    assert (refused.state, refused.detail) == ("error", "no such engine")
    assert [(check.trouble, check.fatal) for check in diagnose(None, refused)] == [
        ("no such engine", True)
    ]


def test_diagnostics_carry_the_values_that_the_table_names() -> None:
    status = describe(session(), CONTROL, "")
    engine, voice, facts, watches, camera, clock = diagnose(session(), status)
    named = {f.diagnostic for f in STATUS_FIELDS.values() if f.diagnostic}
    assert set(engine.values) == named | {"loaded in"}
    assert engine.values["words delay"] == "0.250 s"
    assert engine.values["errors"] == 4
    assert (engine.trouble, voice.trouble, camera.trouble) == ("", "the voice is hoarse", "")
    assert (facts.trouble, facts.values["engine"]) == ("no weights", "built-in")
    assert (watches.trouble, watches.values) == ("neither yes nor no", {"judged": 2})
    assert (clock.name, clock.trouble) == ("clock of /left", "")
    alone = session()
    alone.observer, alone.judge.count = None, 0
    assert {"facts", "watches"}.isdisjoint(check.name for check in diagnose(alone, status))
