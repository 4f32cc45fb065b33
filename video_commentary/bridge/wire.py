"""Items as JSON and bytes, as clients receive them."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from ..core.comment import Comment
from ..core.facts import Observation
from ..core.memory_entry import MemoryEntry
from ..core.stamp import to_seconds
from ..core.status import CommentatorStatus, StatusKind, status_values
from ..core.watches import WatchReport, alert_json
from .items import JpegFrame, PictureBox, Situation, Sound
from .location_json import location_json
from .memory_gateway import RecapAnswer
from .watch_gateway import PublishedAlert

PICTURE, SOUND = 1, 2
_HEADER = struct.Struct("<B3xId")
"""Begins each binary message of /api/live: kind, index, seconds; little endian, 16 bytes."""
_STAMPS = ("newest", "oldest", "requested", "first_words", "first_sound")
_CACHED = 8
"""Messages cached: viewers with about the same delay share them."""


def comment_json(number: int, comment: Comment) -> dict[str, Any]:
    """Return a comment event; stamps in seconds, null while unknown."""
    fields = asdict(comment)
    stamps = {name: fields[name] for name in _STAMPS}
    seconds = {n: None if stamp is None else to_seconds(stamp) for n, stamp in stamps.items()}
    evidence = [observation_json(observation) for observation in comment.evidence]
    return {"id": number, **fields, **seconds, "evidence": evidence}


def observation_json(observation: Observation) -> dict[str, Any]:
    """Return an observation; its stamp in seconds."""
    return {**asdict(observation), "stamp": to_seconds(observation.stamp)}


def published_alert_json(number: int, item: PublishedAlert) -> dict[str, Any]:
    """Return an alert event; stamps in seconds, the thumbnail as a data: URL."""
    return {"id": number, **alert_json(item.alert, item.thumbnail)}


def watch_json(report: WatchReport) -> dict[str, Any]:
    """Return a watch and what came of it; the newest alert's stamp in seconds, null without one."""
    watch = report.watch
    return {
        "id": watch.id,
        "name": watch.name,
        "condition": watch.condition,
        "meaning": report.meaning,
        "camera": watch.camera,
        "cooldown": watch.cooldown,
        "speak": watch.speak,
        "alerts": report.alerts,
        "last_alert": to_seconds(report.last_alert) if report.alerts else None,
    }


def entry_json(entry: MemoryEntry) -> dict[str, Any]:
    """Return an entry; times in seconds, its picture as a data URL, null without one."""
    event = None
    if entry.event:
        event = {
            "kind": entry.event,
            "who": entry.who,
            "where": entry.where,
            "count": entry.count,
            "at_least": entry.at_least,
            "colour": entry.colour,
        }
    picture = base64.b64encode(entry.thumbnail).decode()
    return {
        "id": entry.id,
        "kind": entry.kind,
        "time": to_seconds(entry.time),
        "stamp": to_seconds(entry.stamp),
        "camera": entry.camera,
        "text": entry.text,
        "question": entry.question,
        "event": event,
        "place": location_json(entry.location),
        "thumbnail": f"data:image/jpeg;base64,{picture}" if picture else None,
    }


def recap_json(recap: RecapAnswer) -> dict[str, Any]:
    """Return what happened in a time; `kinds`: how many entries there are of each kind."""
    return {
        "text": recap.text,
        "from": recap.start,
        "to": recap.end,
        "kinds": dict(recap.kinds),
        "counts": [asdict(count) for count in recap.counts],
        "entries": [entry_json(entry) for entry in recap.entries],
    }


def status_json(status: CommentatorStatus) -> dict[str, Any]:
    """Return every field of the commentator's status by name: seconds to 1 ms, rates to 0.01 Hz."""
    return {name: _rounded(field.kind, value) for name, field, value in status_values(status)}


def _rounded(kind: StatusKind, value: Any) -> Any:
    if kind is StatusKind.SECONDS:
        return round(value, 3)
    if kind is StatusKind.RATES:
        return [round(rate, 2) for rate in value]
    return list(value) if kind.is_list else value


def health_json(situation: Situation, livekit: tuple[str, str]) -> dict[str, dict[str, str]]:
    """Return the health of each part: `light` (ok, busy, bad, off) and `reason`.

    A reason says what to do if something is wrong. `livekit`: its state and trouble.
    """
    report, away = situation.report, situation.commentator_trouble
    camera = situation.camera_trouble
    state, trouble = livekit
    lights = {"connected": "ok", "connecting": "busy", "off": "off"}
    return {
        "camera": _light(camera, f"{situation.camera}, {situation.camera_fps:.1f} images a second"),
        "commentator": _light(away, report.state),
        "model": {"light": "off", "reason": away} if away else _model(situation),
        "voice": {"light": "off", "reason": away} if away else _voice(situation),
        "livekit": {"light": lights.get(state, "bad"), "reason": trouble or state},
        "listener": _listener(situation),
    }


def _light(trouble: str, well: str) -> dict[str, str]:
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


def _listener(situation: Situation) -> dict[str, str]:
    if situation.listens:
        return {"light": "ok", "reason": "listening"}
    if situation.listener_trouble:
        return {"light": "bad", "reason": situation.listener_trouble}
    return {"light": "off", "reason": "nobody listens to microphones: start it with listener:=true"}


@lru_cache(_CACHED)
def picture_message(frame: JpegFrame) -> bytes:
    """Return a picture for /api/live: kind 1, stamp, JPEG."""
    return _HEADER.pack(PICTURE, 0, frame.stamp) + frame.jpeg


def sound_message(sound: Sound, now: float) -> bytes:
    """Return sound for /api/live: kind 2, index, seconds until it is due, int16 samples."""
    index = sound.index % 2**32
    return _HEADER.pack(SOUND, index, sound.heard_at - now) + sound.pcm.tobytes()


def boxes_json(frame: JpegFrame, boxes: Sequence[PictureBox]) -> Any:
    """Return what is in view of a picture; `size`: width and height, pixels.

    The boxes are in pixels of a picture of that size, or of the JPEG itself if that is None.
    """
    return {
        "stamp": frame.stamp,
        "size": frame.camera_size,
        "boxes": [asdict(box) for box in boxes],
    }


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
