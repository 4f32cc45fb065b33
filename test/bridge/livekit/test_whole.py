"""From ROS topics into a LiveKit room and back: the bridge node, and a browser on its page."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from audio_common_msgs.msg import AudioDataStamped
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright
from sensor_msgs.msg import Image

from test.nodes.bridge_tabs import bridge as bridge_node
from test.nodes.graph import IMAGES, Probe, commentator, probe
from video_commentary.core.audio import OUTPUT_FORMAT, Pcm
from video_commentary.core.stamp import from_seconds
from video_commentary.ros.messages import audio, audio_stamped
from video_commentary.ros.time import to_seconds

from .people import ROBOT, Person, credentials_for, person, until
from .server import LiveKitServer
from .test_audio_track import find, sweep

BLOCK = 1920


@pytest.fixture
def room(server: LiveKitServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A room for the nodes that a test starts."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return credentials_for(server).room


async def spun(robot: Probe, condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for a condition while the robot's graph goes on."""

    def step() -> object:
        robot.spin(0.02)
        return condition()

    await until(step, seconds)


async def hear(robot: Probe, ann: Person, said: NDArray[np.int16]) -> NDArray[np.int16]:
    """Say something on the robot's topic; return what the person in the room heard."""
    await spun(robot, lambda: len(ann.heard) > 20)
    # What is sent before the bridge has found its sender is lost.
    topic = "/commentator/audio_stamped"
    robot.publish(AudioDataStamped, topic, AudioDataStamped(), reliable=True)
    info = robot.node.get_subscriptions_info_by_topic
    await spun(robot, lambda: "bridge" in {there.node_name for there in info(topic)})
    start = robot.now() + 0.3
    for first in range(0, len(said), BLOCK):
        block = audio(Pcm(said[first : first + BLOCK], OUTPUT_FORMAT))
        message = audio_stamped(block, from_seconds(start + first / OUTPUT_FORMAT.rate), "voice")
        robot.publish(AudioDataStamped, topic, message, reliable=True)
        await asyncio.sleep(BLOCK / OUTPUT_FORMAT.rate)
    await asyncio.sleep(1)
    return ann.sound


async def read(robot: Probe, ann: Person) -> list[tuple[str, dict[str, str]]]:
    """Return what the person reads of comments on the robot's camera."""
    due = 0.0

    def step() -> object:
        nonlocal due
        if time.monotonic() > due:
            due = time.monotonic() + 0.1
            robot.picture()
        return len(ann.texts) > 6

    await spun(robot, step)
    return list(ann.texts)


def test_a_listener_hears_and_reads_what_is_on_the_topics(server: LiveKitServer, room: str) -> None:
    credentials = credentials_for(server, room=room)
    said = sweep(1.5)

    async def scene() -> None:
        with probe() as robot, bridge_node(f"livekit_room:={room}") as node:
            async with person(credentials) as ann:
                sound = await hear(robot, ann, said)
                assert node.light("livekit") == "ok"
                # A machine this busy stretches sound here and there; another tone has 0.1.
                assert find(said, sound)[1] > 0.7
                with commentator("says", "breathing_pause:=0.1"):
                    texts = await read(robot, ann)
        stamps = [to_seconds(event.header.stamp) for event in robot.got["commentary_events"]]
        for _, facts in texts:
            assert min(abs(float(facts["newest"]) - stamp) for stamp in stamps) < 1e-3
        finals = [text for text, facts in texts if facts["lk.transcription_final"] == "true"]
        assert finals[0].endswith("frames of eye, all.")

    asyncio.run(scene())


