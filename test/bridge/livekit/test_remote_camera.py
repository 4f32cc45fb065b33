"""A participant's camera, as pictures at the gateway."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from livekit import rtc
from numpy.typing import NDArray

from .people import Bridge, Person, bridge, credentials_for, person, until
from .server import LiveKitServer

WIDTH, HEIGHT = 320, 192
RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 200, 30), (30, 30, 200), (128, 128, 128)
UPRIGHT = rtc.VideoRotation.VIDEO_ROTATION_0
CORNERS = [RED, GREEN, GREY, BLUE]
"""Upper left, upper right, lower right, lower left: clockwise."""


def card() -> NDArray[np.uint8]:
    """Return a picture with a colour in each quarter."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    top, left = HEIGHT // 2, WIDTH // 2
    image[:top, :left], image[:top, left:] = RED, GREEN
    image[top:, left:], image[top:, :left] = GREY, BLUE
    return image


def corners(image: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """Return which of the colours each quarter has, clockwise from the upper left."""
    height, width = image.shape[:2]
    found: list[tuple[int, ...]] = []
    for y, x in ((1, 1), (1, 3), (3, 3), (3, 1)):
        colour = image[y * height // 4, x * width // 4].astype(int)
        found.append(min(CORNERS, key=lambda known: np.abs(colour - known).sum()))
    return found


@asynccontextmanager
async def filming(
    who: Person, rotation: rtc.VideoRotation.ValueType = UPRIGHT, simulcast: bool = False
) -> AsyncIterator[rtc.LocalTrackPublication]:
    """Have a participant's camera film the card, 15 times a second."""
    source = rtc.VideoSource(WIDTH, HEIGHT)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=simulcast)
    publication = await who.room.local_participant.publish_track(track, options)
    frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGB24, card().tobytes())

    async def film() -> None:
        while True:
            source.capture_frame(frame, rotation=rotation)
            await asyncio.sleep(1 / 15)

    task = asyncio.ensure_future(film())
    try:
        yield publication
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await source.aclose()


async def seen(robot: Bridge, height: int, width: int) -> NDArray[np.uint8]:
    """Return the newest picture of that size; a camera may begin with smaller ones."""

    def pictures() -> list[NDArray[np.uint8]]:
        return [it for _, it in robot.robot.images if it.shape[:2] == (height, width)]

    return (await until(pictures, what=f"a picture of {width} x {height}"))[-1]


def test_a_camera_arrives_with_its_colours_and_stamps(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        async with (
            bridge(credentials) as robot,
            person(credentials) as ann,
            filming(ann, simulcast=True),
        ):
            began = robot.robot.now()
            await until(lambda: len(robot.robot.images) > 10, what="pictures")
            stamps = [stamp for stamp, _ in robot.robot.images]
            assert stamps == sorted(stamps)
            assert began <= stamps[0] <= robot.robot.now()
            image = await seen(robot, HEIGHT, WIDTH)
            assert image.dtype == np.uint8
            assert image.shape[2:] == (3,)
            assert corners(image) == CORNERS
            assert robot.livekit.camera == "ann"
            assert threading.main_thread().name not in robot.robot.threads

    asyncio.run(scene())


@pytest.mark.parametrize(("rotation", "first"), [(1, 3), (2, 2), (3, 1)])
def test_a_phone_held_upright_gives_an_upright_picture(
    server: LiveKitServer, rotation: rtc.VideoRotation.ValueType, first: int
) -> None:
    """`rotation` is in quarters to the right."""

    async def scene() -> NDArray[np.uint8]:
        credentials = credentials_for(server)
        async with bridge(credentials) as robot, person(credentials) as ann, filming(ann, rotation):
            await until(lambda: len(robot.robot.images) > 3, what="pictures")
            size = (WIDTH, HEIGHT) if rotation % 2 else (HEIGHT, WIDTH)
            return await seen(robot, *size)

    assert corners(asyncio.run(scene())) == CORNERS[first:] + CORNERS[:first]


def test_the_first_camera_is_kept_until_it_goes(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        async with bridge(credentials) as robot, person(credentials, "bob") as bob:
            async with person(credentials, "ann") as ann, filming(ann) as hers:
                await until(lambda: robot.livekit.camera == "ann", what="ann's camera")
                async with filming(bob):
                    await asyncio.sleep(1)
                    assert robot.livekit.camera == "ann"
                    camera(hers).mute()
                    await until(lambda: robot.livekit.camera == "bob", what="bob's camera")
                await bob_stops(bob)
                await until(lambda: robot.livekit.camera == "", what="no camera")
                camera(hers).unmute()
                await until(lambda: robot.livekit.camera == "ann", what="ann's camera again")
            await until(lambda: robot.livekit.camera == "", what="ann gone")

    async def bob_stops(bob: Person) -> None:
        for sid in list(bob.room.local_participant.track_publications):
            await bob.room.local_participant.unpublish_track(sid)

    asyncio.run(scene())


def camera(publication: rtc.LocalTrackPublication) -> rtc.LocalVideoTrack:
    assert isinstance(publication.track, rtc.LocalVideoTrack)
    return publication.track


def test_only_the_named_participant_is_watched(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        async with (
            bridge(credentials, camera="bob") as robot,
            person(credentials, "ann") as ann,
            person(credentials, "bob") as bob,
            filming(ann),
        ):
            await asyncio.sleep(1)
            assert (robot.livekit.camera, robot.robot.images) == ("", [])
            async with filming(bob):
                await until(lambda: robot.livekit.camera == "bob", what="bob's camera")

    asyncio.run(scene())
