"""A robot at the port, which remembers what was asked of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from video_commentary.bridge.items import Reply
from video_commentary.bridge.port import Port
from video_commentary.bridge.ring import Ring


class RecordingRobot:
    """Answers everything at once. `images` holds the last pictures, `threads` who brought them."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.images: list[tuple[float, NDArray[np.uint8]]] = []
        self.threads: set[str] = set()

    def now(self) -> float:
        return time.time()

    def _answer(self, text: str, *asked: object) -> Future[Reply]:
        self.threads.add(threading.current_thread().name)
        self.asked.append(asked)
        future: Future[Reply] = Future()
        future.set_result(Reply(True, text, 12.5))
        return future

    def steer(self, instruction: str) -> Future[Reply]:
        return self._answer("in force", "steer", instruction)

    def ask(self, question: str, quiet: bool) -> Future[Reply]:
        return self._answer("a red door", "ask", question, quiet)

    def enable(self, enabled: bool) -> Future[Reply]:
        return self._answer("", "enable", enabled)

    def choose_profile(self, name: str) -> Future[Reply]:
        return self._answer("", "profile", name)

    def profiles(self) -> Future[Sequence[str]]:
        future: Future[Sequence[str]] = Future()
        future.set_result(())
        return future

    def watch(self, phone: bool) -> Future[Reply]:
        return self._answer("", "watch", phone)

    def publish_image(self, image: NDArray[np.uint8], stamp: float) -> None:
        self.threads.add(threading.current_thread().name)
        self.images = [*self.images[-20:], (stamp, image)]


def port_of(robot: RecordingRobot) -> Port:
    return Port(robot, Ring(30.0, 50_000_000))
