"""Comments as LiveKit text streams."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress

from livekit import rtc

from ...core.comment import Comment
from ...core.stamp import NANOSECONDS, Stamp
from ..broadcast import Broadcast
from .audio_track import AudioTrack

TOPIC = "lk.transcription"
"""Where LiveKit's own components expect transcriptions.

Each state of a comment is a stream of its own with all the text so far. The states of one comment
share lk.segment_id, and the last has lk.transcription_final: docs.livekit.io, text streams.
"""
_SEND_TIMEOUT = 5.0


class Transcription:
    """Sends every partial and final comment, in order."""

    def __init__(self, room: rtc.Room, broadcast: Broadcast, audio: AudioTrack) -> None:
        """`audio` is the track that speaks the comments."""
        self._room = room
        self._broadcast = broadcast
        self._audio = audio
        self._session = uuid.uuid4().hex[:8]

    async def run(self) -> None:
        """Send until cancelled; comments that can't be sent while reconnecting are left out."""
        subscriber = self._broadcast.subscribe(Comment)
        try:
            while True:
                comment = await subscriber.next()
                if isinstance(comment, Comment) and comment.text:
                    with suppress(asyncio.TimeoutError, rtc.StreamError):
                        await asyncio.wait_for(self._send(comment), _SEND_TIMEOUT)
        finally:
            subscriber.close()

    async def _send(self, comment: Comment) -> None:
        segment = f"{self._session}-{segment_id(comment)}"
        facts = attributes(comment, segment, self._audio.sid)
        await self._room.local_participant.send_text(comment.text, topic=TOPIC, attributes=facts)


def segment_id(comment: Comment) -> str:
    """Return an id that all states of a comment share, unique even if the commentator restarts."""
    return f"{comment.sequence}-{comment.requested // 1_000_000}"


def attributes(comment: Comment, segment: str, track: str) -> dict[str, str]:
    """Return a comment's fields as stream attributes; stamps in seconds."""
    facts = {
        "lk.segment_id": segment,
        "lk.transcription_final": _bool(comment.final),
        "lk.transcribed_track_id": track,
        "sequence": str(comment.sequence),
        "camera": comment.camera,
        "newest": _seconds(comment.newest),
        "oldest": _seconds(comment.oldest),
        "cancelled": _bool(comment.cancelled),
        "question": comment.question,
    }
    if comment.first_words is not None:
        facts["first_words"] = _seconds(comment.first_words)
    if comment.first_sound is not None:
        facts["first_sound"] = _seconds(comment.first_sound)
    return facts


def _seconds(stamp: Stamp) -> str:
    return f"{stamp // NANOSECONDS}.{stamp % NANOSECONDS:09}"


def _bool(value: bool) -> str:
    return "true" if value else "false"
