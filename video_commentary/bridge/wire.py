"""Items as JSON and bytes, as clients receive them."""

from __future__ import annotations

import struct
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from ..core.comment import Comment
from .items import JpegFrame, Situation, Sound

PICTURE, SOUND = 1, 2
_HEADER = struct.Struct("<B3xId")
"""Begins each binary message of /api/live: kind, index, seconds; little endian, 16 bytes."""
_CACHED = 8
"""Messages cached: viewers with about the same delay share them."""


def comment_json(number: int, comment: Comment) -> dict[str, Any]:
    """Return a comment event; stamps in seconds, null while unknown."""
    return {"id": number, **asdict(comment)}


def dots(situation: Situation, livekit: tuple[str, str]) -> dict[str, dict[str, str]]:
    """Return for each part its light (ok, busy, bad, off) and the reason, what to do included.

    `livekit`: its state and trouble.
    """
    report, away = situation.report, situation.commentator_trouble
    camera = situation.camera_trouble
    state, trouble = livekit
    lights = {"connected": "ok", "connecting": "busy", "off": "off"}
    return {
        "camera": _dot(camera, f"{situation.camera}, {situation.camera_fps:.1f} images a second"),
        "commentator": _dot(away, report.state),
        "model": {"light": "off", "reason": away} if away else _model(situation),
        "voice": {"light": "off", "reason": away} if away else _voice(situation),
        "livekit": {"light": lights.get(state, "bad"), "reason": trouble or state},
    }


def _dot(trouble: str, well: str) -> dict[str, str]:
    return {"light": "bad" if trouble else "ok", "reason": trouble or well}


def _model(situation: Situation) -> dict[str, str]:
    report = situation.report
    if report.state == "error":
        return {"light": "bad", "reason": report.detail}
    if report.state in ("loading", "unconfigured", "inactive"):
        return {"light": "busy", "reason": report.detail or report.state}
    return {"light": "ok", "reason": report.engine}


def _voice(situation: Situation) -> dict[str, str]:
    report = situation.report
    reason = report.voice or report.detail or report.state
    return {"light": "ok" if report.speaks else "off", "reason": reason}


@lru_cache(_CACHED)
def picture_message(frame: JpegFrame) -> bytes:
    """Return a picture for /api/live: kind 1, stamp, JPEG."""
    return _HEADER.pack(PICTURE, 0, frame.stamp) + frame.jpeg


def sound_message(sound: Sound, now: float) -> bytes:
    """Return sound for /api/live: kind 2, index, seconds until it is due, int16 samples."""
    index = sound.index % 2**32
    return _HEADER.pack(SOUND, index, sound.heard_at - now) + sound.pcm.tobytes()


BOUNDARY = "frame"


@lru_cache(_CACHED)
def mjpeg_part(frame: JpegFrame) -> bytes:
    """Return a frame as a part of multipart/x-mixed-replace, the next boundary included.

    Browsers show a part when the boundary after it arrives. If that came with the next frame, they
    would lag by one frame.
    """
    header = (
        f"Content-Type: image/jpeg\r\nContent-Length: {len(frame.jpeg)}\r\n"
        f"X-Timestamp: {frame.stamp:.6f}\r\n\r\n"
    )
    return header.encode() + frame.jpeg + f"\r\n--{BOUNDARY}\r\n".encode()
