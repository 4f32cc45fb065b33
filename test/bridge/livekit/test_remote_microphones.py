"""Participants' microphones, as sound at the gateway."""

from __future__ import annotations

import asyncio
from functools import partial

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from .people import bridge, credentials_for, person, until
from .robot import RecordingRobot
from .server import LiveKitServer

RATE = 48_000


async def speak(source: rtc.AudioSource, hertz: float, seconds: float = 2.0) -> None:
    """Have a microphone hear a tone."""
    for index in range(round(seconds * 50)):
        times = (index * RATE // 50 + np.arange(RATE // 50)) / RATE
        samples = (12_000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples)))


def is_heard(robot: RecordingRobot, stream: str) -> bool:
    return len(robot.sound_of(stream)) > 24_000


def pitch(samples: NDArray[np.int16]) -> float:
    """Return the loudest frequency of 16 kHz sound, in Hz."""
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16_000 / len(samples))


def test_each_microphone_is_heard_under_its_own_name_while_somebody_listens(
    server: LiveKitServer,
) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        async with (
            bridge(credentials) as robot,
            person(credentials, "ann") as ann,
            person(credentials, "bob") as bob,
        ):
            sources = []
            for who in (ann, bob):
                source = rtc.AudioSource(RATE, 1)
                track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
                options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
                await who.room.local_participant.publish_track(track, options)
                sources.append(source)
            talking = [
                asyncio.ensure_future(speak(source, hertz, 6.0))
                for source, hertz in zip(sources, (500, 1500), strict=True)
            ]
            for name, hertz in (("livekit:ann", 500), ("livekit:bob", 1500)):
                await until(partial(is_heard, robot.robot, name))
                assert abs(pitch(robot.robot.sound_of(name)[-12_000:]) - hertz) < 20
            assert {stream for stream, _, _ in robot.robot.sounds} == {
                "livekit:ann",
                "livekit:bob",
            }
            robot.robot.listens = False
            await asyncio.sleep(0.6)
            robot.robot.sounds.clear()
            await asyncio.sleep(0.5)
            assert not robot.robot.sounds, "nobody listens"
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
            for source in sources:
                await source.aclose()

    asyncio.run(scene())
