"""The robot's camera in the room."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import cv2
import numpy as np

from video_commentary.bridge.items import JpegFrame
from video_commentary.bridge.livekit.video_track import decode_jpeg

from .people import bridge, credentials_for, person, until
from .server import LiveKitServer
from .test_remote_camera import CORNERS, card, corners


def jpeg() -> bytes:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(card(), cv2.COLOR_RGB2BGR))
    assert done
    return data.tobytes()


def test_the_room_sees_the_robots_camera_and_no_bridge_takes_it_for_a_phone(
    server: LiveKitServer,
) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        other = replace(credentials, identity="robot-2")
        async with bridge(credentials, video=True) as robot, bridge(other) as second:
            stop = asyncio.Event()

            async def film() -> None:
                while not stop.is_set():
                    robot.gateway.add_frame(JpegFrame(jpeg(), robot.robot.now()))
                    await asyncio.sleep(1 / 15)

            filming = asyncio.ensure_future(film())
            async with person(credentials) as ann:
                await until(lambda: len(ann.pictures) > 5, what="pictures")
                assert corners(ann.pictures[-1]) == CORNERS
                assert robot.gateway.display.viewers == 1
            assert second.livekit.camera == ""
            stop.set()
            await filming

    asyncio.run(scene())


def test_nobody_looks_where_nobody_is(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        async with bridge(credentials, video=True) as robot:
            robot.gateway.add_frame(JpegFrame(jpeg(), robot.robot.now()))
            await asyncio.sleep(1)
            assert robot.gateway.display.viewers == 0

    asyncio.run(scene())


def test_what_is_no_jpeg_is_left_out() -> None:
    assert decode_jpeg(b"no picture") is None
    image = decode_jpeg(jpeg())
    assert image is not None
    assert image.dtype == np.uint8
    assert corners(image) == CORNERS