@contextmanager
def page(url: str, clip: Path) -> Iterator[Page]:
    """Open a page in a browser whose camera films `clip`."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium: apt install chromium")
    options = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        try:
            opened = browser.new_page()
            opened.goto(url)
            yield opened
        finally:
            browser.close()


def film(media: Path, clip: Path) -> list[NDArray[np.uint8]]:
    """Write the first seconds of a real video as a clip for the browser; return its frames."""
    video = cv2.VideoCapture(str(media / "vtest.avi"))
    frames = []
    with clip.open("wb") as out:
        for _ in range(50):
            read, frame = video.read()
            assert read
            out.write(cv2.imencode(".jpg", frame)[1].tobytes())
            frames.append(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8))
    video.release()
    return frames


def pixels(image: Image) -> NDArray[np.uint8]:
    return np.frombuffer(bytes(image.data), np.uint8).reshape(image.height, image.width, 3)


def likeness(image: NDArray[np.uint8], frames: list[NDArray[np.uint8]]) -> float:
    """Return the best correlation of a picture with any of the frames, colours included."""
    size = (frames[0].shape[1], frames[0].shape[0])
    scaled = cv2.resize(image, size).astype(float).ravel()
    return max(float(np.corrcoef(scaled, frame.ravel())[0, 1]) for frame in frames)


def test_a_browsers_camera_becomes_ros_images(room: str, media: Path, tmp_path: Path) -> None:
    frames = film(media, tmp_path / "clip.mjpeg")
    images: list[Any] = []
    with (
        probe() as robot,
        commentator("says", "breathing_pause:=0.1"),
        bridge_node(f"livekit_room:={room}") as node,
        page(node.url, tmp_path / "clip.mjpeg") as browser,
    ):
        robot.node.create_subscription(Image, "/phone/image_raw", images.append, IMAGES)
        robot.until(lambda: node.light("livekit") == "ok", what="the room")
        robot.film(lambda: robot.finals, what="a comment on the robot's camera")
        robot.until(lambda: node.light("commentator") == "ok", what="the commentator")
        with browser.expect_response("**/api/source", timeout=30_000) as answer:
            browser.select_option("#source", "phone")
        assert answer.value.ok, answer.value.text()
        seen = robot.until(lambda: len(images) > 20 and images[-1], 30, "the phone's pictures")
        assert (seen.encoding, seen.header.frame_id) == ("rgb8", "phone")

        def alike() -> bool:
            robot.spin(0.2)
            return likeness(pixels(images[-1]), frames) > 0.95

        # The first ones of a connection are coarse.
        robot.until(alike, 30, "a picture as filmed")
        robot.until(lambda: robot.finals[-1].header.frame_id == "phone", 30, "comments on it")
        with browser.expect_response("**/api/source"):
            browser.select_option("#source", "robot")
        robot.film(lambda: robot.finals[-1].header.frame_id == "eye", what="the robot's camera")
        robot.spin(1.0)
        count = len(images)
        robot.spin(1.0)
        assert len(images) == count, "the phone's camera is still on"


def test_nobody_but_the_robot_sees_the_browsers_camera(
    server: LiveKitServer, room: str, media: Path, tmp_path: Path
) -> None:
    film(media, tmp_path / "clip.mjpeg")
    credentials = credentials_for(server, room=room)

    async def scene(eve: Person, browsing: asyncio.Future[None]) -> None:
        def publishes() -> bool:
            others = eve.room.remote_participants.items()
            return any(p.track_publications for name, p in others if name != ROBOT)

        await until(publishes, what="the browser's camera")
        await asyncio.sleep(3)
        assert publishes()
        assert eve.pictures == []
        await browsing

    def browse(url: str) -> None:
        with page(url, tmp_path / "clip.mjpeg") as browser:
            with browser.expect_request("**/api/source", timeout=30_000):
                browser.select_option("#source", "phone")
            browser.wait_for_timeout(5000)

    async def both() -> None:
        with bridge_node(f"livekit_room:={room}") as node, commentator("says"):
            # Without, the page turns its camera off again.
            await until(lambda: node.light("commentator") == "ok", what="the commentator")
            async with person(credentials, "eve") as eve:
                loop = asyncio.get_running_loop()
                await scene(eve, loop.run_in_executor(None, browse, node.url))

    asyncio.run(both())
