"""The commentator's messages as plain text: no ROS calls, no terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from video_commentary.msg import Commentary

from ..core.status import CommentatorStatus, StatusKind, status_values
from ..ros.time import to_seconds

_LONGEST_DELAY = 600.0
"""Seconds; longer delays come from replayed recordings, whose stamps are of another day."""


@dataclass(frozen=True)
class CommentLine:
    """One comment, finished or not: local time, question, text and delays, as people read them."""

    at: str
    question: str
    text: str
    delays: str


def comment_line(message: Commentary) -> CommentLine:
    """Return a comment with the newest frame's local time and the delays of words and sound."""
    newest = to_seconds(message.header.stamp)
    delays = [
        f"{name} {delay:.2f} s"
        for name, stamp in (("words", message.first_words), ("sound", message.first_sound))
        if (delay := _delay(newest, to_seconds(stamp))) is not None
    ]
    return CommentLine(
        at=datetime.fromtimestamp(newest).strftime("%H:%M:%S"),
        question=printable(message.question),
        text=printable(message.text) + (" – (cut off)" if message.cancelled else ""),
        delays=", ".join(delays),
    )


def plain_text(line: CommentLine) -> str:
    """Return a finished comment as one line of plain text."""
    question = f"[{line.question}] " if line.question else ""
    delays = f"  ({line.delays})" if line.delays else ""
    return f"{line.at}  {question}{line.text}{delays}"


def summary(status: CommentatorStatus) -> str:
    """Return the state and what the status table shows in one line; empty values are left out."""
    cameras = [
        f"{topic} {fps:.0f} Hz"
        for topic, fps in zip(status.cameras, status.camera_fps, strict=False)
    ]
    parts = [
        field.summary.format(printable(value) if field.kind is StatusKind.TEXT else value)
        for _, field, value in status_values(status)
        if field.summary and value
    ]
    return " · ".join([*filter(None, [status.state]), *cameras, *parts])


def printable(text: str) -> str:
    """Return `text` on one line and without control characters, which could command a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _delay(newest: float, then: float) -> float | None:
    delay = then - newest
    return delay if then and 0 <= delay < _LONGEST_DELAY else None
