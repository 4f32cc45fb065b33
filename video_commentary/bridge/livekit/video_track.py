"""The robot's camera as a LiveKit video track."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from ..display import Display

_POLL = 0.5
NAME = "robot-camera"


class VideoTrack:
    """Publishes the delayed picture while there are other participants in the room."""

    def __init__(self, room: rtc.Room, display: Display) -> None:
        self._room = room
        self._display = display
        self._source: rtc.VideoSource | None = None

    async def run(self) -> None:
        """Publish until cancelled."""
        try:
            while True:
                if self._room.remote_participants:
                    await self._publish()
                await asyncio.sleep(_POLL)
        finally:
            if self._source is not None:
                await self._source.aclose()

    async def _publish(self) -> None:
        viewer = self._display.watch()
        try:
            while self._room.remote_participants:
                image = await asyncio.to_thread(decode_jpeg, (await viewer.next()).jpeg)
                if image is not None:
                    await self._capture(image)
        finally:
            viewer.close()

    async def _capture(self, image: NDArray[np.uint8]) -> None:
        height, width = image.shape[:2]
        if self._source is None:
            self._source = rtc.VideoSource(width, height)
            track = rtc.LocalVideoTrack.create_video_track(NAME, self._source)
            # No simulcast: encoding three sizes costs more than it saves for a few viewers.
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
            await self._room.local_participant.publish_track(track, options)
        frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.RGB24, image.tobytes())
        await asyncio.to_thread(self._source.capture_frame, frame)


def decode_jpeg(jpeg: bytes) -> NDArray[np.uint8] | None:
    """Return a JPEG as uint8 RGB, shape [H, W, 3]; None if it can't be decoded."""
    import cv2

    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
