"""A participant's camera as the robot's eye."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from ..robot_gateway import Robot
from .access import BRIDGE_ATTRIBUTE

_LOOK_EVERY = 0.2
"""Seconds. Looking is sure; the events of a reconnection come in any order, or not at all."""
_QUARTERS: dict[object, int] = {
    rtc.VideoRotation.VIDEO_ROTATION_90: -1,
    rtc.VideoRotation.VIDEO_ROTATION_180: 2,
    rtc.VideoRotation.VIDEO_ROTATION_270: 1,
}
"""Turns to the left that put a phone's picture upright."""


class Eye:
    """Takes one camera at a time, the newest picture only. `identity`: whose, empty for none.

    A camera is kept for as long as it is published and not muted. Other bridges' are left alone.
    """

    def __init__(
        self, room: rtc.Room, wanted: str, robot: Robot, changed: Callable[[], None]
    ) -> None:
        """Take the camera of `wanted`, empty for the first; call `changed` with each change."""
        self._room = room
        self._wanted = wanted
        self._robot = robot
        self._changed = changed
        self.identity = ""

    async def run(self) -> None:
        """Take cameras as they come and go, for ever."""
        while True:
            found = self._find()
            if found is not None:
                await self._take(*found)
            await asyncio.sleep(_LOOK_EVERY)

    def _find(self) -> tuple[str, rtc.RemoteTrackPublication] | None:
        for person in self._room.remote_participants.values():
            if self._wanted not in ("", person.identity) or BRIDGE_ATTRIBUTE in person.attributes:
                continue
            for publication in person.track_publications.values():
                if publication.source == rtc.TrackSource.SOURCE_CAMERA and not publication.muted:
                    return person.identity, publication
        return None

    def _there(self, identity: str, publication: rtc.RemoteTrackPublication) -> bool:
        person = self._room.remote_participants.get(identity)
        known = person is not None and person.track_publications.get(publication.sid)
        return known is publication and not publication.muted

    async def _take(self, identity: str, publication: rtc.RemoteTrackPublication) -> None:
        publication.set_subscribed(True)
        reader: asyncio.Task[None] | None = None
        try:
            while self._there(identity, publication) and not (reader and reader.done()):
                if reader is None and publication.track is not None:
                    reader = asyncio.ensure_future(self._read(publication))
                    self.identity = identity
                    self._changed()
                await asyncio.sleep(_LOOK_EVERY)
            if reader is not None and reader.done():
                reader.result()
        finally:
            self.identity = ""
            self._changed()
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
                # In a thread: publishing megabytes takes milliseconds, which speech has not.
                await asyncio.to_thread(self._publish, event, stamp)
        finally:
            await stream.aclose()

    def _publish(self, event: rtc.VideoFrameEvent, stamp: float) -> None:
        self._robot.publish_image(upright(event), stamp)


def upright(event: rtc.VideoFrameEvent) -> NDArray[np.uint8]:
    """Return the picture as uint8 RGB, shape [H, W, 3], turned as the camera was held."""
    frame = event.frame
    image = np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 3)
    return np.ascontiguousarray(np.rot90(image, _QUARTERS.get(event.rotation, 0)))
