"""A robot at the gateway, which remembers what was asked of it."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from test.bridge.fake_robot import FakeRobot
from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import Reply
from video_commentary.bridge.robot_gateway import RobotGateway


class RecordingRobot(FakeRobot):
    """Also keeps the last pictures, and the names of the threads that called it."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[tuple[float, NDArray[np.uint8]]] = []
        self.threads: set[str] = set()

    def _answer(self, *asked: object) -> Reply:
        self.threads.add(threading.current_thread().name)
        return super()._answer(*asked)

    def publish_image(self, image: NDArray[np.uint8], stamp: float) -> None:
        self.threads.add(threading.current_thread().name)
        self.images = [*self.images[-20:], (stamp, image)]


def gateway_to(robot: RecordingRobot) -> RobotGateway:
    return RobotGateway(robot, FrameBuffer(30.0, 50_000_000))
