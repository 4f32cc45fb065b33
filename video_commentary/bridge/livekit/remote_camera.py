"""The camera of another participant, published as a ROS topic."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from ..robot_gateway import Robot
from .credentials import BRIDGE_ATTRIBUTE

_POLL = 0.2
"""Seconds. Polling is reliable; events during a reconnection come in any order, or not at all."""
_QUARTER_TURNS: dict[object, int] = {
    rtc.VideoRotation.VIDEO_ROTATION_90: -1,
    rtc.VideoRotation.VIDEO_ROTATION_180: 2,
    rtc.VideoRotation.VIDEO_ROTATION_270: 1,
}
"""Quarter turns to the left that make a phone's picture upright."""


class RemoteCamera:
    """Takes one camera at a time, and of it only the newest picture.

    `identity` is that of its participant, empty for none. A camera is kept while it is published
    and not muted. The cameras of other bridges are left alone.
    """

    def __init__(
        self, room: rtc.Room, wanted: str, robot: Robot, on_change: Callable[[], None]
    ) -> None:
        """Take the camera of `wanted`, empty for the first found."""
        self._room = room
        self._wanted = wanted
        self._robot = robot
        self._on_change = on_change
        self.identity = ""

    async def run(self) -> None:
        """Take cameras as they come and go, until cancelled."""
        while True:
            found = self._find()
            if found is not None:
                await self._take(*found)
            await asyncio.sleep(_POLL)

    def _find(self) -> tuple[str, rtc.RemoteTrackPublication] | None:
        for participant in self._room.remote_participants.values():
            if (
                self._wanted not in ("", participant.identity)
                or BRIDGE_ATTRIBUTE in participant.attributes
            ):
                continue
            for publication in participant.track_publications.values():
                if publication.source == rtc.TrackSource.SOURCE_CAMERA and not publication.muted:
                    return participant.identity, publication
        return None

    def _is_published(self, identity: str, publication: rtc.RemoteTrackPublication) -> bool:
        participant = self._room.remote_participants.get(identity)
        known = participant is not None and participant.track_publications.get(publication.sid)
        return known is publication and not publication.muted

    async def _take(self, identity: str, publication: rtc.RemoteTrackPublication) -> None:
        publication.set_subscribed(True)
        reader: asyncio.Task[None] | None = None
        try:
            while self._is_published(identity, publication) and not (reader and reader.done()):
                if reader is None and publication.track is not None:
                    reader = asyncio.ensure_future(self._read(publication))
                    self.identity = identity
                    self._on_change()
                await asyncio.sleep(_POLL)
            if reader is not None and reader.done():
                reader.result()
        finally:
            self.identity = ""
            self._on_change()
            if reader is not None:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
            publication.set_subscribed(False)

    async def _read(self, publication: rtc.RemoteTrackPublication) -> None:
        assert publication.track is not None
        if publication.simulcasted:
            publication.set_video_quality(rtc.VideoQuality.VIDEO_QUALITY_HIGH)
        stream = rtc.VideoStream(publication.track, capacity=1, format=rtc.VideoBufferType.RGB24)
        try:
            async for event in stream:
                stamp = self._robot.now()
                # On another thread: publishing megabytes takes milliseconds and would delay speech.
                await asyncio.to_thread(self._publish, event, stamp)
        finally:
            await stream.aclose()

    def _publish(self, event: rtc.VideoFrameEvent, stamp: float) -> None:
        self._robot.publish_image(upright(event), stamp)


def upright(event: rtc.VideoFrameEvent) -> NDArray[np.uint8]:
    """Return the picture as uint8 RGB, shape [H, W, 3], rotated upright."""
    frame = event.frame
    image = np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 3)
    return np.ascontiguousarray(np.rot90(image, _QUARTER_TURNS.get(event.rotation, 0)))
