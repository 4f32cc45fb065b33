"""The microphones of other participants, passed on to the listener."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc

from ...core.audio import Pcm
from ..microphone import FORMAT
from ..robot_gateway import Robot
from .credentials import BRIDGE_ATTRIBUTE

_POLL = 0.2
"""Seconds, as for cameras."""
_BLOCK = 40
"""Milliseconds: as the page sends it. WebRTC's own 10 would be four times as many messages, of
which a subscriber that falls behind keeps a fixed number."""
_WAITING = 50
"""Blocks that are kept while the bridge is busy."""
MAX_MICROPHONES = 8
"""Participants heard at once; of further ones nothing is taken."""


class RemoteMicrophones:
    """Takes every microphone that is published and not muted, while a listener wants to hear.

    Other bridges' sound is the robots' own speech, and is left alone.
    """

    def __init__(self, room: rtc.Room, robot: Robot) -> None:
        self._room = room
        self._robot = robot
        self._readers: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Take microphones as they come and go, until cancelled."""
        try:
            while True:
                self._follow(self._found() if self._robot.listens else {})
                await asyncio.sleep(_POLL)
        finally:
            readers = list(self._readers.values())
            self._follow({})
            await asyncio.gather(*readers, return_exceptions=True)

    def _found(self) -> dict[str, tuple[str, rtc.RemoteTrackPublication]]:
        """Return (identity, publication) of each microphone by its track's sid."""
        return {
            publication.sid: (participant.identity, publication)
            for participant in self._room.remote_participants.values()
            if BRIDGE_ATTRIBUTE not in participant.attributes
            for publication in participant.track_publications.values()
            if publication.source == rtc.TrackSource.SOURCE_MICROPHONE and not publication.muted
        }

    def _follow(self, found: dict[str, tuple[str, rtc.RemoteTrackPublication]]) -> None:
        for sid, reader in list(self._readers.items()):
            if sid not in found or reader.done():
                reader.cancel()
                del self._readers[sid]
        for sid, (identity, publication) in found.items():
            if sid not in self._readers and len(self._readers) < MAX_MICROPHONES:
                self._readers[sid] = asyncio.ensure_future(self._take(identity, publication))

    async def _take(self, identity: str, publication: rtc.RemoteTrackPublication) -> None:
        publication.set_subscribed(True)
        try:
            while publication.track is None:
                await asyncio.sleep(_POLL)
            await self._read(f"livekit:{identity}", publication.track)
        finally:
            publication.set_subscribed(False)

    async def _read(self, stream: str, track: rtc.Track) -> None:
        sound = rtc.AudioStream(
            track,
            sample_rate=FORMAT.rate,
            num_channels=FORMAT.channels,
            frame_size_ms=_BLOCK,
            capacity=_WAITING,
        )
        try:
            async for event in sound:
                pcm = Pcm(np.frombuffer(event.frame.data, np.int16).copy(), FORMAT)
                self._robot.publish_sound(stream, pcm, self._robot.now() - pcm.duration)
        finally:
            await sound.aclose()
