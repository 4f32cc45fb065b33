"""A phone that is watched and leaves, or stays."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from test.bridge.livekit.robot import RecordingRobot, gateway_to
from test.bridge.serving import WELL
from video_commentary.bridge import phone_watch
from video_commentary.bridge.items import Reply, Situation, Source
from video_commentary.bridge.livekit.participant import LiveKitOff
from video_commentary.bridge.phone_watch import PhoneWatch

PHONE = replace(WELL, source="phone", camera_fps=0.0, camera_trouble="no image")
BACK = ("source", "robot")


class Scene:
    def __init__(self, camera: str = "") -> None:
        self.robot = RecordingRobot()
        self.gateway = gateway_to(self.robot)
        self.room = LiveKitOff()
        self.room.camera = camera
        self.watch = PhoneWatch(self.gateway, self.room, 5.0)
        self.now = 100.0

    def run(self, situation: Situation, seconds: float) -> int:
        """Return how often the robot's camera has been asked for."""
        self.gateway.publish(situation)
        for _ in range(round(seconds * 2)):
            asyncio.run(self.watch.check(self.now))
            self.now += 0.5
        return self.robot.asked.count(BACK)


def test_a_phone_that_leaves_gives_way_to_the_robots_camera() -> None:
    scene = Scene("phone-1")
    assert scene.run(PHONE, 60) == 0
    scene.room.camera = ""
    assert scene.run(PHONE, 4.5) == 0, "it may come back"
    assert scene.watch.notice == ""
    assert scene.run(PHONE, 1) == 1
    assert "has left" in scene.watch.notice
    assert scene.run(WELL, 60) == 1
    assert "has left" in scene.watch.notice, "pages that open later can say so too"


def test_a_phone_that_comes_back_in_time_is_watched_on() -> None:
    scene = Scene()
    for _ in range(10):
        scene.room.camera = ""
        assert scene.run(PHONE, 4) == 0
        scene.room.camera = "phone-1"
        assert scene.run(PHONE, 1) == 0


@pytest.mark.parametrize("situation", [WELL, replace(PHONE, camera_fps=3.0)])
def test_what_sends_images_is_watched_on_without_a_room(situation: Situation) -> None:
    assert Scene().run(situation, 60) == 0


def test_the_notice_goes_when_a_phone_is_watched_again() -> None:
    scene = Scene()
    scene.run(PHONE, 6)
    assert scene.watch.notice
    scene.room.camera = "phone-2"
    scene.run(PHONE, 1)
    assert scene.watch.notice == ""


def test_it_is_tried_again_while_the_commentator_is_away() -> None:
    scene = Scene()
    scene.robot.reply = Reply(False, "nobody there", away=True)
    assert scene.run(PHONE, 16) == 3
    assert scene.watch.notice == ""


def test_a_look_that_fails_is_logged_and_the_next_is_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene()
    scene.gateway.publish(PHONE)
    ask, failures = scene.robot.set_source, [RuntimeError("the client is gone")]

    async def set_source(source: Source) -> Reply:
        if failures:
            raise failures.pop()
        return await ask(source)

    async def watch_until_it_is_asked() -> None:
        watching = asyncio.create_task(PhoneWatch(scene.gateway, scene.room, 0.0).run())
        while BACK not in scene.robot.asked and not watching.done():
            await asyncio.sleep(0)
        watching.cancel()

    monkeypatch.setattr(scene.robot, "set_source", set_source)
    monkeypatch.setattr(phone_watch, "_PERIOD", 0.0)
    asyncio.run(watch_until_it_is_asked())
    assert scene.robot.asked == [BACK]
    assert "the client is gone" in caplog.text
