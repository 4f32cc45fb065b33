"""Where the ROS node and the bridge meet: data from the node, requests to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.audio import Pcm
from ..core.comment import Comment
from .box_buffer import BoxBuffer
from .broadcast import Broadcast, Item
from .clip_gateway import ClipGateway
from .comment_snapshots import CommentSnapshots, picture_stamp
from .display import Display
from .frame_buffer import FrameBuffer
from .history import CommentHistory
from .items import JpegFrame, PictureBox, Reply, SayPriority, Situation, Source
from .memory_gateway import Memory
from .watch_gateway import AlertHistory, PublishedAlert, WatchGateway


class Robot(Protocol):
    """What the node does for the bridge.

    Coroutines may be awaited on any event loop, other methods called on any thread. A Reply comes
    even without a commentator: its text then says what to do.
    """

    @property
    def memory(self) -> Memory:
        """The memory node, which need not be there."""
        ...

    @property
    def clips(self) -> ClipGateway:
        """The memory's clips."""
        ...

    @property
    def watches(self) -> WatchGateway:
        """The commentator's watches."""
        ...

    def now(self) -> float:
        """Return seconds of the ROS clock, which all stamps are in."""
        ...

    async def set_instruction(self, instruction: str) -> Reply:
        """Set what to talk about; empty for everything."""
        ...

    async def ask(self, question: str, quiet: bool) -> Reply:
        """Ask about what the camera sees and wait for the answer; `quiet`: in text only."""
        ...

    async def say(self, text: str, priority: SayPriority, interrupt: bool) -> Reply:
        """Have a sentence said; `interrupt`: stop what is being said, at once."""
        ...

    async def set_enabled(self, enabled: bool) -> Reply:
        """Start or pause the commentary."""
        ...

    async def set_profile(self, name: str) -> Reply:
        """Choose a commentary profile."""
        ...

    async def profiles(self) -> Sequence[str]:
        """Return the names of all commentary profiles."""
        ...

    async def set_source(self, source: Source) -> Reply:
        """Comment on a phone's camera (`publish_image`) or on the robot's own."""
        ...

    def publish_image(self, image: NDArray[np.uint8], stamp: float) -> None:
        """Publish a phone's camera image as a ROS topic; uint8 RGB, shape [H, W, 3]."""
        ...

    @property
    def listens(self) -> bool:
        """Whether a listener takes what microphones hear."""
        ...

    def publish_sound(self, stream: str, pcm: Pcm, stamp: float) -> None:
        """Publish what a microphone heard from `stamp` on, in seconds; 16 kHz, mono."""
        ...


class RobotGateway:
    """The bridge's view of the robot: what came from it, and `robot` for requests to it.

    The node calls `add_frame`, `add_boxes` and `publish`, on any thread. Routes and LiveKit read
    `broadcast`, `display`, `history`, `alerts`, `boxes` and `snapshots` on their event loops.
    `camera`: the frame_id of the camera shown, empty while unknown.
    """

    def __init__(self, robot: Robot, buffer: FrameBuffer) -> None:
        self.robot = robot
        self.broadcast = Broadcast()
        self.display = Display(buffer, robot.now)
        self.history = CommentHistory()
        self.alerts = AlertHistory()
        self.boxes = BoxBuffer()
        self.snapshots = CommentSnapshots(buffer)
        self.camera = ""

    def add_frame(self, frame: JpegFrame) -> None:
        """Take a camera image."""
        self.display.buffer.add(frame)

    def add_boxes(self, camera: str, stamp: float, boxes: Sequence[PictureBox]) -> None:
        """Take what is in view of a camera at a stamp, in seconds."""
        if self._shows(camera):
            self.boxes.add(stamp, boxes)

    def publish(self, item: Item) -> None:
        """Take anything else; comments also set the display delay."""
        if isinstance(item, Comment):
            self.display.delay.observe(item)
            number = self.history.add(item)
            if item.final and item.text and self._shows(item.camera):
                self.snapshots.take(number, picture_stamp(item))
        elif isinstance(item, PublishedAlert):
            self.alerts.add(item)
        self.broadcast.publish(item)

    def _shows(self, camera: str) -> bool:
        return self.camera in ("", camera)

    @property
    def situation(self) -> Situation:
        """The newest situation."""
        return self.broadcast.newest(Situation) or Situation()
