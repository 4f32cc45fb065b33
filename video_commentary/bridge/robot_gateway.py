"""Where the ROS node and the bridge meet: the node puts in what arrives, and does what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.comment import Comment
from .display import Display
from .hub import Hub
from .items import Cut, JpegFrame, Reply, Situation, Sound
from .journal import Journal
from .ring import Ring


class Robot(Protocol):
    """What the node does for the bridge; every method may be called on any thread.

    Futures hold a Reply even where the commentator is away: then its text says what to do.
    """

    def now(self) -> float:
        """Return seconds of the ROS clock, which all stamps are of."""
        ...

    def steer(self, instruction: str) -> Future[Reply]:
        """Say what to talk about from now on."""
        ...

    def ask(self, question: str, quiet: bool) -> Future[Reply]:
        """Ask about what the camera sees; `quiet`: answered in text only."""
        ...

    def enable(self, enabled: bool) -> Future[Reply]:
        """Comment, or pause."""
        ...

    def choose_profile(self, name: str) -> Future[Reply]:
        """Comment in another manner."""
        ...

    def profiles(self) -> Future[Sequence[str]]:
        """Return the names of the manners there are."""
        ...

    def watch(self, phone: bool) -> Future[Reply]:
        """Comment on a phone's camera (`publish_image`) or on the robot's own."""
        ...

    def publish_image(self, image: NDArray[np.uint8], stamp: float) -> None:
        """Publish a phone's camera image as a ROS topic; uint8 RGB, shape [H, W, 3]."""
        ...


class RobotGateway:
    """Everything the bridge knows of the robot, and all it can ask of it.

    The node calls `frame` and `publish`, on any thread. Listeners come by `hub.listen`, viewers by
    `display.watch`, on the bridge's event loop.
    """

    def __init__(self, robot: Robot, ring: Ring) -> None:
        """Begin with nothing known."""
        self.robot = robot
        self.hub = Hub()
        self.display = Display(ring, robot.now)
        self.journal = Journal()

    def frame(self, frame: JpegFrame) -> None:
        """Take in a camera image."""
        self.display.ring.add(frame)

    def publish(self, item: Comment | Sound | Cut | Situation) -> None:
        """Take in all else; what of it is to be displayed later sets the display delay."""
        if isinstance(item, Comment):
            self.display.delay.hear(item)
            self.journal.add(item)
        self.hub.publish(item)

    @property
    def situation(self) -> Situation:
        """How things are."""
        return self.hub.newest(Situation) or Situation()

    async def steer(self, instruction: str) -> Reply:
        """Say what to talk about from now on."""
        return await asyncio.wrap_future(self.robot.steer(instruction))

    async def ask(self, question: str, quiet: bool = False) -> Reply:
        """Ask about what the camera sees; returns with the answer."""
        return await asyncio.wrap_future(self.robot.ask(question, quiet))

    async def enable(self, enabled: bool) -> Reply:
        """Comment, or pause."""
        return await asyncio.wrap_future(self.robot.enable(enabled))

    async def choose_profile(self, name: str) -> Reply:
        """Comment in another manner."""
        return await asyncio.wrap_future(self.robot.choose_profile(name))

    async def profiles(self) -> Sequence[str]:
        """Return the names of the manners there are."""
        return await asyncio.wrap_future(self.robot.profiles())

    async def watch(self, phone: bool) -> Reply:
        """Comment on a phone's camera or on the robot's own."""
        return await asyncio.wrap_future(self.robot.watch(phone))
