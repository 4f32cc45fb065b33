"""Comments as LiveKit text streams."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress

from livekit import rtc

from ...core.comment import Comment
from ...core.stamp import NANOSECONDS, Stamp
from ..hub import Hub
from .speech import SpeechTrack

TOPIC = "lk.transcription"
"""Where LiveKit's own components look for what is said.

Each state of a comment is a stream of its own with all the text so far; states of one comment
share lk.segment_id, and the last has lk.transcription_final: docs.livekit.io, text streams.
"""
_SEND_WITHIN = 5.0


class Words:
    """Sends every partial and final comment, in order."""

    def __init__(self, room: rtc.Room, hub: Hub, speech: SpeechTrack) -> None:
        """Listen to `hub` once run; `speech` is the track that says the words."""
        self._room = room
        self._hub = hub
        self._speech = speech
        self._stay = uuid.uuid4().hex[:8]

    async def run(self) -> None:
        """Send what comes, for ever; what can't be sent while reconnecting is left out."""
        listener = self._hub.listen(Comment)
        try:
            while True:
                comment = await listener.next()
                if isinstance(comment, Comment) and comment.text:
                    with suppress(asyncio.TimeoutError, rtc.StreamError):
                        await asyncio.wait_for(self._send(comment), _SEND_WITHIN)
        finally:
            listener.close()

    async def _send(self, comment: Comment) -> None:
        segment = f"{self._stay}-{segment_of(comment)}"
        facts = attributes(comment, segment, self._speech.sid)
        await self._room.local_participant.send_text(comment.text, topic=TOPIC, attributes=facts)


def segment_of(comment: Comment) -> str:
    """Return what all states of a comment share, and no other, though its commentator restarts."""
    return f"{comment.sequence}-{comment.requested // 1_000_000}"


def attributes(comment: Comment, segment: str, track: str) -> dict[str, str]:
    """Return a comment's facts as LiveKit wants them, texts by name; stamps in seconds."""
    facts = {
        "lk.segment_id": segment,
        "lk.transcription_final": _word(comment.final),
        "lk.transcribed_track_id": track,
        "sequence": str(comment.sequence),
        "camera": comment.camera,
        "newest": _seconds(comment.newest),
        "oldest": _seconds(comment.oldest),
        "cancelled": _word(comment.cancelled),
        "question": comment.question,
    }
    if comment.first_words is not None:
        facts["first_words"] = _seconds(comment.first_words)
    if comment.first_sound is not None:
        facts["first_sound"] = _seconds(comment.first_sound)
    return facts


def _seconds(stamp: Stamp) -> str:
    return f"{stamp // NANOSECONDS}.{stamp % NANOSECONDS:09}"


def _word(value: bool) -> str:
    return "true" if value else "false"
