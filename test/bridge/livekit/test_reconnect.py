"""The bridge comes back to its room, and leaves it as it should."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest

from video_commentary.bridge.livekit.reconnect import LiveKitClient

from .people import ROBOT, bridge, credentials_for, person, until
from .robot import RecordingRobot, gateway_to
from .server import LiveKitServer
from .test_audio_track import IT_IS, find, say, sweep
from .test_remote_camera import filming
from .test_transcription import FINAL


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "livekit"]


async def trouble(livekit: LiveKitClient) -> str:
    """Wait until it is disconnected; return why."""

    def why() -> str:
        state, reason = livekit.status
        return reason if state == "away" else ""

    return await until(why, what="away")


def test_it_leaves_at_once_and_ends_its_thread(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        async with person(credentials) as ann:
            async with bridge(credentials):
                await until(lambda: ROBOT in ann.room.remote_participants, what="the robot")
                assert threads()
            await until(lambda: not ann.room.remote_participants, 3.0, "the robot gone")
            await until(lambda: not threads(), 3.0, "the end of its thread")

    asyncio.run(scene())


def test_it_can_be_stopped_before_and_while_it_joins(own_server: LiveKitServer) -> None:
    async def scene() -> None:
        livekit = LiveKitClient(credentials_for(own_server), gateway_to(RecordingRobot()))
        await livekit.stop()
        await livekit.start()
        assert threads()
        await livekit.stop()
        await until(lambda: not threads(), 3.0, "the end of its thread")

    asyncio.run(scene())


def test_it_comes_back_after_the_server_was_gone(own_server: LiveKitServer) -> None:
    """Speech, words and calls too."""
    said = sweep(0.6)

    async def scene() -> None:
        credentials = credentials_for(own_server)
        own_server.start()
        async with bridge(credentials) as robot:
            own_server.stop(hard=True)
            assert "LiveKit server" in await trouble(robot.livekit)
            await asyncio.sleep(1)
            own_server.start()
            await until(lambda: robot.livekit.status == ("connected", ""), 40, "connected again")
            async with person(credentials) as ann:
                await until(lambda: len(ann.heard) > 20, what="silence heard")
                say(robot.gateway, said, time.time() + 0.2)
                robot.gateway.publish(FINAL)
                await until(lambda: ann.texts, what="words")
                await ann.call("set_instruction", '{"instruction": "dogs"}')
                assert robot.robot.asked == [("instruction", "dogs")]
                await until(lambda: find(said, ann.sound)[1] > IT_IS, what="the same sound")

    asyncio.run(scene())


def test_it_waits_for_a_server_that_is_not_there_yet(own_server: LiveKitServer) -> None:
    async def scene() -> None:
        livekit = LiveKitClient(credentials_for(own_server), gateway_to(RecordingRobot()))
        await livekit.start()
        try:
            why = await trouble(livekit)
            assert "LIVEKIT_URL" in why
            assert "next try in" in why
            own_server.start()
            await until(lambda: livekit.status == ("connected", ""), 30, "connected")
        finally:
            await livekit.stop()

    asyncio.run(scene())


def test_a_wrong_secret_is_reported(server: LiveKitServer) -> None:
    async def scene() -> str:
        credentials = credentials_for(server, secret="another-secret-of-32-characters-or-more")
        livekit = LiveKitClient(credentials, gateway_to(RecordingRobot()))
        await livekit.start()
        try:
            return await trouble(livekit)
        finally:
            await livekit.stop()

    assert "check LIVEKIT_API_KEY and LIVEKIT_API_SECRET" in asyncio.run(scene())


def test_two_robots_of_one_identity_are_reported(server: LiveKitServer) -> None:
    async def scene() -> str:
        credentials = credentials_for(server)
        async with bridge(credentials) as robot, person(replace(credentials), ROBOT):
            return await trouble(robot.livekit)

    assert "give each bridge its own livekit_identity" in asyncio.run(scene())


def test_a_part_that_fails_is_reported_and_tried_again(
    server: LiveKitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no graph")

    async def scene() -> None:
        credentials = credentials_for(server)
        with monkeypatch.context() as patch:
            patch.setattr(RecordingRobot, "publish_image", fail)
            async with bridge(credentials) as robot:
                async with person(credentials) as ann, filming(ann):
                    assert "OSError: no graph" in await trouble(robot.livekit)
                await until(lambda: robot.livekit.status == ("connected", ""), what="back")

    asyncio.run(scene())
