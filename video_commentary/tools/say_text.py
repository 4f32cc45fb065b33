"""What the commentator's messages look like as text: no ROS calls, no terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from video_commentary.msg import Commentary, Status

from ..ros.time import to_seconds

_BELIEVABLE = 600.0
"""Longer delays come from replayed recordings, whose stamps are of another day."""


@dataclass(frozen=True)
class Said:
    """One comment, finished or not, as people read it."""

    at: str
    question: str
    text: str
    delays: str


def said(message: Commentary) -> Said:
    """Return a comment's text with the newest frame's local time and how late its words were."""
    newest = to_seconds(message.header.stamp)
    delays = [
        f"{name} {late:.2f} s"
        for name, stamp in (("words", message.first_words), ("sound", message.first_sound))
        if (late := _delay(newest, to_seconds(stamp))) is not None
    ]
    return Said(
        at=datetime.fromtimestamp(newest).strftime("%H:%M:%S"),
        question=printable(message.question),
        text=printable(message.text) + (" – (cut off)" if message.cancelled else ""),
        delays=", ".join(delays),
    )


def line(said: Said) -> str:
    """Return a finished comment as one line of plain text."""
    question = f"[{said.question}] " if said.question else ""
    delays = f"  ({said.delays})" if said.delays else ""
    return f"{said.at}  {question}{said.text}{delays}"


def summary(status: Status) -> str:
    """Return the commentator's state as one line of plain text, without its detail."""
    cameras = [
        f"{topic} {fps:.0f} Hz"
        for topic, fps in zip(status.cameras, status.camera_fps, strict=False)
    ]
    parts = [
        status.state,
        *cameras,
        status.engine,
        f"voice: {status.voice}" if status.voice else "",
        f"profile: {status.profile}" if status.profile else "",
        f"instruction: {printable(status.instruction)}" if status.instruction else "",
        f"words {status.words_delay:.2f} s" if status.words_delay else "",
        f"sound {status.sound_delay:.2f} s" if status.sound_delay else "",
    ]
    return " · ".join(part for part in parts if part)


def printable(text: str) -> str:
    """Return `text` on one line and without control characters, which could command a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _delay(newest: float, then: float) -> float | None:
    late = then - newest
    return late if then and 0 <= late < _BELIEVABLE else None
