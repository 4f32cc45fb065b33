"""The bridge's web server on a free loopback port, in front of a small fake robot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from test.bridge.fake_robot import FakeRobot
from test.ports import free_port
from video_commentary.bridge.access import access_policy
from video_commentary.bridge.context import Context
from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import JpegFrame, Situation, Sound
from video_commentary.bridge.livekit.participant import LiveKitOff
from video_commentary.bridge.robot_gateway import RobotGateway
from video_commentary.bridge.watch_gateway import PublishedAlert
from video_commentary.bridge.web_server import WebServer
from video_commentary.config.settings import BridgeSettings
from video_commentary.core.audio import OUTPUT_FORMAT, Pcm
from video_commentary.core.comment import Comment
from video_commentary.core.facts import Observation
from video_commentary.core.stamp import from_seconds
from video_commentary.core.status import CommentatorStatus
from video_commentary.core.watches import Alert, Watch

WELL = Situation(
    report=CommentatorStatus(
        state="watching", engine="fake", voice="fake voice", speaks=True, profile="sports"
    ),
    commentator_trouble="",
    camera="/camera/image_raw",
    camera_fps=15.0,
    camera_trouble="",
)


@dataclass
class Served:
    """A running server, and what is behind it."""

    url: str
    gateway: RobotGateway
    robot: FakeRobot
    context: Context

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, **options)

    def post(self, path: str, body: object, **options: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body, **options)

    @property
    def live(self) -> str:
        return self.url.replace("http:", "ws:") + "/api/live"


@contextmanager
def serve(environment: dict[str, str] | None = None, **settings: Any) -> Iterator[Served]:
    """Run the server for the length of a block."""
    chosen = BridgeSettings(**({"port": free_port()} | settings))
    robot = FakeRobot()
    buffer = FrameBuffer(chosen.buffer_seconds, chosen.buffer_megabytes * 1_000_000)
    gateway = RobotGateway(robot, buffer)
    context = Context(gateway, chosen, access_policy(chosen, environment or {}), LiveKitOff())
    server = WebServer(context)
    gateway.publish(WELL)
    served = Served(f"http://127.0.0.1:{chosen.port}", gateway, robot, context)
    try:
        until(lambda: _answers(served))
        yield served
    finally:
        began = time.monotonic()
        server.close()
        assert time.monotonic() - began < 2.5, "the server does not end"


def _answers(served: Served) -> bool:
    try:
        return served.get("/").status_code == 200
    except httpx.TransportError:
        return False


def until(condition: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def jpeg(seed: int = 0, size: tuple[int, int] = (120, 160)) -> bytes:
    """Return a picture of (height, width)."""
    small = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    ok, data = cv2.imencode(".jpg", cv2.resize(small, size[::-1]))
    assert ok
    return data.tobytes()


def frames(
    gateway: RobotGateway,
    since: float,
    fps: float,
    number: int,
    camera_size: tuple[int, int] | None = None,
) -> list[JpegFrame]:
    """Put pictures with stamps from `since` on into the gateway."""
    made = [JpegFrame(jpeg(i), since + i / fps, camera_size) for i in range(number)]
    for frame in made:
        gateway.add_frame(frame)
    return made


_SEQUENCE = count(1)


def comment(text: str = "A dog runs.", **fields: Any) -> Comment:
    """Return a finished comment whose first words came a second after its newest frame.

    Stamps are given in seconds.
    """
    now = time.time()
    values: dict[str, Any] = {
        "sequence": next(_SEQUENCE),
        "camera": "eye",
        "newest": now - 1.0,
        "oldest": now - 3.0,
        "instruction": "",
        "question": "",
        "requested": now - 0.9,
        "text": text,
        "first_words": now,
        "final": True,
    }
    values |= fields
    for name in ("newest", "oldest", "requested", "first_words", "first_sound"):
        if values.get(name) is not None:
            values[name] = from_seconds(values[name])
    return Comment(**values)


def alert(text: str = "A person comes into view.", name: str = "door") -> PublishedAlert:
    """Return an alert that came now, with a picture."""
    watch = Watch(id=3, condition="a person enters", name=name)
    found = Alert(
        watch=watch,
        camera="eye",
        stamp=time.time_ns(),
        text=text,
        confidence=0.75,
        evidence=(Observation(camera="eye", stamp=time.time_ns(), name="person"),),
    )
    return PublishedAlert(found, jpeg())


def sound(index: int, heard_at: float, samples: int = 1920) -> Sound:
    """Return a block of noise that differs with `index`."""
    noise = np.random.default_rng(index).integers(-20_000, 20_000, samples).astype(np.int16)
    return Sound(Pcm(noise, OUTPUT_FORMAT), heard_at, index)


def memory() -> float:
    """Return this process's resident memory, MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    raise AssertionError
