"""The picture that viewers see: delayed, so that the words match it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from .delay import DisplayDelay, SlewLimiter
from .frame_buffer import FrameBuffer
from .items import JpegFrame

_MAX_SLEEP = 0.05
"""Seconds after which a viewer looks again: for a new frame, or a delay that became shorter."""
_SNAPSHOT_INTEREST = 3.0
"""Seconds for which a request for a single picture keeps the camera at its full rate."""


class Display:
    """The kept frames and their delay.

    `clock_correction`: seconds to add to the camera's stamps to get the ROS clock's.
    """

    def __init__(self, buffer: FrameBuffer, ros_now: Callable[[], float]) -> None:
        """Show frames of `buffer`; `ros_now` returns seconds of the ROS clock."""
        self.buffer = buffer
        self.delay = DisplayDelay(time.monotonic())
        self.clock_correction = 0.0
        self._ros_now = ros_now
        self._lock = threading.Lock()  # viewers come and go on two event loops
        self.viewers = 0
        self.shown = 0
        self.skipped = 0
        self._asked_at = float("-inf")

    def now(self) -> float:
        """Return seconds of the camera's clock."""
        return self._ros_now() - self.clock_correction

    @property
    def wanted(self) -> bool:
        """Whether anybody watches, so that every frame is worth compressing."""
        return self.viewers > 0 or time.monotonic() < self._asked_at + _SNAPSHOT_INTEREST

    @property
    def current_delay(self) -> float:
        """Seconds by which the picture is delayed now, for viewers whose sound is in time."""
        return self.now() - self.position(self.delay.at(time.monotonic()))

    def position(self, delay: float) -> float:
        """Return the stamp to show for a delay, at the earliest that of the oldest kept frame.

        Otherwise a buffer shorter than the delay would show the same picture for ever.
        """
        position, since = self.now() - delay, self.buffer.since()
        return position if since is None else max(position, since)

    def watch(self) -> Viewer:
        """Return a viewer; close it after use."""
        with self._lock:
            self.viewers += 1
        return Viewer(self)

    def leave(self) -> None:
        """Count one viewer less."""
        with self._lock:
            self.viewers -= 1

    async def snapshot(self, timeout: float = 0.3) -> JpegFrame | None:
        """Return the next frame to arrive, or after `timeout` seconds the newest."""
        self._asked_at = time.monotonic()
        before = self.buffer.newest()
        deadline = time.monotonic() + timeout
        while (newest := self.buffer.newest()) is before and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        return newest


class Viewer:
    """Gives each frame when it is due, and skips those that are too late.

    It keeps its position and no frames, so a slow viewer costs nothing. Set `behind` to the seconds
    by which this viewer's sound plays later than it is due.
    """

    def __init__(self, display: Display) -> None:
        """Start with the frame that is due now; `Display.watch` creates one."""
        self._display = display
        self._behind = SlewLimiter(0.0, time.monotonic())
        self._shown: float | None = None
        self._epoch = -1
        self.behind = 0.0
        self.skipped = 0

    @property
    def delay(self) -> float:
        """Seconds by which this viewer's picture is delayed now."""
        return self._display.now() - self._position()

    def _position(self) -> float:
        now = time.monotonic()
        delay = self._display.delay.at(now) + self._behind.follow(self.behind, now)
        return self._display.position(delay)

    async def next(self) -> JpegFrame:
        """Wait for the next frame that is due."""
        while True:
            frame, wait = self._due()
            if frame is not None:
                return frame
            await asyncio.sleep(wait)

    def _due(self) -> tuple[JpegFrame | None, float]:
        """Return a frame that is due and not shown yet, or None and the seconds to sleep."""
        display, buffer = self._display, self._display.buffer
        if buffer.epoch != self._epoch:
            self._epoch, self._shown = buffer.epoch, None
        position = self._position()
        frame, following = buffer.around(position)
        if frame is None and self._shown is None:
            # No frame is old enough yet: a frozen picture is better than none.
            frame = following
        if frame is None or frame.stamp == self._shown:
            due = following.stamp - position if following else _MAX_SLEEP
            return None, min(max(due, 0.001), _MAX_SLEEP)
        if self._shown is not None:
            missed = buffer.count_between(self._shown, frame.stamp)
            self.skipped += missed
            display.skipped += missed
        self._shown = frame.stamp
        display.shown += 1
        return frame, 0.0

    def close(self) -> None:
        """Stop watching."""
        self._display.leave()
