"""The bridge comes back to its room, and leaves it as it should."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest

from video_commentary.bridge.livekit import LiveKit

from .people import ROBOT, access_to, bridge, person, until
from .robot import RecordingRobot, port_of
from .server import LiveKitServer
from .test_remote_camera import filming
from .test_speech import IT_IS, find, say, sweep
from .test_words import FINAL


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "livekit"]


async def trouble(livekit: LiveKit) -> str:
    """Wait until it is away; return why."""

    def why() -> str:
        state, reason = livekit.status()
        return reason if state == "away" else ""

    return await until(why, what="away")


def test_it_leaves_at_once_and_ends_its_thread(server: LiveKitServer) -> None:
    async def scene() -> None:
        access = access_to(server)
        async with person(access) as ann:
            async with bridge(access):
                await until(lambda: ROBOT in ann.room.remote_participants, what="the robot")
                assert threads()
            await until(lambda: not ann.room.remote_participants, 3.0, "the robot gone")
            await until(lambda: not threads(), 3.0, "the end of its thread")

    asyncio.run(scene())


def test_it_can_be_stopped_before_and_while_it_joins(own_server: LiveKitServer) -> None:
    async def scene() -> None:
        livekit = LiveKit(access_to(own_server), port_of(RecordingRobot()))
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
        access = access_to(own_server)
        own_server.start()
        async with bridge(access) as robot:
            own_server.stop(hard=True)
            assert "LiveKit server" in await trouble(robot.livekit)
            await asyncio.sleep(1)
            own_server.start()
            await until(lambda: robot.livekit.status() == ("connected", ""), 40, "connected again")
            async with person(access) as ann:
                await until(lambda: len(ann.heard) > 20, what="silence heard")
                say(robot.port, said, time.time() + 0.2)
                robot.port.publish(FINAL)
                await until(lambda: ann.texts, what="words")
                await ann.call("set_instruction", '{"instruction": "dogs"}')
                assert robot.robot.asked == [("steer", "dogs")]
                await until(lambda: find(said, ann.sound)[1] > IT_IS, what="the same sound")

    asyncio.run(scene())


def test_it_waits_for_a_server_that_is_not_there_yet(own_server: LiveKitServer) -> None:
    async def scene() -> None:
        livekit = LiveKit(access_to(own_server), port_of(RecordingRobot()))
        await livekit.start()
        try:
            why = await trouble(livekit)
            assert "LIVEKIT_URL" in why
            assert "next try in" in why
            own_server.start()
            await until(lambda: livekit.status() == ("connected", ""), 30, "connected")
        finally:
            await livekit.stop()

    asyncio.run(scene())


def test_a_wrong_secret_is_told(server: LiveKitServer) -> None:
    async def scene() -> str:
        access = access_to(server, secret="another-secret-of-32-characters-or-more")
        livekit = LiveKit(access, port_of(RecordingRobot()))
        await livekit.start()
        try:
            return await trouble(livekit)
        finally:
            await livekit.stop()

    assert "check LIVEKIT_API_KEY and LIVEKIT_API_SECRET" in asyncio.run(scene())


def test_two_robots_of_one_name_are_told(server: LiveKitServer) -> None:
    async def scene() -> str:
        access = access_to(server)
        async with bridge(access) as robot, person(replace(access), ROBOT):
            return await trouble(robot.livekit)

    assert "give each bridge its own livekit_identity" in asyncio.run(scene())


def test_a_part_that_fails_is_told_and_tried_again(
    server: LiveKitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no graph")

    async def scene() -> None:
        access = access_to(server)
        with monkeypatch.context() as patch:
            patch.setattr(RecordingRobot, "publish_image", fail)
            async with bridge(access) as robot:
                async with person(access) as ann, filming(ann):
                    assert "OSError: no graph" in await trouble(robot.livekit)
                await until(lambda: robot.livekit.status() == ("connected", ""), what="back")

    asyncio.run(scene())
