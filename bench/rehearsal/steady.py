"""Minutes of plain running: delays, memory, processor."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from bench.rehearsal.figures import Row
from bench.rehearsal.resources import Watch
from bench.rehearsal.session import Session, ros_offset
from test.nodes.graph import Probe
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.ros.time import to_seconds

WARM_UP = 5.0
"""Seconds after the first words that are not measured."""
BYTES_PER_SECOND = 2 * OUTPUT_FORMAT.rate * OUTPUT_FORMAT.channels
GAP, PAUSE = 0.005, 0.9
"""Seconds without sound between two blocks above which it is a gap within speech, and from which it
is the pause between two comments."""


def measure(session: Session, row: Row) -> None:
    """Fill a row from minutes of running."""
    graph, plan = session.graph, session.plan
    graph.spin(0.5 if plan.tiny else WARM_UP)
    start = {topic: len(messages) for topic, messages in graph.got.items()}
    with Watch(session.pids) as watch:
        graph.spin(plan.minutes * 60)
        graph.until(lambda: _finished(graph, start), plan.limit, "a whole comment")
    events = graph.got["commentary_events"][start.get("commentary_events", 0) :]
    row.add(delays(events, "words"))
    if session.setup.voice:
        row.add(delays(events, "sound"))
    row.values |= counts(events, graph.got["status"][start.get("status", 0) :])
    if session.setup.voice:
        first = start.get("audio_stamped", 0)
        sounds = graph.got["audio_stamped"][first:], graph.times["audio_stamped"][first:]
        row.values |= sound(*sounds, ros_offset())
    row.values |= watch.values() | session.gpu_memory()


def _finished(graph: Probe, start: dict[str, int]) -> bool:
    """Return whether a comment ended after `start`."""
    events = graph.got["commentary_events"][start.get("commentary_events", 0) :]
    return any(event.final and event.text for event in events)


def delays(events: list[Any], what: str) -> dict[str, list[float]]:
    """Return the delays to the first words or the first sound of comments, in ms."""
    finished = [e for e in events if e.final and e.text and not e.cancelled and not e.question]
    found: dict[str, list[float]] = {
        f"request to first {what}, ms": [],
        f"picture to first {what}, ms": [],
    }
    requests, pictures = found.values()
    for event in finished:
        if first := to_seconds(getattr(event, f"first_{what}")):
            requests.append(1e3 * (first - to_seconds(event.requested)))
            pictures.append(1e3 * (first - to_seconds(event.header.stamp)))
    return found


def counts(events: list[Any], statuses: list[Any]) -> dict[str, float]:
    """Return how many comments there were, and what went wrong."""
    finished = [event for event in events if event.final]
    found: dict[str, float] = {
        "comments": sum(bool(event.text) and not event.cancelled for event in finished),
        "silent": sum(event.silent for event in finished),
    }
    if statuses:
        first, last = statuses[0], statuses[-1]
        found["errors of the engine"] = last.engine_errors - first.engine_errors
        found["frames dropped"] = last.frames_dropped - first.frames_dropped
        rates = [min(status.camera_fps) for status in statuses if status.camera_fps]
        if rates:
            found["slowest camera, images/s, lowest"] = min(rates)
    return found


def sound(messages: list[Any], times: list[float], offset: float) -> dict[str, float]:
    """Return what was heard: seconds, gaps within speech, blocks that came after they were due.

    `offset`: what to add to a receiving time to get the messages' clock.
    """
    blocks = [
        (to_seconds(message.header.stamp), len(message.audio.data) / BYTES_PER_SECOND, at + offset)
        for message, at in zip(messages, times, strict=True)
        if len(message.audio.data)
    ]
    pauses = [later[0] - due - length for (due, length, _), later in pairwise(blocks)]
    return {
        "sound, s": sum(length for _, length, _ in blocks),
        "gaps within speech": sum(GAP < pause < PAUSE for pause in pauses),
        "sound blocks that came late": sum(came > due for due, _, came in blocks),
    }
