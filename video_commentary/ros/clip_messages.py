"""Clips to messages and back."""

from __future__ import annotations

from video_commentary.msg import Clip as ClipMessage

from ..core.clip import RecordedClip
from .time import from_stamp, to_stamp


def clip_message(clip: RecordedClip) -> ClipMessage:
    """Return a clip as a message."""
    return ClipMessage(
        id=clip.id,
        name=clip.name,
        begin=from_stamp(clip.begin),
        end=from_stamp(clip.end),
        moment=from_stamp(clip.moment),
        alert=clip.alert,
        camera=clip.camera,
        format=clip.format,
        bytes=clip.size,
        pictures=clip.pictures,
    )


def clip(message: ClipMessage) -> RecordedClip:
    """Return a message as a clip."""
    return RecordedClip(
        id=message.id,
        name=message.name,
        begin=to_stamp(message.begin),
        end=to_stamp(message.end),
        moment=to_stamp(message.moment),
        alert=message.alert,
        camera=message.camera,
        format=message.format,
        size=message.bytes,
        pictures=message.pictures,
    )
