"""The bridge and others in a LiveKit room, each with the real client library."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from livekit import api, rtc
from numpy.typing import NDArray

from video_commentary.bridge.livekit.credentials import RoomCredentials
from video_commentary.bridge.livekit.reconnect import LiveKitClient
from video_commentary.bridge.robot_gateway import RobotGateway

from .robot import RecordingRobot, gateway_to
from .server import KEY, SECRET, LiveKitServer

ROBOT = "robot"
T = TypeVar("T")


async def until(condition: Callable[[], T], seconds: float = 20.0, what: str = "") -> T:
    """Wait for something to become true; return it."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.02)
    return result


@dataclass
class Bridge:
    """The bridge's participant, and what it is attached to."""

    livekit: LiveKitClient
    gateway: RobotGateway
    robot: RecordingRobot
    credentials: RoomCredentials


def credentials_for(server: LiveKitServer, secret: str = SECRET, room: str = "") -> RoomCredentials:
    """Return credentials for a new room, or for `room`."""
    return RoomCredentials(server.url, KEY, secret, room or f"room-{uuid.uuid4().hex[:8]}", ROBOT)


@asynccontextmanager
async def bridge(
    credentials: RoomCredentials, video: bool = False, camera: str = ""
) -> AsyncIterator[Bridge]:
    """Have the bridge in the room for the length of a block."""
    robot = RecordingRobot()
    gateway = gateway_to(robot)
    livekit = LiveKitClient(credentials, gateway, video, camera)
    await livekit.start()
    try:
        # Speech and words listen a moment after it is connected: who speaks before is not heard.
        await until(
            lambda: livekit.status == ("connected", "") and gateway.broadcast.subscribers == 2,
            what="connected",
        )
        yield Bridge(livekit, gateway, robot, credentials)
    finally:
        await livekit.stop()


@dataclass
class Person:
    """A participant with what it heard: samples (48 kHz mono), texts with attributes."""

    room: rtc.Room
    heard: list[NDArray[np.int16]]
    texts: list[tuple[str, dict[str, str]]]
    pictures: list[NDArray[np.uint8]]

    @property
    def sound(self) -> NDArray[np.int16]:
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)

    async def call(self, method: str, payload: str) -> str:
        return await self.room.local_participant.perform_rpc(
            destination_identity=ROBOT, method=method, payload=payload, response_timeout=10
        )


def token(credentials: RoomCredentials, identity: str, room: str = "") -> str:
    """Return a token with every right that a participant can have."""
    grants = api.VideoGrants(room_join=True, room=room or credentials.room)
    return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(grants).to_jwt()


@asynccontextmanager
async def person(
    credentials: RoomCredentials, identity: str = "ann", jwt: str = ""
) -> AsyncIterator[Person]:
    """Have a person in the room, who hears, reads and sees everything."""
    person = Person(rtc.Room(), [], [], [])
    tasks: set[asyncio.Task[None]] = set()

    def keep(task: asyncio.Task[None]) -> None:
        tasks.add(task)

    async def hear(track: rtc.Track) -> None:
        async for event in rtc.AudioStream(track, sample_rate=48_000, num_channels=1):
            person.heard.append(np.frombuffer(event.frame.data, np.int16).copy())

    async def see(track: rtc.Track) -> None:
        async for event in rtc.VideoStream(track, format=rtc.VideoBufferType.RGB24):
            flat = np.frombuffer(event.frame.data, np.uint8)
            image = flat.reshape(event.frame.height, event.frame.width, 3)
            person.pictures = [*person.pictures[-50:], image]

    def subscribed(track: rtc.Track, *_: object) -> None:
        kind = hear if track.kind == rtc.TrackKind.KIND_AUDIO else see
        keep(asyncio.ensure_future(kind(track)))

    last: asyncio.Task[None] | None = None

    async def read(reader: rtc.TextStreamReader, before: asyncio.Task[None] | None) -> None:
        text = await reader.read_all()
        if before is not None:
            await before
        person.texts.append((text, dict(reader.info.attributes or {})))

    def begun(reader: rtc.TextStreamReader, _: str) -> None:
        # Streams begin in the order they were sent in; the library's readers end in any.
        nonlocal last
        last = asyncio.ensure_future(read(reader, last))
        keep(last)

    person.room.on("track_subscribed", subscribed)
    person.room.register_text_stream_handler("lk.transcription", begun)
    await person.room.connect(credentials.url, jwt or token(credentials, identity))
    try:
        yield person
    finally:
        await person.room.disconnect()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
